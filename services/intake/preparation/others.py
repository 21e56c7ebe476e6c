"""Which records of other persons name one who is to be erased: they are locked, and name nobody afterwards."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import asyncpg

from services.intake.domain.commands import Erase
from services.intake.preparation.prepared import Prepared

_NAMED: Final = "select document -> 'merges', document -> 'possible_duplicates' from state where subject = any($1)"


async def others(db: asyncpg.Connection, commands: Sequence[Prepared]) -> list[Prepared]:
    """Completes erasures; `relatives` are known and hold all of the person's records."""
    return [replace(c, others=await _others(db, c)) if isinstance(c, Erase) else c for c in commands]


async def _others(db: asyncpg.Connection, command: Erase) -> tuple[str, ...]:
    found: set[str] = set()
    for merges, duplicates in await db.fetch(_NAMED, [*command.targets]):
        found |= {merge[side] for merge in merges or () for side in ("survivor_id", "loser_id")}
        found |= set(duplicates or ())
    return tuple(sorted(found - set(command.targets)))
