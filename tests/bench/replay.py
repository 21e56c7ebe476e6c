"""Each service reads the recorded year into an empty database, beside a loop that consumes, copies and produces."""

import statistics

from contracts.topics import consumed_by
from lotse.settings import SERVICES
from tests.bench import log
from tests.bench.bed import Bed
from tests.bench.cities import OWN, Laid, Reading, clear, lay, published_by, read_again
from tests.bench.results import Goal, Results
from tests.bench.subject import child
from tests.bench.year import AGENCIES, LAYOUT, recorded


async def measure(bed: Bed, results: Results) -> None:
    year = await recorded(bed)
    for laid in await lay(bed, year, SERVICES, 1):
        service = laid.service
        rounds, readings = [], []
        for number in range(bed.rounds):
            reading = await read_again(bed, laid)
            seconds = await bare(bed, laid, reading)
            rounds.append(seconds / reading.seconds)
            readings.append(reading)
            bed.say(f"{service} {number + 1}: {reading.seconds:.1f} s, bare {seconds:.1f} s, {rounds[-1]:.2f}")
        results.ratio(f"replay_{service}", rounds, Goal.AT_LEAST, 0.5)
        results.figure(f"replay_{service}", _figures(laid, readings))
        clear(bed, laid)


async def bare(bed: Bed, laid: Laid, reading: Reading) -> float:
    """Seconds for the same records, and for as many as the service published, of the bytes of its recorded ones."""
    read = {laid.prefix + t.name: t.partitions(LAYOUT) for t in consumed_by(laid.service, AGENCIES)}
    read |= {laid.own + t.name: t.partitions(LAYOUT) for t in OWN[laid.service]}
    scratch = f"{laid.own}bare"
    database = await bed.new_database()
    out = {"topic": scratch, "partitions": LAYOUT.person, "records": reading.published, "bytes": 0}
    if reading.published:
        out["bytes"] = await log.weigh(bed.kafka, laid.prefix, published_by(laid.service), reading.published)
    log.make_plain(bed.kafka, scratch, LAYOUT.person)
    given = {"kafka": bed.kafka, "dsn": database, "places": read, "out": out, "batch": 1000}
    found = await child("tests.bench.bare", given, {})
    log.delete(bed.kafka, scratch)
    await bed.drop_database(database)
    if (found["records"], found["written"]) != (laid.records + laid.own_records, reading.published):
        raise AssertionError(f"{laid.service}: the bare loop did not read and write what the service did: {found}")
    return found["seconds"]


def _figures(laid: Laid, readings: list[Reading]) -> dict[str, float]:
    """Medians of the rounds."""

    def median(name: str, digits: int = 2) -> float:
        values: list[float] = [getattr(one, name) for one in readings]
        return round(statistics.median(values), digits)

    return {
        "records": laid.records,
        "own_records": laid.own_records,
        "published": int(median("published", 0)),
        "messages_seconds": median("messages_seconds"),
        "days_seconds": median("days_seconds"),
        "own_seconds": median("own_seconds"),
        "cpu_seconds": median("cpu_seconds"),
        "peak_mb": median("peak_mb", 0),
        "stored_mb": round(statistics.median(one.stored for one in readings) / 2**20, 1),
    }
