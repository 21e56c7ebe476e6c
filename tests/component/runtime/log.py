"""A broker in memory: partitions that only grow, with dense offsets; a producer and end offsets as the runtime uses
them. Nothing else of the runtime is replaced."""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaConnectionError

from contracts.topics import DAY
from services.runtime.daybreaks import Daybreaks
from services.runtime.ends import Ends
from services.runtime.inbound import Header, PartitionKey, Record
from tests.component.runtime.fate import meet

BATCH_RECORDS = 3
"""What one of the producer's batches holds."""


@dataclass
class Log:
    partitions: dict[PartitionKey, list[Record]] = field(default_factory=lambda: defaultdict(list))
    clock: int = 0

    def append(self, place: PartitionKey, key: bytes | None, value: bytes | None, headers: Sequence[Header]) -> Record:
        found = self.partitions[place]
        self.clock += 1
        record = Record(*place, len(found), key, headers, value, stored=self.clock)
        found.append(record)
        return record

    def read(self, place: PartitionKey, start: int, most: int) -> list[Record]:
        return self.partitions[place][start : start + most]

    def end(self, place: PartitionKey) -> int:
        return len(self.partitions[place])

    def until(self, place: PartitionKey, stored: int) -> int:
        """The offset of the first record that was stored then or later."""
        return bisect_left(self.partitions[place], stored, key=lambda record: record.stored)

    def of(self, topic: str) -> list[Record]:
        """A topic's records, partition by partition."""
        return [one for place in sorted(self.partitions) if place[0] == topic for one in self.partitions[place]]


class LogEnds(Ends):
    """The ends of some partitions, without asking a broker."""

    def __init__(self, log: Log, places: Sequence[PartitionKey]) -> None:
        self._log, self._mine = log, places

    async def read(self) -> dict[PartitionKey, int]:
        return {place: self._log.end(place) for place in self._mine}

    async def before(self, places: Collection[PartitionKey], moment: int) -> dict[PartitionKey, int]:
        return {place: self._log.until(place, moment) for place in places}

    async def close(self) -> None:
        """There is no connection."""


class LogDaybreaks(Daybreaks[Any]):
    """When days began, without asking a broker."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def look(self, stored: int) -> None:
        """Everything is known."""

    def at(self, following: int) -> int | None:
        return next((day.stored for day in self._log.read((DAY.name, 0), following, 1)), None)


@dataclass
class Batch:
    """Takes records until it is full, as aiokafka's does."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def append(self, *, timestamp: int | None, **record: Any) -> object | None:
        assert timestamp is None
        if len(self.records) == BATCH_RECORDS:
            return None
        self.records.append(record)
        return record


@dataclass
class LogProducer:
    """Appends whole batches. `breaks_after` so many the broker is away; `unheard`: what it does not acknowledge arrives
    all the same."""

    log: Log
    breaks_after: int | None = None
    unheard: bool = False

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        """The sender may die, or be stopped and go on much later, between any two batches."""
        await meet()
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        broken = self.breaks_after == 0
        if self.breaks_after is not None:
            self.breaks_after = max(0, self.breaks_after - 1)
        if not broken or self.unheard:
            for record in batch.records:
                self.log.append((topic, partition), **record)
        if broken:
            raise KafkaConnectionError
        answered.set_result(None)
        return answered
