"""Nothing is lost, doubled or out of order, whatever happens in whatever order: a machine that lets everything happen.

The runtime is the real one, on a real database; only the broker is in memory (log.py).
"""

import asyncio
import os
import sys
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts import topics
from contracts.events import intake
from services.runtime.inbound import PartitionKey
from tests.component.runtime import toy
from tests.component.runtime.fate import COMMIT, Fate
from tests.component.runtime.log import LogProducer
from tests.component.runtime.log_members import PLACES, Servers, servers_on
from tests.component.runtime.log_proof import Proof
from tests.component.runtime.log_world import NAMES, LogWorld
from tests.component.runtime.people import moved, person, registered

PEOPLE = [person(number) for number in range(9)]
POISON = "TOY_POISON"

names = st.sampled_from(NAMES)
people = st.sampled_from(PEOPLE)
places = st.sampled_from(PLACES)
sizes = st.tuples(*(st.integers(0, 6) for _ in PLACES))
news = st.lists(people, max_size=6)
points = st.integers(0, 34) | st.integers(COMMIT, COMMIT + 3)
fates = st.none() | st.tuples(points, st.booleans())
"""Nothing happens, or at that point death or sleep."""
breaks = st.none() | st.tuples(st.integers(0, 2), st.booleans())

FEW = (5,) * len(PLACES)
Doom = tuple[int, bool] | None
EXTENT = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    report_multiple_bugs=False,
    phases=[Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


class Weather(RuleBasedStateMachine):
    """What a broker, a group, servers and operators do to a service."""

    loop: asyncio.AbstractEventLoop
    servers: Servers

    def __init__(self) -> None:
        super().__init__()
        self.world = LogWorld(self.servers)
        self.proof = Proof(self.world)

    @initialize(subjects=st.lists(people, min_size=12, max_size=24))
    def begin(self, subjects: list[str]) -> None:
        os.environ.pop(POISON, None)
        self._run(self.world.begin())
        self.publish(subjects)

    def publish(self, subjects: list[str]) -> None:
        """Everybody registers first; of later events every fourth is one that the toy ignores."""
        for subject in subjects:
            events = self.proof.source[subject]
            if not events:
                events.append(registered(subject, self.world.today))
            elif len(events) % 4 == 3:
                events.append(paid_to(subject))
            else:
                events.append(moved(subject, f"office-{len(events)}", self.world.today))
            self.world.publish(topics.PERSON, events[-1], len(events))

    @rule(place=places, start=st.integers(0, 20), size=st.integers(1, 6))
    def repeat(self, place: PartitionKey, start: int, size: int) -> None:
        """The source's relay sends again what it had sent: the same sequences at new offsets."""
        for record in self.world.log.read(place, start, size):
            self.world.log.append(place, record.key, record.value, record.headers)

    @rule(news=news, name=names, sizes=sizes, doom=fates)
    def deliver(self, news: list[str], name: str, sizes: tuple[int, ...], doom: Doom) -> None:
        self.publish(news)
        self._deliver(name, sizes, doom)

    @rule(news=news, name=names, place=places, back=st.integers(-3, 9), size=st.integers(1, 8), doom=fates)
    def deliver_out_of_turn(
        self, news: list[str], name: str, place: PartitionKey, back: int, size: int, doom: Doom
    ) -> None:
        """What was fetched before a rebalance or a seek: long covered, or ahead of what is covered."""
        self.publish(news)
        stand = self._run(self.world.stands()).get(place, 0)
        records = self.world.log.read(place, max(0, stand - back), size)
        self._run(self.world.deliver(name, records, fate(doom)))

    @rule(
        news=st.lists(people, min_size=5, max_size=10),
        first=names,
        place=places,
        taken=st.booleans(),
        sleeps=points,
        relayed=st.integers(0, 5),
    )
    def overlap(
        self, news: list[str], first: str, place: PartitionKey, *, taken: bool, sleeps: int, relayed: int
    ) -> None:
        """One replica stops inside its batch; the other, to which its partition may be `taken`, goes on with its own,
        and a relay begins, and the other asks whether it leads; then all come back in turn."""
        self.publish(news)
        second = NAMES[1 - NAMES.index(first)]
        self._run(self.world.assign([first if one == place else second for one in PLACES], 0))
        self._deliver(first, FEW, (sleeps, False))
        if taken:
            self._run(self.world.assign([second] * len(PLACES), 0))
        self._deliver(second, FEW, None)
        leader = next((name for name, session in self.world.sessions.items() if session.leads), second)
        self._run(self.world.relay(leader, LogProducer(self.world.log), Fate(relayed, deadly=False)))
        self._run(self.world.relay(NAMES[1 - NAMES.index(leader)], LogProducer(self.world.log)))
        self.wake(first)
        self.wake(second)

    @rule(news=st.lists(people, min_size=5, max_size=10), first=names, clock=st.booleans(), sleeps=points)
    def overlap_with_the_clock(self, news: list[str], first: str, *, clock: bool, sleeps: int) -> None:
        """The same while a day begins, or an operator redrives: the others' records are of whom that concerns."""
        if clock:
            self.world.begin_day()
            self._run(self.world.calendar(first, Fate(sleeps, deadly=False)))
        for subject in sorted(self.proof.poisoned)[:1] if not clock else ():
            self._run(self.world.redrive(first, subject, Fate(sleeps, deadly=False)))
        self.publish(news)
        for name in NAMES:
            self._deliver(name, FEW, None)
        self.wake(first)

    @rule(owners=st.tuples(*(names for _ in PLACES)), behind=st.integers(0, 9))
    def rebalance(self, owners: tuple[str, ...], behind: int) -> None:
        self._run(self.world.assign(owners, behind))

    @rule(name=names)
    def wake(self, name: str) -> None:
        for part in ("", "relay ", "calendar ", "operator "):
            self._run(self.world.wake(part + name))

    @rule(name=names)
    def restart(self, name: str) -> None:
        self._run(self.world.wake(name))
        self._run(self.world.restart(name))

    @rule(name=names, doom=st.none() | st.tuples(st.integers(0, 9), st.booleans()), broken=breaks)
    def relay(self, name: str, doom: Doom, broken: tuple[int, bool] | None) -> None:
        producer = LogProducer(self.world.log, *broken) if broken else LogProducer(self.world.log)
        self._run(self.world.relay(name, producer, fate(doom)))

    @precondition(lambda self: self.world.sessions)
    @rule(name=names)
    def lose_the_lock(self, name: str) -> None:
        self._run(self.world.lose_session(name))

    @rule(name=names, begins=st.booleans(), doom=fates)
    def pass_a_day(self, name: str, begins: bool, doom: Doom) -> None:  # noqa: FBT001
        """Both replicas may hold the calendar's partition for a while."""
        if begins:
            self.world.begin_day()
        self._run(self.world.calendar(name, fate(doom)))

    @rule(subject=people)
    def poison(self, subject: str) -> None:
        os.environ[POISON] = subject
        self.proof.poisoned.add(subject)

    @precondition(lambda self: self.proof.poisoned)
    @rule(data=st.data(), name=names, cured=st.booleans(), doom=fates)
    def redrive(self, data: st.DataObject, name: str, cured: bool, doom: Doom) -> None:  # noqa: FBT001
        if cured:
            os.environ.pop(POISON, None)
        subject = data.draw(st.sampled_from(sorted(self.proof.poisoned)))
        self._run(self.world.redrive(name, subject, fate(doom)))

    @invariant()
    def the_database_holds_what_its_offsets_cover(self) -> None:
        if self.world.members:
            self._run(self.proof.look())

    def teardown(self) -> None:
        """Everything is healed and comes to rest, unless a step has failed already."""
        try:
            if self.world.members and sys.exc_info()[0] is None:
                self._run(self._heal())
                self._run(self.proof.close())
        finally:
            os.environ.pop(POISON, None)
            self._run(self.world.end())

    async def _heal(self) -> None:
        world = self.world
        await world.wake_all()
        os.environ.pop(POISON, None)
        await world.assign(["south"] * len(PLACES), 3)
        await world.catch_up()
        for subject in sorted(self.proof.poisoned):
            await world.redrive("north", subject)
        for _ in range(4):
            world.begin_day()
        while (await world.stands())[topics.DAY.name, 0] < world.log.end((topics.DAY.name, 0)):
            await world.calendar("north")
        await world.calendar("north")
        await world.end_session("north")
        while await world.eye.fetchval("select count(*) from outbox"):
            await world.relay("south", LogProducer(world.log))

    def _deliver(self, name: str, sizes: tuple[int, ...], doom: Doom) -> None:
        self._run(self.world.wake(name))
        self._run(self._polled(name, sizes, doom))

    async def _polled(self, name: str, sizes: tuple[int, ...], doom: Doom) -> None:
        records = self.world.members[name].poll(sizes, await self.world.daybreak())
        await self.world.deliver(name, records, fate(doom))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 15))


def fate(doom: Doom) -> Fate | None:
    return None if doom is None else Fate(*doom)


def paid_to(subject: str) -> intake.BenefitPaid:
    return intake.BenefitPaid.model_validate(
        {
            "occurred_on": "2001-03-01",
            "person_id": subject,
            "payment_id": str(uuid.UUID(int=1)),
            "household_id": str(uuid.UUID(int=2)),
            "kind": "hlu",
            "month": "2001-03",
            "amount": {"minor": 50_000, "currency": "DEM"},
        }
    )


def test_whatever_happens_every_effect_comes_once_and_in_order(new_module_database: Callable[[], str]) -> None:
    database = new_module_database()
    with asyncio.Runner() as runner:
        runner.run(toy.create_tables(database))
        there = runner.run(servers_on(database))

        class Here(Weather):
            loop, servers = runner.get_loop(), there

        try:
            run_state_machine_as_test(Here, settings=EXTENT)
        finally:
            there.close()
