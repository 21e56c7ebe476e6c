"""Whether an event costs more when the city is four times as large: time, memory, and bytes with their indices.

The city is four copies of one, side by side, each with ids of its own. Days are the same in both, and are not counted.
Memory is held to more than its share of an event: the process as a whole must not grow.
"""

from collections.abc import Mapping
from typing import Final

from lotse.settings import SERVICES
from tests.bench.bed import Bed
from tests.bench.cities import Laid, Reading, clear, empty_size, lay, read_again
from tests.bench.results import Goal, Results
from tests.bench.year import recorded

TIMES: Final = 4
GOAL: Final = 1.15

Read = Mapping[str, tuple[Laid, Reading]]


async def measure(bed: Bed, results: Results) -> None:
    one, many = await _read(bed, 1), await _read(bed, TIMES)
    empty = {service: await empty_size(bed, service) for service in SERVICES}
    seconds = {times: sum(_working(read[s][1]) for s in SERVICES) for times, read in ((1, one), (TIMES, many))}
    stored = {times: sum(read[s][1].stored - empty[s] for s in SERVICES) for times, read in ((1, one), (TIMES, many))}
    results.ratio("growth_time", [seconds[TIMES] / TIMES / seconds[1]], Goal.AT_MOST, GOAL)
    results.ratio("growth_stored", [stored[TIMES] / TIMES / stored[1]], Goal.AT_MOST, GOAL)
    grown = [many[s][1].peak_mb / one[s][1].peak_mb for s in SERVICES]
    results.ratio("growth_memory", [max(grown)], Goal.AT_MOST, GOAL)
    for times, read in ((1, one), (TIMES, many)):
        results.figure(f"city_{times}", {s: figures(*read[s], empty=empty[s]) for s in SERVICES})


async def _read(bed: Bed, times: int) -> Read:
    found = {}
    for laid in await lay(bed, await recorded(bed), SERVICES, times):
        reading = await read_again(bed, laid)
        bed.say(f"{laid.service}, {times} x the city: {reading.seconds:.1f} s for {laid.all_records:,} records")
        found[laid.service] = laid, reading
        clear(bed, laid)
    return found


def _working(reading: Reading) -> float:
    """Seconds for its messages, the days apart; of intake, which hears of nothing else, for what it once said."""
    return reading.messages_seconds + reading.own_seconds


def figures(laid: Laid, reading: Reading, *, empty: int) -> dict[str, float]:
    return {
        "records": laid.records,
        "own_records": laid.own_records,
        "published": reading.published,
        "messages_seconds": round(reading.messages_seconds, 2),
        "days_seconds": round(reading.days_seconds, 2),
        "own_seconds": round(reading.own_seconds, 2),
        "cpu_seconds": round(reading.cpu_seconds + reading.own_cpu_seconds, 2),
        "peak_mb": round(reading.peak_mb),
        "own_peak_mb": round(reading.own_peak_mb),
        "stored_mb": round((reading.stored - empty) / 2**20, 1),
    }
