"""The toy's replicas on the log: each with the real parts of a service process, and a reader instead of Kafka's."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from contracts import topics
from contracts.city import City, read_city
from services.runtime.batch import Batches
from services.runtime.database import connect_pool
from services.runtime.days import Days
from services.runtime.inbound import PartitionKey, Record
from services.runtime.parking import Parking
from services.runtime.relay import Relay
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from tests.component.runtime import toy
from tests.component.runtime.fate import Mortal
from tests.component.runtime.log import Log, LogDaybreaks, LogEnds
from tests.component.runtime.world import PARTITIONS, ROOT

PLACES: Final[list[PartitionKey]] = [(topics.PERSON.name, number) for number in range(PARTITIONS)]


@dataclass
class Member:
    """A replica's reader: its positions in the partitions that it owns, and what it applies them with."""

    runtime: Runtime[toy.Toy]
    log: Log
    positions: dict[PartitionKey, int]

    def __post_init__(self) -> None:
        self.batches = Batches(self.runtime, self, LogDaybreaks(self.log))
        self.days = Days(self.runtime, LogEnds(self.log, PLACES))
        self.parking = Parking(self.runtime)
        self.relay = Relay(self.runtime)

    def poll(self, sizes: Iterable[int], day: int | None) -> list[Record]:
        """At most so many of each partition, and nothing that came after the `day` that has yet to begin; the positions
        are behind them at once, as Kafka's are."""
        found = []
        for place, size in zip(PLACES, sizes, strict=True):
            if place in self.positions:
                most = size if day is None else min(size, self.log.until(place, day) - self.positions[place])
                records = self.log.read(place, self.positions[place], max(0, most))
                self.positions[place] += len(records)
                found += records
        return found

    def hole(self, record: Record, expected: int) -> None:
        if (place := (record.topic, record.partition)) in self.positions:
            self.positions[place] = expected

    def pause(self, topic: str, partition: int) -> None:
        self.positions.pop((topic, partition), None)

    def stands(self, offsets: Mapping[PartitionKey, int]) -> None:
        """Nobody asks how far it is."""

    def at_end(self, place: PartitionKey, offset: int) -> bool:
        return offset >= self.log.end(place)


@dataclass
class Session:
    """A relay's connection, and whether it holds the lock."""

    db: asyncpg.Connection
    leads: bool = False


@dataclass
class Servers:
    """`eye` sees what is committed, whatever sleeps."""

    pool: asyncpg.Pool
    eye: asyncpg.Pool
    settings: Settings
    city: City
    metrics: Metrics = field(default_factory=Metrics)

    def close(self) -> None:
        self.pool.terminate()
        self.eye.terminate()


async def servers_on(database: str) -> Servers:
    settings = Settings.model_validate(
        {
            "service": "casework",
            "database": database,
            "namespace": uuid.UUID(int=7),
            "partitions_person": PARTITIONS,
            "relay_batch": 7,
            "relay_idle_timeout": 60.0,
        }
    )
    pool = await connect_pool(settings, connection_class=Mortal)
    return Servers(pool, await connect_pool(settings), settings, read_city(ROOT / "deploy/bremen"))
