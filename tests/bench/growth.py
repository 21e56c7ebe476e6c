"""Whether an event costs more when the city is four times as large: time, memory, and bytes with their indices.

The city is four copies of one, side by side, each with ids of its own. Days are the same in both, and are not counted.
Memory is held to more than its share of an event: the process as a whole must not grow.
"""

from collections.abc import Callable, Mapping
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
    """Both sizes of a service one after the other, so that other work on the machine meets both."""
    year = await recorded(bed)
    one, many = (dict[str, tuple[Laid, Reading]](), dict[str, tuple[Laid, Reading]]())
    for service in SERVICES:
        for times, read in ((1, one), (TIMES, many)):
            (laid,) = await lay(bed, year, [service], times)
            read[service] = laid, await read_again(bed, laid)
            bed.say(f"{service}, {times} x: {read[service][1].seconds:.1f} s for {laid.all_records:,} records")
            clear(bed, laid)
    empty = {service: await empty_size(bed, service) for service in SERVICES}
    for name, of in (("time", _working), ("cpu", _processor)):
        results.ratio(f"growth_{name}", [_each(many, of) / TIMES / _each(one, of)], Goal.AT_MOST, GOAL)
    stored = [sum(read[s][1].stored - empty[s] for s in SERVICES) for read in (one, many)]
    results.ratio("growth_stored", [stored[1] / TIMES / stored[0]], Goal.AT_MOST, GOAL)
    grown = [many[s][1].peak_mb / one[s][1].peak_mb for s in SERVICES]
    results.ratio("growth_memory", [max(grown)], Goal.AT_MOST, GOAL)
    for times, read in ((1, one), (TIMES, many)):
        results.figure(f"city_{times}", {s: figures(*read[s], empty=empty[s]) for s in SERVICES})


def _each(read: Read, of: Callable[[Reading], float]) -> float:
    return sum(of(reading) for _, reading in read.values())


def _working(reading: Reading) -> float:
    """Seconds for its messages, the days apart; of intake, which hears of nothing else, for what it once said."""
    return reading.messages_seconds + reading.own_seconds


def _processor(reading: Reading) -> float:
    """Seconds of processor time of the service and of the servers for it, days too: what other work does not change."""
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
