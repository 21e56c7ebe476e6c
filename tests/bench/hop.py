"""One hop, record in to outbox row committed, by the runtime and by hand; and how much of it is decisions."""

import statistics
from typing import Any, Final

import asyncpg

from contracts import topics
from services.runtime.migrations import migrate
from tests.bench import people
from tests.bench.bed import Bed
from tests.bench.dumps import HOP, dump, require_equal
from tests.bench.results import Goal, Results
from tests.bench.sides import Ran, run
from tests.bench.stages import DECIDING
from tests.component.runtime import toy

PREFIX: Final = "hop."
PEOPLE: Final = 12_000
RECIPIENTS: Final = 6000
"""For the share of decisions in casework, which more people do not change."""
MOVES: Final = 9
LOTSE: Final = "Lotse"
RAW: Final = "aiokafka getmany by hand"
CONFLUENT: Final = "confluent-kafka by hand"
SIDES: Final = {
    RAW: "tests.bench.peers.raw_aiokafka",
    LOTSE: "tests.bench.consuming",
    CONFLUENT: "tests.bench.peers.confluent",
}


async def measure(bed: Bed, results: Results) -> None:
    records = await people.filled(bed.kafka, PREFIX, topics.PERSON, people.movers(PEOPLE, MOVES))
    people.make_topics(bed.kafka, PREFIX, (topics.CASE, topics.DAY))
    rounds = [await _round(bed, records, number) for number in range(1, bed.rounds + 1)]
    against(results, "hop against aiokafka getmany by hand", rounds, RAW, 0.75)
    against(results, "hop against confluent-kafka by hand", rounds, CONFLUENT, 0.9)
    for name in SIDES:
        results.figure(f"hop, {name}: records per second", statistics.median(one[name].rate for one in rounds))
        results.figure(f"hop, {name}: processor us per record", statistics.median(one[name].cpu_us for one in rounds))
    await _shares(bed, results, records)
    people.drop_topics(bed.kafka, [PREFIX + one.name for one in (topics.PERSON, topics.CASE, topics.DAY)])


def against(results: Results, name: str, rounds: list[dict[str, Ran]], other: str, goal: float) -> None:
    """Speed of Lotse over the other's, round by round."""
    results.ratio(name, [one[LOTSE].rate / one[other].rate for one in rounds], Goal.AT_LEAST, goal)


async def _round(bed: Bed, records: int, number: int) -> dict[str, Ran]:
    """Every side once, on a database of its own; all of them must have written the same."""
    ran, wrote = {}, {}
    for name, module in SIDES.items():
        database = await _prepared(bed, "toy")
        service = ("toy",) if name == LOTSE else ()
        ran[name] = await run(module, *service, bed.kafka, database, PREFIX, str(records))
        wrote[name] = await dump(database, HOP)
        await bed.drop_database(database)
    require_equal(wrote)
    bed.say(f"hop {number}: " + ", ".join(f"{name} {one.rate:,.0f}/s" for name, one in ran.items()))
    return ran


async def _shares(bed: Bed, results: Results, records: int) -> None:
    """What part of the processor's time is `react` and `evolve`, in the toy and in a real service, by samples."""
    toy_profiled = await _profiled(bed, "toy", PREFIX, records)
    results.figure("hop: us per event by stage", by_stage(toy_profiled))
    beginning = await people.filled(bed.kafka, "casework.", topics.PERSON, people.recipients(RECIPIENTS, 4))
    people.make_topics(bed.kafka, "casework.", (topics.IDENTITY, topics.CASE, topics.REFERRAL, topics.DAY))
    real = await _profiled(bed, "casework", "casework.", beginning)
    results.figure("casework: us per event by stage", by_stage(real))
    for name, ran in (("the toy", toy_profiled), ("casework", real)):
        share = ran.more["stages"].get(DECIDING, 0.0)
        results.ratio(f"decide and evolve, share of the hop's processor time: {name}", [share], Goal.AT_MOST, 0.25)


async def _profiled(bed: Bed, service: str, prefix: str, records: int) -> Ran:
    database = await _prepared(bed, service)
    ran = await run("tests.bench.consuming", service, bed.kafka, database, prefix, str(records), "profile")
    await bed.drop_database(database)
    return ran


def by_stage(ran: Ran) -> dict[str, float]:
    shares: dict[str, Any] = ran.more["stages"]
    return {stage: round(share * ran.cpu_us, 2) for stage, share in shares.items()}


async def _prepared(bed: Bed, service: str) -> str:
    """A database with the service's tables, on its first business day."""
    database = await bed.new_database()
    if service == "toy":
        await toy.create_tables(database)
    else:
        await migrate(service, database)
    await begin(database)
    return database


async def begin(database: str) -> None:
    db = await asyncpg.connect(database)
    await db.execute("insert into business_day (id, today) values (1, $1)", people.FIRST_DAY)
    await db.close()
