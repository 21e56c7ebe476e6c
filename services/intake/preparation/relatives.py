"""Who shares a household with whom a command concerns: if anyone's place in it changes, another may become its head."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import asyncpg

from services.intake.domain.commands import Depart, Erase, JoinHousehold, MergeClients, Register, UndoMerge
from services.intake.preparation.prepared import Prepared

Housed = Register | JoinHousehold | Depart | Erase | MergeClients | UndoMerge
_MERGED: Final = "select name, subject from reference where name = any($1)"
_FAMILIES: Final = """
with recursive up(named, person_id) as (
  select n, n from unnest($1::text[]) as n
  union select up.named, a.canonical from up join alias a on a.subject = up.person_id),
family(named, person_id) as (
  select * from up union select f.named, a.subject from family f join alias a on a.canonical = f.person_id)
select named, person_id from family"""
_HOUSEHOLDS: Final = """
select distinct person_id, household_id from membership where person_id = any($1) and household_id is not null"""
_MEMBERS: Final = "select distinct household_id, person_id from membership where household_id = any($1)"
_LOCK: Final = "select 1 from household where household_id = any($1) order by household_id for update"


async def relatives(db: asyncpg.Connection, commands: Sequence[Prepared]) -> list[Prepared]:
    """Completes what changes households, which stay locked to the end of the transaction; lines of one chunk see each
    other."""
    housed = [c for c in commands if isinstance(c, Housed)]
    if not housed:
        return list(commands)
    merges = [c.merge_id for c in housed if isinstance(c, UndoMerge)]
    merged = {row[0]: row[1] for row in await db.fetch(_MERGED, merges)} if merges else {}
    families: dict[str, set[str]] = {}
    for row in await db.fetch(_FAMILIES, sorted({one for c in housed for one in _named(c, merged)})):
        families.setdefault(row[0], set()).add(row[1])
    homes = await _homes(db, housed, merged, families)
    members: dict[str, set[str]] = {}
    for row in await db.fetch(_MEMBERS, sorted({home for found in homes.values() for home in found})):
        members.setdefault(row[0], set()).add(row[1])
    for person_id, found in homes.items():
        for home in found:
            members.setdefault(home, set()).add(person_id)
    return [
        replace(c, relatives=_relatives(c, merged, families, homes, members)) if isinstance(c, Housed) else c
        for c in commands
    ]


async def _homes(
    db: asyncpg.Connection, housed: Sequence[Housed], merged: dict[str, str], families: dict[str, set[str]]
) -> dict[str, set[str]]:
    """Every household of everyone concerned, locked; asked again if one was added before the lock was there."""
    persons = sorted({one for found in families.values() for one in found})
    joined: dict[str, set[str]] = {}
    for command in housed:
        if isinstance(command, Register | JoinHousehold):
            for named in _named(command, merged):
                for one in families[named]:
                    joined.setdefault(one, set()).add(command.household_id)
    locked: set[str] = set()
    while True:
        homes = {one: set(found) for one, found in joined.items()}
        for row in await db.fetch(_HOUSEHOLDS, persons):
            homes.setdefault(row[0], set()).add(row[1])
        wanted = {home for found in homes.values() for home in found}
        if wanted <= locked:
            return homes
        await db.execute(_LOCK, sorted(wanted - locked))
        locked |= wanted


def _named(command: Housed, merged: dict[str, str]) -> tuple[str, ...]:
    match command:
        case JoinHousehold():
            return (command.person_id, *command.companions)
        case Register() | Depart() | Erase():
            return (command.person_id,)
        case MergeClients():
            return (command.survivor_id, command.loser_id)
        case UndoMerge():
            return (merged[command.merge_id],) if command.merge_id in merged else ()


def _relatives(
    command: Housed,
    merged: dict[str, str],
    families: dict[str, set[str]],
    homes: dict[str, set[str]],
    members: dict[str, set[str]],
) -> tuple[str, ...]:
    persons = {one for named in _named(command, merged) for one in families[named]}
    return tuple(sorted({other for one in persons for home in homes.get(one, ()) for other in members[home]} | persons))
