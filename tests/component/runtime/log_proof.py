"""What must hold of the toy on the log: after every step, and when everything has come to rest.

The expectation is a plain fold of what the source published; topics and ledgers are judged by the product's checker.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import cast

import asyncpg

from contracts import topics
from contracts.envelope import read
from contracts.event import Event
from contracts.events import casework, intake
from lotse.check.databases import read_ledger, read_stand
from lotse.check.findings import Findings
from lotse.check.ledgers import ConsumerLedger, SourceLedger, compare_day, compare_offsets, compare_outbox
from lotse.check.sequences import Sequences
from services.runtime.decision import Message
from services.runtime.inbound import PartitionKey, Record, decode
from tests.component.runtime import toy
from tests.component.runtime.log_members import PLACES
from tests.component.runtime.log_world import CALENDAR, NAMES, LogWorld

_LEDGER = "select subject, last from ledger where topic = $1"


@dataclass
class Proof:
    """`source`: what was published of each subject, in order. `poisoned`: whoever ever could not be borne."""

    world: LogWorld
    source: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    poisoned: set[str] = field(default_factory=set)
    findings: Findings = field(default_factory=Findings)

    def __post_init__(self) -> None:
        self._case = Sequences(topics.CASE, self.findings, {})
        self._seen: dict[PartitionKey, int] = defaultdict(int)
        self._excused = 0
        self._stands: dict[PartitionKey, int] = {}

    async def look(self) -> None:
        """After every step."""
        self._read_case()
        assert not self.findings.violations, self.findings.kept
        await self._judge_repeats()
        assert not any(self.world.members[name].runtime.stopped for name in NAMES)
        parked = {row[0] for row in await self.world.eye.fetch("select subject from parked_subject")}
        assert parked <= self.poisoned
        stands = await self.world.stands()
        for place, offset in stands.items():
            assert self._stands.get(place, 0) <= offset <= self.world.log.end(place), place
        self._stands = stands
        await self._assert_covered(stands, parked)

    async def _judge_repeats(self) -> None:
        """Only what a relay had sent in vain comes twice; with an empty outbox and no relay asleep all that is over."""
        if self.world.doubtful:
            self._excused = self._case.repeats
        assert self._case.repeats == self._excused, "published twice, and no relay had a reason"
        asleep = any(name.startswith("relay") for name in self.world.sleepers)
        if not asleep and not await self.world.eye.fetchval("select count(*) from outbox"):
            self.world.doubtful = False

    async def _assert_covered(self, stands: dict[PartitionKey, int], parked: Collection[str]) -> None:
        """The database holds what its offsets cover, neither more nor less, but for what waits behind a poison."""
        covered: dict[str, int] = defaultdict(int)
        for place in PLACES:
            for record in self.world.log.read(place, 0, stands.get(place, 0)):
                envelope = read(record.headers)
                covered[envelope.subject] = max(covered[envelope.subject], envelope.sequence or 0)
        heard = {row[0]: row[1] for row in await self.world.eye.fetch(_LEDGER, topics.PERSON.name)}
        for subject, last in covered.items():
            assert heard.get(subject, 0) == last or (subject in parked and heard.get(subject, 0) < last)
        await self._assert_effects({subject: self.source[subject][:last] for subject, last in heard.items()})

    async def _assert_effects(self, applied: dict[str, list[Event]]) -> None:
        offices = await self.world.eye.fetch("select subject, office from toy_moved")
        expected = [(subject, one.office) for subject, events in applied.items() for one in moves_among(events)]
        assert sorted((row[0], row[1]) for row in offices) == sorted(expected)
        counted = {row[0]: row[1] for row in await self.world.eye.fetch("select subject, moves from toy_counted")}
        assert counted == {subject: len(moves_among(events)) for subject, events in applied.items() if events}

    def _read_case(self) -> None:
        for place in [place for place in self.world.log.partitions if place[0] == topics.CASE.name]:
            for record in self.world.log.read(place, self._seen[place], 10_000):
                see(self._case, record)
            self._seen[place] = self.world.log.end(place)

    async def close(self) -> None:
        """Everything sent is applied, nobody is parked, every day has passed, and the outbox is empty."""
        await self.look()
        self._case.close()
        person = Sequences(topics.PERSON, self.findings, {})
        for record in self.world.log.of(topics.PERSON.name):
            see(person, record)
        person.close()
        await self._compare_databases(person)
        assert not self.findings.violations, self.findings.kept
        await self._assert_rebuilt()
        self._assert_decided()

    async def _compare_databases(self, person: Sequences) -> None:
        sent, heard = SourceLedger(self._case, self.findings), ConsumerLedger("casework", person, self.findings, {})
        async with self.world.eye.acquire() as held:
            db = cast(asyncpg.Connection, held)
            stand = await read_stand(db, "casework")
            async for subject, last in read_ledger(db, topics.CASE.name):
                sent.row(subject, last)
            async for subject, last in read_ledger(db, topics.PERSON.name):
                heard.row(subject, last)
        assert not stand.parked
        sent.close()
        heard.close()
        ends = {place: self.world.log.end(place) for place in (*PLACES, CALENDAR) if self.world.log.end(place)}
        compare_offsets(stand, ends, self.findings)
        compare_outbox(stand, self.findings)
        compare_day(stand, self.world.today, self.findings)

    async def _assert_rebuilt(self) -> None:
        """The states are what `evolve` makes of the two topics, from zero."""
        states: dict[str, toy.Toy] = {}
        for topic in (topics.PERSON, topics.CASE):
            for message in self._first_occurrences(topic):
                before = states.get(message.subject) or toy.Toy(person_id=message.subject)
                states[message.subject] = toy.evolve(before, message)
        codec = self.world.members["north"].runtime.codec
        rows = await self.world.servers.pool.fetch("select subject, document from state")
        assert {row[0]: codec.validate_python(row[1]) for row in rows} == states

    def _first_occurrences(self, topic: topics.Topic) -> list[Message]:
        runtime, last, found = self.world.members["north"].runtime, defaultdict[str, int](int), []
        runtime.consumed[topics.CASE.name] = topics.CASE
        for record in self.world.log.of(topic.name):
            message = decode(runtime, record).message
            assert message is not None
            if message.sequence > last[message.subject]:
                last[message.subject] = message.sequence
                found.append(message)
        return found

    def _assert_decided(self) -> None:
        """Every cause has its one event: a case for a registration, transfers in the order of the moves, one review."""
        decided: dict[str, list[Event]] = defaultdict(list)
        for message in self._first_occurrences(topics.CASE):
            decided[message.subject].append(message.event)
        assert decided.keys() == self.source.keys()
        for subject, events in self.source.items():
            offices = [one.office for one in decided[subject] if isinstance(one, casework.CaseTransferred)]
            assert offices == [one.office for one in moves_among(events)]
            kinds = [type(one) for one in decided[subject]]
            assert (kinds[0], kinds.count(casework.CaseOpened)) == (casework.CaseOpened, 1)
            assert kinds.count(casework.ReviewDue) == 1


def see(seen: Sequences, record: Record) -> None:
    envelope = read(record.headers)
    sequence = envelope.sequence or 0
    seen.see(envelope.subject, sequence, envelope.id, partition=record.partition, offset=record.offset)


def moves_among(events: list[Event]) -> list[intake.OfficeChanged]:
    return [one for one in events if isinstance(one, intake.OfficeChanged)]
