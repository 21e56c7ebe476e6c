"""The whole city's year, read again by all four services at once: twenty copies of a twentieth, 46,560 clients."""

import asyncio
import time
from typing import Final

from lotse.settings import SERVICES
from tests.bench.bed import Bed
from tests.bench.cities import Laid, clear, folded, lay, prepared
from tests.bench.results import Results
from tests.bench.subject import running
from tests.bench.year import SCALE, recorded

COPIES: Final = round(1 / SCALE)


async def measure(bed: Bed, results: Results) -> None:
    year = await recorded(bed)
    bed.say(f"laying out {COPIES} cities")
    cities = await lay(bed, year, SERVICES, COPIES)
    events = sum(laid.own_records for laid in cities)
    bed.say(f"{events:,} events, read by those who declare them: {sum(laid.records for laid in cities):,} records")
    began = time.monotonic()
    read = dict(zip(SERVICES, await asyncio.gather(*(_read(bed, laid) for laid in cities)), strict=True))
    consumed = time.monotonic() - began
    own = await asyncio.gather(*(folded(bed, laid) for laid in cities))
    seconds = time.monotonic() - began
    bed.say(f"replayed in {seconds:.0f} s, {consumed:.0f} s of it for what the services consume")
    results.figure("whole_city_events", events)
    results.figure("whole_city_records", sum(laid.records for laid in cities))
    results.figure("whole_city_replay_seconds", round(seconds, 1))
    results.figure("whole_city_consume_seconds", round(consumed, 1))
    results.figure("whole_city_peak_mb", {service: round(found["peak_mb"]) for service, found in read.items()})
    results.figure("whole_city_cpu_seconds", {service: round(found["cpu_seconds"]) for service, found in read.items()})
    folds = {laid.service: round(found["seconds"], 1) for laid, found in zip(cities, own, strict=True)}
    results.figure("whole_city_own_seconds", folds)
    for laid in cities:
        clear(bed, laid)


async def _read(bed: Bed, laid: Laid) -> dict[str, float]:
    """From an empty database to the last day."""
    database = await prepared(bed, laid)
    async with running(bed, laid.service, prefix=laid.prefix, database=database) as subject:
        seconds = await subject.reached(laid.ends, every=0.5)
        found = {"seconds": seconds, "peak_mb": subject.peak_mb, "cpu_seconds": subject.cpu_seconds}
    await bed.drop_database(database)
    return found
