"""Where a service stands, by the topics alone: for a database that was lost, or restored from an older backup.

What it published tells how far a service had got: an event names its cause (`ce_causationid`), offsets are covered
in order, so whatever lies before the last cause of a partition was applied; `ce_recordedtime` tells the business day.
Kafka's consumer group, which follows the database by about a second, tells the rest: records that led to nothing. The
furthest of these and of what the database still says counts; what lies behind it is applied, again or at last. If a
day was just firing, its timers go on as overdue ones, and what it had to rank is ranked on the next.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.envelope import Envelope, MalformedEnvelope, read
from contracts.topics import DAY, Topic
from services.runtime.decision import S
from services.runtime.inbound import PartitionKey
from services.runtime.runtime import Runtime, is_day

_CHUNK: Final = 5000
_OFFSETS: Final = """insert into consumed_offset as c (topic, partition, next_offset)
select * from unnest($1::text[], $2::int[], $3::bigint[]) on conflict (topic, partition)
do update set next_offset = greatest(c.next_offset, excluded.next_offset)"""
_LEDGER: Final = """insert into ledger as l (topic, subject, last)
select * from unnest($1::text[], $2::text[], $3::bigint[]) on conflict (topic, subject)
do update set last = greatest(l.last, excluded.last)"""
_TODAY: Final = """insert into business_day as b (id, today) values (1, $1)
on conflict (id) do update set today = greatest(b.today, excluded.today)"""


@dataclass
class Stand:
    """Next offset by partition, last sequence by topic and subject, and the business day."""

    offsets: dict[PartitionKey, int] = field(default_factory=dict)
    ledger: dict[tuple[str, str], int] = field(default_factory=dict)
    today: date | None = None

    def reach(self, place: PartitionKey, offset: int) -> None:
        self.offsets[place] = max(self.offsets.get(place, 0), offset)

    def count(self, topic: Topic, envelope: Envelope) -> None:
        if topic.sequenced and envelope.sequence:
            key = topic.name, envelope.subject
            self.ledger[key] = max(self.ledger.get(key, 0), envelope.sequence)

    async def save(self, db: asyncpg.Connection) -> None:
        """Nothing moves back: what the database knows better stays."""
        await db.execute(_OFFSETS, *_columns([(*place, offset) for place, offset in self.offsets.items()], 3))
        await db.execute(_LEDGER, *_columns([(*key, last) for key, last in sorted(self.ledger.items())], 3))
        if self.today is not None:
            await db.execute(_TODAY, self.today)


async def stand_of(runtime: Runtime[S], live: asyncpg.Pool) -> Stand:
    """Reads the service's own topics, then those that it consumes. Changes nothing."""
    stand, causes = Stand(), set[str]()
    stand.today = await live.fetchval("select today from business_day")
    for row in await live.fetch("select topic, partition, next_offset from consumed_offset"):
        stand.reach((row[0], row[1]), row[2])
    for topic in runtime.service.publishes:
        async for _, _, envelope in _envelopes(runtime, topic):
            stand.count(topic, envelope)
            causes.add(envelope.causation or "")
            if envelope.recorded is not None:
                told = date.fromisoformat(envelope.recorded)
                stand.today = told if stand.today is None else max(told, stand.today)
    own = {topic.name for topic in runtime.service.publishes}
    for topic in runtime.service.consumes:
        if is_day(topic):
            await _days(runtime, stand)
        elif topic.name not in own:
            await _heard(runtime, topic, stand, causes)
    return stand


async def _heard(runtime: Runtime[S], topic: Topic, stand: Stand, causes: set[str]) -> None:
    """A partner may use an id twice: its records are taken up from the group's offset, a repeat is answered as one."""
    for place, offset in (await _committed(runtime, topic)).items():
        stand.reach(place, offset)
    found = []
    async for place, offset, envelope in _envelopes(runtime, topic):
        if topic.agency is None and envelope.id in causes:
            stand.reach(place, offset + 1)
        found.append((place, offset, envelope))
    for place, offset, envelope in found:
        if offset < stand.offsets.get(place, 0):
            stand.count(topic, envelope)


async def _days(runtime: Runtime[S], stand: Stand) -> None:
    async for place, offset, envelope in _envelopes(runtime, DAY):
        if stand.today is not None and (envelope.sequence or 0) <= stand.today.toordinal():
            stand.reach(place, offset + 1)


async def _committed(runtime: Runtime[S], topic: Topic) -> dict[PartitionKey, int]:
    settings = runtime.settings
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=settings.wire(runtime.service.name), enable_auto_commit=False
    )
    await kafka.start()
    try:
        places = [TopicPartition(settings.wire(topic.name), p) for p in range(topic.partitions(settings.layout))]
        kafka.assign(places)
        return {(topic.name, place.partition): await kafka.committed(place) or 0 for place in places}
    finally:
        await kafka.stop()


async def _envelopes(runtime: Runtime[S], topic: Topic) -> AsyncIterator[tuple[PartitionKey, int, Envelope]]:
    """Every readable record of a topic: place, offset, envelope."""
    settings = runtime.settings
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20
    )
    await kafka.start()
    try:
        places = [TopicPartition(settings.wire(topic.name), p) for p in range(topic.partitions(settings.layout))]
        kafka.assign(places)
        ends = await kafka.end_offsets(places)
        await kafka.seek_to_beginning(*places)
        left = {place for place, end in ends.items() if end > 0}
        while left:
            polled = await kafka.getmany(timeout_ms=1000, max_records=_CHUNK)
            for place, batch in polled.items():
                for record in batch:
                    try:
                        yield (topic.name, place.partition), record.offset, read(record.headers)
                    except MalformedEnvelope:
                        continue
            left = {place for place in left if await kafka.position(place) < ends[place]}
    finally:
        await kafka.stop()


def _columns(rows: list[tuple[str | int, ...]], width: int) -> list[list[str | int]]:
    return [[row[number] for row in rows] for number in range(width)]
