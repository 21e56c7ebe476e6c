"""The subscriber of a service's topics: polls batches and commits each in one transaction with its offsets.

Offsets and effects belong to the database; Kafka's group only shares partitions out and shows the lag. The lock on the
offset rows fences: a consumer that was paused through a rebalance finds its records covered and changes nothing.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Coroutine, Sequence
from datetime import date
from typing import Generic

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from services.runtime.database import backoff, is_away, transaction
from services.runtime.decision import S
from services.runtime.failpoint import failpoint
from services.runtime.inbound import Applied, PartitionKey, Record, apply_records
from services.runtime.lag import Lag
from services.runtime.letting_go import let_go
from services.runtime.logcut import LogCheck
from services.runtime.runtime import Runtime, is_day
from services.runtime.settings import Settings
from services.runtime.telemetry import fault, log

_TODAY = """(select today from business_day), (select array_agg(distinct topic) from consumed_offset
 where caught_up_at < now() - make_interval(secs => $1) or caught_up_at is null)"""
_FENCE = f"""select topic, partition, next_offset, {_TODAY} from consumed_offset
where (topic, partition) in (select * from unnest($2::text[], $3::int[])) order by topic, partition for update"""
_BEGIN = """insert into consumed_offset (topic, partition, next_offset)
select t, p, 0 from unnest($1::text[], $2::int[]) as row(t, p) on conflict do nothing"""
_ADVANCE = """update consumed_offset c set next_offset = n.o,
caught_up_at = case when n.e then now() else c.caught_up_at end
from unnest($1::text[], $2::int[], $3::bigint[], $4::bool[]) n(t, p, o, e) where c.topic = n.t and c.partition = n.p"""

Today = tuple[date | None, frozenset[str]]
"""The business day, and the topics of which this service may lack more than `behind_after` seconds."""


class NoBusinessDay(Exception):
    """No day has started yet: nothing can be decided before the calendar publishes one."""


class Consumer(ConsumerRebalanceListener, Generic[S]):
    """All of a service's topics but the calendar, in one consumer group named like the service."""

    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime
        self._topics = [t for t in runtime.service.consumes if not is_day(t)]
        self._check = LogCheck(runtime)
        self._consumer: AIOKafkaConsumer | None = None
        self._lag = Lag(runtime)
        self.assigned = asyncio.Event()
        if not self._topics:
            self.assigned.set()

    async def run(self) -> None:
        """Consumes until the runtime stops; starts anew whatever the broker does."""
        if not self._topics:
            return
        for attempt in itertools.count(1):
            try:
                await self._session()
            except KafkaError as error:
                log().warning("broker away", part="consumer", error=fault(error))
            if self._runtime.stopping.is_set():
                return
            self._runtime.metrics.retries.labels("consumer").inc()
            await backoff(attempt % 6)

    async def _session(self) -> None:
        settings = self._runtime.settings
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka,
            group_id=settings.wire(self._runtime.service.name),
            group_instance_id=settings.member,
            client_id=self._runtime.service.name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=settings.batch,
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=500,
            session_timeout_ms=int(settings.session_timeout * 1000),
            heartbeat_interval_ms=int(settings.session_timeout * 1000 / 6),
            rebalance_timeout_ms=10_000,
            metadata_max_age_ms=30_000,
        )
        self._consumer.subscribe([settings.wire(topic.name) for topic in self._topics], listener=self)
        try:
            await self._consumer.start()
            lanes = [self._lane(self._consumer, number) for number in range(settings.lanes)]
            await _together([*lanes, self._lag.show(self._consumer)])
        finally:
            self.assigned.clear()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._consumer.stop(), 3)

    async def _lane(self, consumer: AIOKafkaConsumer, number: int) -> None:
        """One transaction after the other over a share of our partitions, in all topics the same numbers: what concerns
        one client is in one lane."""
        settings = self._runtime.settings
        while not self._runtime.stopping.is_set():
            mine = [place for place in consumer.assignment() if place.partition % settings.lanes == number]
            if not mine:
                await asyncio.sleep(0.05)
                continue
            polled = await consumer.getmany(*mine, timeout_ms=200)
            if records := [record_of(raw, settings) for batch in polled.values() for raw in batch]:
                await self._handle(records)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to hand over: the next owner continues from the database."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seeks to the database's offsets. Only a saving: fetching may have begun, and the fence is the safety."""
        consumer = self._consumer
        offsets = None
        while offsets is None:
            if consumer is None or self._runtime.stopping.is_set():
                return
            try:
                offsets = await self._check.run(consumer, assigned)
            except Exception as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(0.3)
        self._lag.stands({self._at(place): offset for place, offset in offsets.items()})
        for (topic, partition), offset in offsets.items():
            if consumer is None:
                return
            if f"{topic}/{partition}" in self._runtime.stopped:
                consumer.pause(self._at((topic, partition)))
            else:
                consumer.seek(self._at((topic, partition)), offset)
        self.assigned.set()

    def _at(self, place: PartitionKey) -> TopicPartition:
        return TopicPartition(self._runtime.settings.wire(place[0]), place[1])

    async def _handle(self, records: Sequence[Record]) -> None:
        """Commits the records. What the database refuses is narrowed down by halves to the record that is to blame."""
        try:
            await self._persist(records)
        except Exception as error:
            if is_away(error):
                raise
            log().warning("batch refused by the database", records=len(records), error=fault(error))
            if len(records) == 1:
                await self._persist(records, refused=error)
            else:
                middle = len(records) // 2
                await self._handle(records[:middle])
                await self._handle(records[middle:])
        failpoint("committed")

    async def _persist(self, records: Sequence[Record], *, refused: Exception | None = None) -> None:
        """One transaction; waits in place, without limit, while the database is away."""
        for attempt in itertools.count(1):
            try:
                await self._transact(records, refused=refused)
                return
            except Exception as error:
                if self._runtime.stopping.is_set() or not (is_away(error) or isinstance(error, NoBusinessDay)):
                    raise
                self._runtime.metrics.retries.labels("batch").inc()
                if attempt == 1 or attempt % 20 == 0:
                    log().warning("waiting", part="consumer", attempt=attempt, error=fault(error))
                await backoff(attempt)

    async def _transact(self, records: Sequence[Record], *, refused: Exception | None) -> None:
        started = time.monotonic()
        with self._runtime.tracing.transaction() as spans:
            async with transaction(self._runtime.pool) as db:
                fresh, following, (today, behind) = await self._fence(db, records)
                applied = Applied({}, [])
                if fresh:
                    if today is None:
                        raise NoBusinessDay
                    applied = await apply_records(
                        self._runtime, db, fresh, today=today, behind=behind, refused=refused, spans=spans
                    )
                    if gone := applied.let_go:
                        await let_go(self._runtime, db, gone, today=today, behind=behind, spans=spans)
                    failpoint("inside")
                    await self._advance(db, following | applied.stops)
        for topic, partition in applied.stops:
            self._pause(topic, partition)
        self._lag.stands({self._at(place): offset for place, offset in (following | applied.stops).items()})
        self._runtime.committed()
        self._runtime.metrics.batch_size.observe(len(fresh))
        self._runtime.metrics.batch_seconds.observe(time.monotonic() - started)

    async def _fence(
        self, db: asyncpg.Connection, records: Sequence[Record]
    ) -> tuple[list[Record], dict[PartitionKey, int], Today]:
        """Locks our offset rows, drops what they cover, and finds holes in topics whose offsets are dense."""
        places = sorted({(record.topic, record.partition) for record in records})
        topics, partitions = (list(column) for column in zip(*places, strict=True))
        arguments = self._runtime.settings.behind_after, topics, partitions
        rows = await db.fetch(_FENCE, *arguments)
        if len(rows) < len(places):  # partitions of which nothing was ever read
            await db.execute(_BEGIN, topics, partitions)
            rows = await db.fetch(_FENCE, *arguments)
        following = {(row[0], row[1]): row[2] for row in rows}
        fresh, stuck = [], set[PartitionKey]()
        for record in records:
            place = record.topic, record.partition
            if place in stuck or record.offset < following[place]:
                continue
            if record.offset > following[place] and self._runtime.consumed[record.topic].sequenced:
                stuck.add(place)
                self._hole(record, following[place])
                continue
            following[place] = record.offset + 1
            fresh.append(record)
        return fresh, following, (rows[0][3], frozenset(rows[0][4] or ()))

    def _hole(self, record: Record, expected: int) -> None:
        """Asks for the missing offsets; if the log no longer has them, the partition stops when they do not come."""
        consumer, place = self._consumer, self._at((record.topic, record.partition))
        if consumer is None or place not in consumer.assignment():
            return
        if self._check.missed(place, expected):
            reason = f"the log goes on at offset {record.offset}, we are at {expected}"
            self._runtime.stopped[f"{record.topic}/{record.partition}"] = reason
            log().error(
                "records lost: partition stopped", topic=record.topic, partition=record.partition, reason=reason
            )
            consumer.pause(place)
        consumer.seek(place, expected)

    def _pause(self, topic: str, partition: int) -> None:
        place = self._at((topic, partition))
        if self._consumer is not None and place in self._consumer.assignment():
            self._consumer.pause(place)

    async def _advance(self, db: asyncpg.Connection, following: dict[PartitionKey, int]) -> None:
        ends = [self._at_end(place, offset) for place, offset in following.items()]
        topics, partitions = zip(*following, strict=True)
        await db.execute(_ADVANCE, list(topics), list(partitions), list(following.values()), ends)

    def _at_end(self, place: PartitionKey, offset: int) -> bool:
        if self._consumer is None:
            return False
        end = self._consumer.highwater(self._at(place))
        return end is not None and offset >= end


async def _together(work: Sequence[Coroutine[None, None, None]]) -> None:
    """All of it; the first that fails ends the others."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        for done in asyncio.as_completed(tasks):
            await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def business_day(
    db: asyncpg.Connection, runtime: Runtime[S], *, before: date | None = None
) -> tuple[date, frozenset[str]]:
    """Today, and the topics of which this service may lack more than `behind_after` seconds or whose lag is unknown.

    Raises `NoBusinessDay` until the first has begun, unless that is `before`.
    """
    row = await db.fetchrow(f"select {_TODAY}", runtime.settings.behind_after)
    today = before if row is None or row[0] is None else row[0]
    if today is None:
        raise NoBusinessDay
    return today, frozenset(() if row is None else row[1] or ())


def plain(place: TopicPartition, settings: Settings) -> PartitionKey:
    """A partition at the broker by the name that contracts and database use."""
    return place.topic.removeprefix(settings.topic_prefix), place.partition


def record_of(raw: ConsumerRecord, settings: Settings) -> Record:
    topic = raw.topic.removeprefix(settings.topic_prefix)
    return Record(topic, raw.partition, raw.offset, raw.key, raw.headers, raw.value)
