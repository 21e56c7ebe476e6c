"""`python -m tests.bench.own '<json>'`: folds a service's own topics by `evolve` into its empty database, and nothing
else: what of its state no other topic tells."""

import asyncio
import dataclasses
import gc
import importlib
import json
import os
import resource
import sys
import time
from typing import Any

import uvloop

from contracts.city import read_city
from services.runtime.database import connect_pool
from services.runtime.replay import Replay
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from tests.bench.processes import peak_mb


async def fold(name: str) -> dict[str, Any]:
    settings = Settings()
    city = read_city(settings.config)
    service = importlib.import_module(f"services.{name}.app").service(city)
    pool = await connect_pool(settings)
    alone = Runtime(dataclasses.replace(service, consumes=()), settings.in_city(city), city, pool, Metrics())
    folding = Replay(alone, pool)
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    began = time.monotonic()
    await folding.run()
    seconds = time.monotonic() - began
    await pool.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": seconds,
        "events": folding.events,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": peak_mb(os.getpid()),
    }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(json.dumps(runner.run(fold(json.loads(sys.argv[1])["service"]))) + "\n")
