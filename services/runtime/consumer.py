"""The subscriber of a service's topics: polls, and has each batch committed with its offsets (batch.py).

Kafka's group only shares partitions out and shows the lag.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Final, Generic

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from services.runtime.batch import Batches, NoBusinessDay, NotYet
from services.runtime.database import backoff, is_away
from services.runtime.daybreaks import Daybreaks
from services.runtime.decision import S
from services.runtime.inbound import PartitionKey, Record
from services.runtime.lag import Lag
from services.runtime.lane import Lane
from services.runtime.logcut import LogCheck
from services.runtime.runtime import Runtime, is_day
from services.runtime.telemetry import fault, log

_BACKLOG: Final = 64 << 20
"""Bytes that are read ahead at most, shared out over the partitions; of each at least one batch as the log has it."""
_NEVER: Final = 2**31 - 1
"""Milliseconds without a poll after which we would leave the group: a database may be away for hours, and the fence
keeps whoever wakes up late from doing harm."""


class Consumer(ConsumerRebalanceListener, Generic[S]):
    """All of a service's topics but the calendar, in one consumer group named like the service."""

    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime
        self._topics = [t for t in runtime.service.consumes if not is_day(t)]
        self._check = LogCheck(runtime)
        self._consumer: AIOKafkaConsumer | None = None
        self._lag = Lag(runtime)
        self._daybreaks = Daybreaks(runtime)
        self._batches = Batches(runtime, self, self._daybreaks)
        self._lanes: list[Lane[S]] = []
        self._sought: set[TopicPartition] = set()
        """Partitions that are read from where the database stands."""
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
            except Exception as error:
                if not is_away(error) and not isinstance(error, NoBusinessDay):
                    raise
                log().warning("waiting", part="consumer", error=fault(error))
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
            isolation_level="read_committed",
            max_poll_records=settings.batch,
            max_poll_interval_ms=_NEVER,
            max_partition_fetch_bytes=self._of_each(),
            fetch_max_bytes=8 << 20,
            fetch_max_wait_ms=500,
            session_timeout_ms=int(settings.session_timeout * 1000),
            heartbeat_interval_ms=int(settings.session_timeout * 1000 / 6),
            rebalance_timeout_ms=10_000,
            metadata_max_age_ms=30_000,
        )
        self._consumer.subscribe([settings.wire(topic.name) for topic in self._topics], listener=self)
        try:
            await self._consumer.start()
            self._lanes = [Lane(self._runtime, self._daybreaks, self._consumer) for _ in range(settings.lanes)]
            lanes = [self._run(lane, number) for number, lane in enumerate(self._lanes)]
            await _together([*lanes, self._lag.show(self._consumer)])
        finally:
            self.assigned.clear()
            self._read(())
            await self._daybreaks.close()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._consumer.stop(), 3)

    def _of_each(self) -> int:
        """Bytes to read ahead of each partition."""
        count = sum(topic.partitions(self._runtime.settings.layout) for topic in self._topics)
        return max(_BACKLOG // count, *(topic.max_bytes for topic in self._topics))

    async def _run(self, lane: Lane[S], number: int) -> None:
        """One transaction after the other over a share of our partitions."""
        while not self._runtime.stopping.is_set():
            mine = {place for place in self._sought if place.partition % self._runtime.settings.lanes == number}
            if not mine:
                await asyncio.sleep(0.05)
                continue
            records, passed, look = await lane.poll(mine)
            news = {place: offset for place, offset in passed.items() if offset > self._lag.stand(self._at(place))}
            if records or news:
                try:
                    await self._batches.commit(records, news, look=look)
                except NotYet:
                    lane.keep(records)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to hand over: the next owner continues from the database."""
        self._read(self._sought - revoked)

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
                log().warning("waiting", part="assignment", error=fault(error))
                await asyncio.sleep(0.3)
        self._lag.stands({self._at(place): offset for place, offset in offsets.items()})
        for (topic, partition), offset in offsets.items():
            if consumer is None:
                return
            if f"{topic}/{partition}" in self._runtime.stopped:
                consumer.pause(self._at((topic, partition)))
            else:
                consumer.seek(self._at((topic, partition)), offset)
                self._read(self._sought | {self._at((topic, partition))})
        self.assigned.set()

    def _read(self, places: Iterable[TopicPartition]) -> None:
        """From now on these are read."""
        self._sought, prefix = set(places), self._runtime.settings.topic_prefix
        self._runtime.reads = {(place.topic.removeprefix(prefix), place.partition) for place in self._sought}
        for place in self._runtime.ahead.keys() - self._runtime.reads:
            del self._runtime.ahead[place]

    def _at(self, place: PartitionKey) -> TopicPartition:
        return TopicPartition(self._runtime.settings.wire(place[0]), place[1])

    def hole(self, record: Record, expected: int) -> None:
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
            self._end(place)
        for lane in self._lanes:
            lane.forget(place)
        consumer.seek(place, expected)

    def pause(self, topic: str, partition: int) -> None:
        self._end(self._at((topic, partition)))

    def _end(self, place: TopicPartition) -> None:
        self._read(self._sought - {place})
        if self._consumer is not None and place in self._consumer.assignment():
            self._consumer.pause(place)

    def stands(self, offsets: Mapping[PartitionKey, int]) -> None:
        self._lag.stands({self._at(place): offset for place, offset in offsets.items()})

    def at_end(self, place: PartitionKey, offset: int) -> bool:
        consumer, at = self._consumer, self._at(place)
        if consumer is None or at not in consumer.assignment():  # given away since it was polled
            return False
        end = consumer.highwater(at)
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
