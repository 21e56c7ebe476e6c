"""One side: the runtime's own consumer over a service, from a filled topic to the last committed offset.

    python -m tests.bench.consuming <toy|casework|reporting> <kafka> <database> <topic prefix> <records> [profile]

With `profile` it says also where its processor time went; what that costs is in the figures, so a comparison has none.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.city import City, read_city
from services.casework import app as casework
from services.reporting import app as reporting
from services.runtime.consumer import Consumer
from services.runtime.database import connect_pool
from services.runtime.lag import Lag
from services.runtime.runtime import Runtime
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from tests.bench.bed import ROOT
from tests.bench.stages import Sampler
from tests.bench.stopwatch import Stopwatch
from tests.component.runtime import toy

NAMESPACE: Final = UUID(int=7)
SERVICES: Final[dict[str, Callable[[City], Service[Any]]]] = {
    "toy": toy.service,
    "casework": casework.service,
    "reporting": reporting.service,
}


class Rewinding(Lag[Any]):
    """At the end Kafka's own offsets are those of the beginning again. The next round's database is a new one, but its
    first fetch would begin where these are, and wait half a second there for records that nobody sends."""

    async def show(self, consumer: AIOKafkaConsumer) -> None:
        await super().show(consumer)
        await consumer.commit(dict.fromkeys(consumer.assignment(), 0))


class Timed(Consumer[Any]):
    """Starts the watch when the broker hands over the partitions, before anything is read."""

    def __init__(self, runtime: Runtime[Any], watch: Stopwatch) -> None:
        super().__init__(runtime)
        self._watch, self._lag = watch, Rewinding(runtime)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._watch.start()
        await super().on_partitions_assigned(assigned)


def settings_of(service: Service[Any], kafka: str, database: str, prefix: str) -> Settings:
    """As in production, whatever the environment says."""
    return Settings(
        service=service.name,
        kafka=kafka,
        database=database,
        topic_prefix=prefix,
        namespace=NAMESPACE,
        config=ROOT / "deploy/bremen",
    )


async def consume(name: str, kafka: str, database: str, prefix: str, records: int, *, profiled: bool) -> None:
    city = read_city(ROOT / "deploy/bremen")
    service = SERVICES[name](city)
    settings = settings_of(service, kafka, database, prefix)
    runtime = Runtime(service, settings, city, await connect_pool(settings), Metrics())
    watch, sampler = Stopwatch(), Sampler()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    consuming = asyncio.create_task(Timed(runtime, watch).run())
    with sampler if profiled else Sampler.off():
        counted = runtime.moved.count
        while _committed(runtime) < records:
            if consuming.done():
                consuming.result()
            await runtime.moved.wait(counted, 60)
            counted = runtime.moved.count
    more = {"stages": sampler.stages, "samples": sampler.samples} if profiled else {}
    watch.tell(records, **more)
    runtime.stopping.set()
    await asyncio.wait([consuming], timeout=10)
    await runtime.pool.close()


def _committed(runtime: Runtime[Any]) -> float:
    return runtime.metrics.registry.get_sample_value("lotse_batch_records_sum") or 0.0


def main() -> None:
    name, kafka, database, prefix, records, *rest = sys.argv[1:]
    uvloop.run(consume(name, kafka, database, prefix, int(records), profiled="profile" in rest))


if __name__ == "__main__":
    main()
