"""One side: the runtime's own relay, from a filled outbox to an empty one.

python -m tests.bench.relaying <kafka> <database> <topic prefix> <records>
"""

import asyncio
import gc
import sys

import uvloop

from contracts.city import read_city
from services.runtime.database import connect_pool
from services.runtime.relay import Relay
from services.runtime.runtime import Runtime
from services.runtime.telemetry import Metrics
from tests.bench.bed import ROOT
from tests.bench.consuming import settings_of
from tests.bench.stopwatch import Stopwatch
from tests.component.runtime import toy


async def relay(kafka: str, database: str, prefix: str, records: int) -> None:
    city = read_city(ROOT / "deploy/bremen")
    service = toy.service(city)
    settings = settings_of(service, kafka, database, prefix)
    runtime = Runtime(service, settings, city, await connect_pool(settings), Metrics())
    value = runtime.metrics.registry.get_sample_value
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    relaying = asyncio.create_task(Relay(runtime).run())
    while not value("lotse_relay_leading"):
        await asyncio.sleep(0.001)
    watch = Stopwatch()
    while (value("lotse_relayed_total") or 0) < records:
        if relaying.done():
            relaying.result()
        await asyncio.sleep(0.005)
    watch.tell(records)
    runtime.stopping.set()
    await asyncio.wait([relaying], timeout=10)
    await runtime.pool.close()


if __name__ == "__main__":
    at_kafka, at_database, named, count = sys.argv[1:]
    uvloop.run(relay(at_kafka, at_database, named, int(count)))
