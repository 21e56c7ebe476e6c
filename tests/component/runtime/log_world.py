"""The toy's two replicas on a broker in memory and a real database, step by step: nothing goes on between two steps.

What a step does may be cut short by its `Fate`; a sleeper in the way of a later step is woken.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, cast

import asyncpg
from aiokafka import AIOKafkaProducer

from contracts import topics
from contracts.envelope import Envelope, midnight
from contracts.event import Event
from contracts.events.calendar import DayStarted
from services.runtime.batch import NotYet
from services.runtime.database import is_away, session_settings
from services.runtime.days import Days
from services.runtime.decision import NotFound
from services.runtime.inbound import PartitionKey, Record
from services.runtime.outgoing import partition_of
from services.runtime.parking import Parking
from services.runtime.runtime import Runtime
from tests.component.runtime import toy
from tests.component.runtime.fate import FATE, Fate, Killed, Mortal
from tests.component.runtime.log import Log, LogProducer
from tests.component.runtime.log_members import PLACES, Member, Servers, Session
from tests.component.runtime.world import FIRST_DAY, PARTITIONS

CALENDAR: Final[PartitionKey] = (topics.DAY.name, 0)
NAMES: Final = ("north", "south")
_TABLES: Final = """consumed_offset, ledger, state, alias, reference, outbox, parked_subject, parked_record, command,
operator_action, business_day, access, toy_counted, toy_moved"""
_BLOCKED: Final = """select exists(select from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock')"""


@dataclass
class LogWorld:
    """`doubtful`: a relay may have sent what it will send again."""

    servers: Servers
    log: Log = field(default_factory=Log)
    members: dict[str, Member] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    sleepers: dict[str, tuple[asyncio.Task[None], Fate]] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    doubtful: bool = False
    today: date = FIRST_DAY

    def __post_init__(self) -> None:
        self.eye = self.servers.eye

    # steps

    async def deliver(self, name: str, records: list[Record], fate: Fate | None = None) -> None:
        """One batch; a replica that dies over it begins anew where the database stands."""
        if records and await self._do(name, self._commit(name, records), fate):
            await self.restart(name)

    async def relay(self, name: str, producer: LogProducer, fate: Fate | None = None) -> None:
        if await self._do(f"relay {name}", self._relayed(name, producer), fate):
            self.doubtful = True
            await self.end_session(name)

    async def calendar(self, name: str, fate: Fate | None = None) -> None:
        """The next day that the log has, or timers that are overdue."""
        if await self._do(f"calendar {name}", self._day(self.members[name].days), fate):
            await self.restart(name)

    async def redrive(self, name: str, subject: str, fate: Fate | None = None) -> None:
        if await self._do(f"operator {name}", self._redrive(self.members[name].parking, subject), fate):
            await self.restart(name)

    async def catch_up(self) -> None:
        """Everything in the log is applied, by whoever owns it."""
        for name in NAMES:
            await self.wake(name)
            while records := self.members[name].poll((100,) * PARTITIONS, await self.daybreak()):
                await self.deliver(name, records)

    async def wake(self, name: str) -> None:
        """A sleeper goes on to its end, in a world that has changed."""
        if name in self.sleepers:
            task, fate = self.sleepers.pop(name)
            fate.woken.set()
            await self._rest(name, task, fate)

    async def wake_all(self) -> None:
        for name in list(self.sleepers):
            await self.wake(name)

    async def restart(self, name: str) -> None:
        """A new process, at the database's offsets."""
        self.members[name] = self._member(await self.stands(), owned=self.members[name].positions)

    async def assign(self, owners: Iterable[str], behind: int) -> None:
        """A rebalance. The new owners begin where the database stands, or as far `behind` as if it answered late."""
        stands = await self.stands()
        for name in NAMES:
            mine = [place for place, owner in zip(PLACES, owners, strict=True) if owner == name]
            self.members[name].positions = {place: max(0, stands.get(place, 0) - behind) for place in mine}

    async def lose_session(self, name: str) -> None:
        """The server ends the session of a relay that was silent too long: its lock is free, and it does not know."""
        if (session := self.sessions.get(name)) is not None:
            self.doubtful = self.doubtful or session.leads
            await self._terminate(session)

    async def end_session(self, name: str) -> None:
        if session := self.sessions.pop(name, None):
            await self._terminate(session)
            session.db.terminate()

    # what the others publish

    def publish(self, topic: topics.Topic, event: Event, sequence: int) -> Record:
        key = event.subject.encode()
        envelope = Envelope(
            id=str(uuid.uuid5(uuid.UUID(int=3), f"{event.subject}/{sequence}")),
            source="/test",
            type=event.type_name(),
            subject=event.subject,
            time=midnight(event.occurred_on),
            sequence=sequence,
        )
        place = topic.name, partition_of(key, topic.partitions(self.servers.settings.layout))
        return self.log.append(place, key, event.model_dump_json().encode(), envelope.headers())

    def begin_day(self) -> None:
        self.today += timedelta(days=1) if self.log.end(CALENDAR) else timedelta()
        self.publish(topics.DAY, DayStarted(occurred_on=self.today), self.today.toordinal())

    async def daybreak(self) -> int | None:
        """When the first day began that has not begun in the service."""
        following = (await self.stands()).get(CALENDAR, 0)
        return next((day.stored for day in self.log.read(CALENDAR, following, 1)), None)

    async def stands(self) -> dict[PartitionKey, int]:
        rows = await self.eye.fetch("select topic, partition, next_offset from consumed_offset")
        return {(row[0], row[1]): row[2] for row in rows}

    # how

    async def begin(self) -> None:
        """An empty database, two replicas without partitions, the first day."""
        await self.eye.execute(f"truncate {_TABLES} restart identity")
        self.members = {name: self._member({}, owned=()) for name in NAMES}
        await self.assign(["north"] * PARTITIONS, 0)
        await self.eye.execute(
            "insert into consumed_offset (topic, partition, next_offset) values ($1, 0, 0)", CALENDAR[0]
        )
        self.begin_day()
        await self.calendar("north")

    async def end(self) -> None:
        left = [task for task in self.tasks if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for name in NAMES:
            await self.end_session(name)

    def _member(self, stands: dict[PartitionKey, int], *, owned: Iterable[PartitionKey]) -> Member:
        there = self.servers
        runtime = Runtime(toy.service(there.city), there.settings, there.city, there.pool, there.metrics)
        return Member(runtime, self.log, {place: stands.get(place, 0) for place in owned})

    async def _do(self, name: str, work: Coroutine[Any, Any, None], fate: Fate | None) -> bool:
        """Whether it died of it. Who sleeps is woken before it begins something new."""
        await self.wake(name)
        token = FATE.set(fate)
        task = asyncio.create_task(work)
        FATE.reset(token)
        self.tasks.append(task)
        return await self._rest(name, task, fate)

    async def _rest(self, name: str, task: asyncio.Task[None], fate: Fate | None) -> bool:
        """Waits until the work is done, dead or asleep; what is in its way is put out of it."""
        asleep = asyncio.create_task(fate.asleep.wait()) if fate and not fate.woken.is_set() else None
        watched = {task, asleep} if asleep else {task}
        try:
            while not task.done():
                if fate and fate.asleep.is_set() and not fate.woken.is_set():
                    self.sleepers[name] = task, fate
                    return False
                await asyncio.wait(watched, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
                if not task.done() and self.sleepers and await self.eye.fetchval(_BLOCKED):
                    await self.wake_all()
                elif not task.done() and name.startswith("calendar"):
                    await self.catch_up()
        finally:
            if asleep:
                asleep.cancel()
        if isinstance(task.exception(), Killed):
            return True
        task.result()
        return False

    async def _commit(self, name: str, records: list[Record]) -> None:
        """Of what came after a day that has not begun nothing is applied: it is read again."""
        try:
            await self.members[name].batches.commit(records)
        except NotYet:
            await self.restart(name)

    async def _relayed(self, name: str, producer: LogProducer) -> None:
        relay = self.members[name].relay
        try:
            session = self.sessions.get(name) or await self._session(name)
            session.leads = session.leads or await relay.lock(session.db)
            if session.leads:
                await relay.publish(session.db, cast(AIOKafkaProducer, producer))
        except Exception as error:
            if not is_away(error):
                raise
            self.doubtful = True
            await self.end_session(name)

    async def _session(self, name: str) -> Session:
        given = session_settings(self.servers.settings)
        db = await asyncpg.connect(self.servers.settings.database, connection_class=Mortal, server_settings=given)
        self.sessions[name] = Session(db)
        return self.sessions[name]

    async def _terminate(self, session: Session) -> None:
        if not session.db.is_closed():
            await self.eye.execute("select pg_terminate_backend($1, 5000)", session.db.get_server_pid())

    async def _day(self, days: Days[toy.Toy]) -> None:
        following = self.log.read(CALENDAR, (await self.stands())[CALENDAR], 1)
        days._ended = None  # as after a poll
        await _until_there(lambda: days.day(following[0]) if following else days.overdue())

    async def _redrive(self, parking: Parking[toy.Toy], subject: str) -> None:
        with suppress(NotFound):
            await _until_there(lambda: parking.redrive(subject, actor="meyer", reason="a test"))


async def _until_there(work: Callable[[], Awaitable[object]]) -> None:
    """Again, as the service and an operator do, while the database refuses because of another's locks."""
    for attempt in range(1, 6):
        try:
            await work()
            return
        except Exception as error:
            if not is_away(error) or attempt == 5:
                raise
