"""The relay: a filled outbox onto the topic, against one row a transaction and against sending without a database."""

import statistics
from collections.abc import Iterable
from typing import Final

import asyncpg

from contracts import topics
from services.runtime.outgoing import OutboxRow, Outgoing
from tests.bench import log, people
from tests.bench.bed import Bed
from tests.bench.hop import LOTSE, against
from tests.bench.results import Results
from tests.bench.sides import Ran, Unequal, run
from tests.component.runtime import toy

TOPIC: Final = topics.PERSON
PEOPLE: Final = 6000
MOVES: Final = 9
CHUNK: Final = 2000
FEW: Final = 500
"""Rows that are relayed one by one: all of them would take minutes, and each costs the same."""
BARE: Final = "send_batch without a database"
SLOW: Final = "one row a transaction"
SIDES: Final = {
    SLOW: "tests.bench.peers.row_by_row",
    LOTSE: "tests.bench.relaying",
    BARE: "tests.bench.peers.send_batch",
}
_FILL: Final = """insert into outbox (topic, partition, key, headers, value, written_at)
select t, p, k, h, v, now() from unnest($1::text[], $2::int[], $3::bytea[], $4::text[], $5::bytea[])
with ordinality as row(t, p, k, h, v, n) order by n"""

Content = dict[int, list[tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]]]
"""By partition: keys, values and headers in order."""


async def measure(bed: Bed, results: Results) -> None:
    rows = list(_outbox())
    rounds = [await _round(bed, rows, number) for number in range(1, bed.rounds + 1)]
    against(results, "relay against one row a transaction", rounds, SLOW, 150)
    against(results, "relay against send_batch without a database", rounds, BARE, 0.7)
    for name in SIDES:
        results.figure(f"relay, {name}: records per second", statistics.median(one[name].rate for one in rounds))


def _outbox() -> Iterable[OutboxRow]:
    """The rows that a service would have written, with every header."""
    for number, event in enumerate(people.movers(PEOPLE, MOVES)):
        one = Outgoing(TOPIC, event, f"{number:036}", None, f"{number:036}", f"{number:036}")
        yield one.row(
            source="/lotse/intake", sequence=1 + number // PEOPLE, recorded=people.FIRST_DAY, layout=people.LAYOUT
        )


async def _round(bed: Bed, rows: list[OutboxRow], number: int) -> dict[str, Ran]:
    """Every side once, to a topic of its own; all of them must have sent the same records, in order."""
    ran: dict[str, Ran] = {}
    sent: dict[str, Content] = {}
    for place, (name, module) in enumerate(SIDES.items()):
        prefix = f"relay{number}.{place}."
        count = FEW if name == SLOW else len(rows)
        people.make_topics(bed.kafka, prefix, (TOPIC,))
        database = await _filled(bed, rows)
        ran[name] = await run(module, bed.kafka, database, prefix, str(count))
        sent[name] = await _content(bed.kafka, prefix)
        await bed.drop_database(database)
        people.drop_topics(bed.kafka, [prefix + TOPIC.name])
    require_same(sent, rows)
    bed.say(f"relay {number}: " + ", ".join(f"{name} {one.rate:,.0f}/s" for name, one in ran.items()))
    return ran


async def _filled(bed: Bed, rows: list[OutboxRow]) -> str:
    database = await bed.new_database()
    await toy.create_tables(database)
    db = await asyncpg.connect(database)
    for first in range(0, len(rows), CHUNK):
        await db.execute(_FILL, *(list(column) for column in zip(*rows[first : first + CHUNK], strict=True)))
    await db.execute("vacuum analyze outbox")
    await db.close()
    return database


def require_same(sent: dict[str, Content], rows: list[OutboxRow]) -> None:
    """Raises `Unequal`: the relay sent all rows, as the bare sender did; the slow one the first of them."""
    if sent[LOTSE] != sent[BARE] or sum(len(found) for found in sent[LOTSE].values()) != len(rows):
        raise Unequal("the relay's topic is not the bare sender's")
    if sum(len(found) for found in sent[SLOW].values()) != FEW:
        raise Unequal(f"row by row did not send {FEW} records")
    for partition, found in sent[SLOW].items():
        if sent[LOTSE][partition][: len(found)] != found:
            raise Unequal(f"row by row sent other records to partition {partition}")


async def _content(kafka: str, prefix: str) -> Content:
    """All of the topic under this prefix."""
    found: Content = {}
    for one in await log.everything(kafka, prefix, (TOPIC,)):
        found.setdefault(one.partition, []).append((one.key, one.value, tuple(one.headers)))
    return found
