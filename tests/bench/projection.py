"""Reporting's facts, record in to row committed: by the runtime, by quixstreams and by faust-streaming."""

import asyncio
import statistics
from typing import Final

from contracts import topics
from services.reporting.store import TABLES
from services.runtime.migrations import migrate
from tests.bench import people
from tests.bench.bed import ROOT, Bed
from tests.bench.dumps import dump, require_equal
from tests.bench.hop import LOTSE, against, begin
from tests.bench.results import Results
from tests.bench.sides import Ran, run

PREFIX: Final = "projection."
PEOPLE: Final = 6000
MONTHS: Final = 4
QUIX: Final = "quixstreams"
FAUST: Final = "faust-streaming"
SIDES: Final = {QUIX: "tests.bench.peers.quix", LOTSE: "tests.bench.consuming", FAUST: "tests.bench.peers.faust_facts"}
FACTS: Final = {
    str(one.__tablename__): f"select * from {one.__tablename__} fact order by fact::text"  # in every column's order
    for one in TABLES
}


async def measure(bed: Bed, results: Results) -> None:
    peers = await asyncio.to_thread(bed.peers)
    records = await people.filled(bed.kafka, PREFIX, topics.PERSON, people.recipients(PEOPLE, MONTHS))
    people.make_topics(bed.kafka, PREFIX, (topics.CASE, topics.REFERRAL, topics.DAY))
    rounds = [await _round(bed, str(peers), records, number) for number in range(1, bed.rounds + 1)]
    against(results, "projection against quixstreams", rounds, QUIX, 2)
    against(results, "projection against faust-streaming", rounds, FAUST, 5)
    for name in SIDES:
        results.figure(f"projection, {name}: records per second", statistics.median(one[name].rate for one in rounds))
        cpu = statistics.median(one[name].cpu_us for one in rounds)
        results.figure(f"projection, {name}: processor us per record", cpu)


async def _round(bed: Bed, peers: str, records: int, number: int) -> dict[str, Ran]:
    """Every side once, on a database of its own; all of them must have written the same facts."""
    ran, wrote = {}, {}
    for name, module in SIDES.items():
        database = await bed.new_database()
        await migrate("reporting", database)
        await begin(database)
        if name == LOTSE:
            ran[name] = await run(module, "reporting", bed.kafka, database, PREFIX, str(records))
        else:
            topic = PREFIX + topics.PERSON.name
            ran[name] = await run(module, bed.kafka, database, topic, str(records), python=peers, PYTHONPATH=str(ROOT))
        wrote[name] = await dump(database, FACTS)
        await bed.drop_database(database)
    require_equal(wrote)
    bed.say(f"projection {number}: " + ", ".join(f"{name} {one.rate:,.0f}/s" for name, one in ran.items()))
    return ran
