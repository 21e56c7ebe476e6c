"""Whether an event costs more when the city is four times as large: time, memory, and bytes with their indices.

The city is four copies of one, side by side, each with ids of its own. A year's days take their time in any city: what
they take where nobody lives is measured too, and subtracted from both sizes. Days that break up messages, and months
with something to sum up, take more than that: what they take more is still divided by four, and hides as much growth.
Memory is held to more than its share of an event: the process as a whole must not grow.
"""

from collections.abc import Callable
from typing import Final

from lotse.settings import SERVICES
from tests.bench.bed import Bed
from tests.bench.cities import Laid, Reading, clear, empty_size, lay, read_again
from tests.bench.results import Goal, Results
from tests.bench.year import recorded

TIMES: Final = 4
SIZES: Final = (0, 1, TIMES)
"""In copies of the recorded city."""
GOAL: Final = 1.15

Read = dict[str, tuple[Laid, Reading]]


async def measure(bed: Bed, results: Results) -> None:
    """All sizes of a service one after the other, so that other work on the machine meets all."""
    year = await recorded(bed)
    read: dict[int, Read] = {times: {} for times in SIZES}
    for service in SERVICES:
        for times in SIZES:
            (laid,) = await lay(bed, year, [service], times)
            reading = await read_again(bed, laid)
            read[times][service] = laid, reading
            bed.say(f"{service}, {times} x: {reading.seconds:.1f} s for {laid.all_records:,} records")
            clear(bed, laid)
    empty = {service: await empty_size(bed, service) for service in SERVICES}
    for name, of in (("time", _seconds), ("cpu", _processor)):
        ratio = growth(*(_of_all(read[times], of) for times in SIZES))
        results.ratio(f"growth_{name}", [ratio], Goal.AT_MOST, GOAL)
    one, many = read[1], read[TIMES]
    stored = [sum(sized[s][1].stored - empty[s] for s in SERVICES) for sized in (one, many)]
    results.ratio("growth_stored", [stored[1] / TIMES / stored[0]], Goal.AT_MOST, GOAL)
    grown = [many[s][1].peak_mb / one[s][1].peak_mb for s in SERVICES]
    results.ratio("growth_memory", [max(grown)], Goal.AT_MOST, GOAL)
    for times in SIZES:
        results.figure(f"city_{times}", {s: figures(*read[times][s], empty=empty[s]) for s in SERVICES})


def growth(nobody: float, one: float, many: float) -> float:
    """What a city costs among `TIMES` of them, over what it costs alone; without what it costs when nobody is there."""
    return (many - nobody) / TIMES / (one - nobody)


def _of_all(read: Read, of: Callable[[Reading], float]) -> float:
    return sum(of(reading) for _, reading in read.values())


def _seconds(reading: Reading) -> float:
    return reading.seconds


def _processor(reading: Reading) -> float:
    """Seconds of processor time of the service and of the servers for it: what other work does not change."""
    return reading.all_cpu_seconds


def figures(laid: Laid, reading: Reading, *, empty: int) -> dict[str, float]:
    return {
        "records": laid.records,
        "own_records": laid.own_records,
        "published": reading.published,
        "messages_seconds": round(reading.messages_seconds, 2),
        "days_seconds": round(reading.days_seconds, 2),
        "own_seconds": round(reading.own_seconds, 2),
        "cpu_seconds": round(reading.cpu_seconds + reading.own_cpu_seconds, 2),
        "all_cpu_seconds": round(reading.all_cpu_seconds, 2),
        "peak_mb": round(reading.peak_mb),
        "own_peak_mb": round(reading.own_peak_mb),
        "stored_mb": round((reading.stored - empty) / 2**20, 1),
    }
