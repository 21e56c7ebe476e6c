"""The whole city's year, read again by all four services at once: twenty copies of a twentieth, 46,560 clients."""

import asyncio
from typing import Final

from lotse.settings import SERVICES
from tests.bench.bed import Bed
from tests.bench.cities import Laid, clear, empty_size, folded, lay, prepared, size_of
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
    databases = [await prepared(bed, laid) for laid in cities]
    servers = bed.server_cpu_seconds()
    reading = [_read(bed, laid, database) for laid, database in zip(cities, databases, strict=True)]
    read = dict(zip(SERVICES, await asyncio.gather(*reading), strict=True))
    consumed = max(one["ended"] for one in read.values()) - min(one["began"] for one in read.values())
    own = await asyncio.gather(*(folded(bed, laid) for laid in cities))
    seconds = consumed + max(one["seconds"] for one in own)
    bed.say(f"replayed in {seconds:.0f} s, {consumed:.0f} s of it for what the services consume")
    results.figure("whole_city_events", events)
    results.figure("whole_city_records", sum(laid.records for laid in cities))
    results.figure("whole_city_replay_seconds", round(seconds, 1))
    results.figure("whole_city_consume_seconds", round(consumed, 1))
    used = bed.server_cpu_seconds() - servers + sum(one["cpu_seconds"] for one in (*read.values(), *own))
    results.figure("whole_city_cpu_seconds", round(used))
    folds = dict(zip(SERVICES, own, strict=True))
    for prefix, found in (("whole_city", read), ("whole_city_own", folds)):
        results.figure(f"{prefix}_peak_mb", {service: round(one["peak_mb"]) for service, one in found.items()})
        results.figure(f"{prefix}_seconds", {service: round(one["seconds"], 1) for service, one in found.items()})
    stored = {s: max(read[s]["stored"], folds[s]["stored"]) - await empty_size(bed, s) for s in SERVICES}
    results.figure("whole_city_stored_mb", {service: round(size / 2**20, 1) for service, size in stored.items()})
    for laid in cities:
        clear(bed, laid)


async def _read(bed: Bed, laid: Laid, database: str) -> dict[str, float]:
    """From an empty database to the last day."""
    async with running(bed, laid.service, prefix=laid.prefix, database=database) as subject:
        took = await subject.reached(laid.ends, every=0.5)
        told = {"began": subject.began, "ended": subject.began + took, "seconds": took}
        told |= {"peak_mb": subject.peak_mb, "cpu_seconds": subject.cpu_seconds}
    told["stored"] = await size_of(database)
    await bed.drop_database(database)
    return told
