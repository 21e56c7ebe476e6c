"""What an erasure deletes: whatever a service's tables hold of a subject, at once and whenever more of it arrives.

A service's statements are made by `deletes` and `renames`, or written with the same parameters: $1 the erased
subjects, $2 their pseudonyms, in the same order, $3 every id that led to them, themselves included, $4 the others
whose records named them. A pseudonym is derived in the installation's secret namespace, so that a replay gives the
same one, services differ in it, and nothing leads from it to the subject.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from services.runtime.database import reads_whole, upsert_models
from services.runtime.outgoing import Ids
from services.runtime.runtime import Runtime

_GIVEN: Final = """with gone(subject, pseudonym) as (select * from unnest($1::text[], $2::text[])),
  named(name) as (select unnest($3::text[])), other(subject) as (select unnest($4::text[]))"""
_FEW: Final = 3
"""Erased at a time: not every table has an index for it, and each would be read once for everybody."""
_REFERENCES: Final = "delete from reference where subject = any($1) and name <> all($2)"
_ANSWERS: Final = """update command set response = regexp_replace(response, $1, 'erased', 'g') where response ~ $1"""
"""A repeat of a request gets its answer still, with a word in the place of the ids."""


def deletes(table: str, *columns: str) -> str:
    """Rows that hold an id of an erased subject in one of these columns."""
    return f"{_GIVEN} delete from {table} where {' or '.join(f'{one} = any($3::text[])' for one in columns)}"


def renames(table: str, *columns: str) -> tuple[str, ...]:
    """The rows stay, with the pseudonym in the place of the subject."""
    return tuple(f"{_GIVEN} update {table} set {one} = pseudonym from gone where {one} = subject" for one in columns)


def forgets(table: str, where: str) -> str:
    """Rows of `table` for which a condition on `gone`, `named` and `other` holds."""
    return f"{_GIVEN} delete from {table} where {where}"


def pseudonym(runtime: Runtime[Any], subject: str) -> str:
    return Ids(runtime.settings.namespace, f"{runtime.service.name}/erased/{subject}")()


async def erased_among(db: asyncpg.Connection, runtime: Runtime[Any], subjects: Iterable[str]) -> list[str]:
    """Who of these was erased before, in a service without states."""
    table = runtime.service.erased
    if table is None:
        return []
    named = {pseudonym(runtime, subject): subject for subject in subjects}
    query = f"select person_id from {table.__tablename__} where person_id = any($1)"
    return [named[row[0]] for row in await db.fetch(query, list(named))]


async def erase(
    db: asyncpg.Connection,
    runtime: Runtime[Any],
    subjects: Sequence[str],
    *,
    names: Collection[str],
    kept: Collection[str] = (),
    others: Collection[str] = (),
) -> None:
    """Repeatable. `names`: ids that led to them; `kept`: those that still do."""
    every = sorted({*subjects, *names})
    await rows_of(db, runtime, subjects, names=every, others=others)
    if runtime.service.initial is not None:
        await db.execute(_REFERENCES, list(subjects), list(kept))
        await db.execute(_ANSWERS, "|".join(every))  # ids are hexadecimal digits and hyphens


async def rows_of(
    db: asyncpg.Connection,
    runtime: Runtime[Any],
    subjects: Sequence[str],
    *,
    names: Sequence[str],
    others: Collection[str] = (),
) -> None:
    """What the service's own statements say."""
    pseudonyms = [pseudonym(runtime, subject) for subject in subjects]
    if len(subjects) > _FEW:
        await reads_whole(db)
    for statement in runtime.service.erasures:
        await db.execute(statement, list(subjects), pseudonyms, list(names), list(others))


async def left_of(db: asyncpg.Connection, runtime: Runtime[Any], states: Mapping[str, Any]) -> None:
    """The rows of these erased subjects' states, if they have any left."""
    await upsert_models(db, [row for subject in sorted(states) for row in runtime.service.index(states[subject])])
