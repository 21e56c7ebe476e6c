"""What a side left in its database, as one digest a table, so that two sides can be compared."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from tests.bench.sides import Unequal

HOP: Final = {
    "state": "select subject, document, due from state order by subject",
    "reference": "select name, subject from reference order by name",
    "toy_counted": "select * from toy_counted order by subject",
    "toy_moved": "select * from toy_moved order by event_id",
    "ledger": "select * from ledger order by topic, subject",
    "outbox": "select topic, partition, key, headers, value from outbox order by key, id",
    "offsets": "select topic, partition, next_offset from consumed_offset where next_offset > 0 order by 1, 2",
}
"""Everything a hop writes; of the outbox each client's messages in their order, headers and bodies byte by byte."""


async def dump(database: str, queries: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """Rows and a digest of them for every query."""
    db = await asyncpg.connect(database)
    try:
        found = {}
        for name, query in queries.items():
            row = await db.fetchrow(f"select count(*), md5(string_agg(md5(t::text), '')) from ({query}) t")
            if row is None:
                raise Unequal(f"{name} has no answer")
            found[name] = row[0], row[1] or ""
        return found
    finally:
        await db.close()


def require_equal(sides: Mapping[str, Mapping[str, tuple[int, str]]]) -> None:
    """Raises `Unequal` with the first table in which two sides differ, and if one has nothing to compare."""
    (first, expected), *others = sides.items()
    if not any(count for count, _ in expected.values()):
        raise Unequal(f"{first} wrote nothing")
    for other, found in others:
        for table, content in expected.items():
            if found.get(table) != content:
                counts = f"{content[0]} rows, {other} {found.get(table, (0, ''))[0]}"
                raise Unequal(f"{table} is not the same: {first} has {counts}")
