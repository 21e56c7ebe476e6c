"""Who resembles whom: candidates by keys, each judged by `resemblance.similarity`.

Every identity stands in `identity_block` under a handful of keys, so that a registration looks at those who share one
with it and never at the whole city. A key that very many share says nothing and is not followed: the cost of a
registration does not grow with the number of clients.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import asyncpg

from services.intake.domain.commands import Similar
from services.intake.domain.identity import Identity
from services.intake.domain.resemblance import REVIEWED, keys, similarity

CROWD: Final = 50
"""Persons under one key beyond whom it is not followed."""
_BUCKETS: Final = 64
_LOCKS: Final = 0x107532
"""The advisory locks of this table, apart from every other one."""
_LOCK: Final = "select pg_advisory_xact_lock($1, bucket) from unnest($2::int[]) as bucket"
_ADD: Final = """
insert into identity_block (key, person_id)
select * from unnest($1::bigint[], $2::text[]) as row(key, person_id) order by key, person_id on conflict do nothing"""
_SHARED: Final = """
select wanted.key, found.person_id from unnest($1::bigint[]) as wanted(key)
cross join lateral (select person_id from identity_block where key = wanted.key limit $2) found"""
_IDENTITIES: Final = """
select person_id, given_name, family_name, birth_date, street, house_number, postcode, phone
from identity where person_id = any($1)"""


async def resembling(db: asyncpg.Connection, told: Mapping[str, Identity]) -> dict[str, Similar]:
    """Those whose identity resembles what is told of each person, most alike first.

    The keys are locked (by bucket, in order) until the transaction ends, so that of two who register at the same
    moment the later one sees the other.
    """
    wanted = {person_id: keys(identity) for person_id, identity in told.items()}
    every = sorted({key for found in wanted.values() for key in found})
    if not every:
        return {}
    await db.execute(_LOCK, _LOCKS, sorted({key % _BUCKETS for key in every}))
    rows = sorted((key, person_id) for person_id, found in wanted.items() for key in found)
    await db.execute(_ADD, [key for key, _ in rows], [person_id for _, person_id in rows])
    sharing: dict[int, list[str]] = {}
    for key, person_id in await db.fetch(_SHARED, every, CROWD + 1):
        sharing.setdefault(key, []).append(person_id)
    candidates = {
        person_id: {other for key in found if len(sharing[key]) <= CROWD for other in sharing[key]} - {person_id}
        for person_id, found in wanted.items()
    }
    known = await _known(db, {other for found in candidates.values() for other in found}) | dict(told)
    return {person_id: _alike(told[person_id], found, known) for person_id, found in candidates.items()}


async def _known(db: asyncpg.Connection, persons: set[str]) -> dict[str, Identity]:
    rows = await db.fetch(_IDENTITIES, sorted(persons)) if persons else ()
    return {row["person_id"]: identity_in(row) for row in rows}


def identity_in(row: asyncpg.Record) -> Identity:
    return Identity(**{name: value for name, value in row.items() if name != "person_id"})


def _alike(identity: Identity, others: Iterable[str], known: Mapping[str, Identity]) -> Similar:
    found = [(other, similarity(identity, known[other])) for other in others if other in known]
    return tuple(sorted((one for one in found if one[1] >= REVIEWED), key=lambda one: (-one[1], one[0])))
