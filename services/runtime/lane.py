"""A share of the consumer's partitions, in all topics the same numbers: what concerns one client is in one lane.

It polls, keeps what arrived after a day that has not begun here yet (daybreaks.py), and hands out the rest in batches.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Generic, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from services.runtime.daybreaks import Daybreaks
from services.runtime.decision import S
from services.runtime.inbound import PartitionKey, Record
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings

_POLL_MS = 200
_SOON = 0.02
"""Seconds: while records wait for their day we look this often for others, and whether another replica has begun it."""
_LOST = 1.0
"""The same while something is lost: it may be the day."""


class Batch(NamedTuple):
    """Records to apply together. `passed`: where partitions go on after them, if offsets without a record lie between,
    such as a partner's transaction leaves. `look`: until then a day may have begun that is not known."""

    records: list[Record]
    passed: Mapping[PartitionKey, int]
    look: int | None = None


class Lane(Generic[S]):
    def __init__(self, runtime: Runtime[S], daybreaks: Daybreaks[S], consumer: AIOKafkaConsumer) -> None:
        self._runtime, self._daybreaks, self._consumer = runtime, daybreaks, consumer
        self._kept: dict[TopicPartition, list[Record]] = {}
        self._forgotten: set[TopicPartition] = set()
        self._day: int | None = None
        """When the day began for which some wait, in ms."""
        self._sparse = {runtime.settings.wire(t.name) for t in runtime.service.consumes if not t.sequenced}

    async def poll(self, mine: Collection[TopicPartition]) -> Batch:
        """A batch of what these partitions hold and whose day has begun, or nothing after a short while.

        As long as some wait for their day the others are polled for more: it begins when all that came before it is
        applied. Raises what is away.
        """
        size, moved = self._runtime.settings.batch, self._runtime.moved
        counted = moved.count
        self._forgotten.clear()
        self._kept = {place: records for place, records in self._kept.items() if place in mine}
        ready = await self._take(size) if self._kept else []
        while len(ready) < size and not (ready and self._day is None):
            there = self._consumer.assignment()  # some may have been given away since
            hungry = [place for place in mine if place in there and place not in self._kept]
            most, wait = (size // 4 + 1, 0) if self._kept or ready else (size, _POLL_MS)
            polled = await self._consumer.getmany(*hungry, timeout_ms=wait, max_records=most) if hungry else {}
            if not polled:
                if not ready and (self._kept or not hungry):
                    await moved.wait(counted, _LOST if self._runtime.stopped else _SOON)
                break
            alone = not self._kept and not ready
            latest = self._keep(polled)
            if alone and await self._daybreaks.next() is None:
                return await self._unasked(mine, latest)
            await self._daybreaks.look(latest)
            ready += await self._take(size - len(ready))
        return Batch(ready, await self._passed(mine))

    async def _unasked(self, mine: Collection[TopicPartition], latest: int) -> Batch:
        """All that was polled, as if no day had begun meanwhile: the broker is asked while it is decided."""
        records = [record for batch in self._kept.values() for record in batch]
        self._kept = {}
        return Batch(records, await self._passed(mine), latest)

    def keep(self, records: Iterable[Record]) -> None:
        """They were polled last, and wait for their day."""
        later, self._kept = self._kept, {}
        for one in [*records, *(record for batch in later.values() for record in batch)]:
            place = TopicPartition(self._runtime.settings.wire(one.topic), one.partition)
            if place not in self._forgotten:
                self._kept.setdefault(place, []).append(one)

    def forget(self, place: TopicPartition) -> None:
        """It is read again from elsewhere."""
        self._kept.pop(place, None)
        self._forgotten.add(place)

    def _keep(self, polled: Mapping[TopicPartition, list[ConsumerRecord]]) -> int:
        """When the latest of them was stored."""
        settings = self._runtime.settings
        for place, batch in polled.items():
            self._kept[place] = [record_of(raw, settings) for raw in batch]
        return max(raw.timestamp for batch in polled.values() for raw in batch)

    async def _take(self, most: int) -> list[Record]:
        """Of what is kept, in order: at most so many whose day has begun."""
        self._day = day = await self._daybreaks.next()
        ready, kept = list[Record](), {}
        for place, records in self._kept.items():
            count = min(len(records), most - len(ready))
            if day is not None:
                count = next((n for n, one in enumerate(records[:count]) if one.stored >= day), count)
            ready += records[:count]
            if count < len(records):
                kept[place] = records[count:]
        self._kept = kept
        return ready

    async def _passed(self, mine: Collection[TopicPartition]) -> dict[PartitionKey, int]:
        """Where our sparse topics go on. Whoever waits for a day is told what we keep."""
        prefix, passed, ahead = self._runtime.settings.topic_prefix, {}, self._runtime.ahead
        for place in mine:
            at, kept = (place.topic.removeprefix(prefix), place.partition), self._kept.get(place)
            if kept:
                ahead[at] = kept[0].offset, kept[0].stored
            else:
                ahead.pop(at, None)
            if place.topic in self._sparse and place in self._consumer.assignment():  # or given away since
                passed[at] = kept[0].offset if kept else await self._consumer.position(place)
        return passed


def record_of(raw: ConsumerRecord, settings: Settings) -> Record:
    topic = raw.topic.removeprefix(settings.topic_prefix)
    return Record(topic, raw.partition, raw.offset, raw.key, raw.headers, raw.value, stored=max(0, raw.timestamp))
