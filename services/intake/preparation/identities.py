"""Whose a name, birth date and address are, and whose resemble them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import asyncpg

from services.intake.domain.belonging import identity_after
from services.intake.domain.commands import Correct, Move, Register, Similar
from services.intake.domain.identity import SAME_IDENTITY, Identity
from services.intake.preparation.prepared import Prepared, leads
from services.intake.preparation.resembling import identity_in, resembling
from services.runtime.decision import Context

_IDENTITIES: Final = """
select person_id, given_name, family_name, birth_date, street, house_number, postcode, phone
from identity where person_id = any($1) order by person_id for update"""
_CLAIM_IDENTITIES: Final = """
insert into identity_key (digest, person_id)
select * from unnest($1::text[], $2::text[]) as row(digest, person_id) order by digest on conflict do nothing"""
_OWNERS: Final = "select digest, person_id from identity_key where digest = any($1)"


async def identities(db: asyncpg.Connection, commands: Sequence[Prepared], context: Context) -> list[Prepared]:
    """Completes what names a person: the id of whom it is already, or a new one, and those who resemble them."""
    changes = [c for c in commands if isinstance(c, Move | Correct)]
    registers = [c for c in commands if isinstance(c, Register)]
    if not changes and not registers:
        return list(commands)
    led = await leads(db, [c.person_id for c in changes])
    stored = {
        row["person_id"]: identity_in(row)
        for row in (await db.fetch(_IDENTITIES, sorted(set(led.values()))) if changes else ())
    }
    completed = [_complete(command, led, stored, context) for command in commands]
    owners = await _claim(db, completed)
    owned = [_owned(command, owners) for command in completed]
    told = {c.person_id: c.identity for c in owned if isinstance(c, Register | Move | Correct) and c.identity}
    alike = await resembling(db, told)
    return [_compared(command, owners, alike) for command in owned]


def _complete(command: Prepared, led: dict[str, str], stored: dict[str, Identity], context: Context) -> Prepared:
    """A new id for whoever may be new; the whole identity for whose identity changes, in the order of the lines."""
    match command:
        case Register():
            return replace(command, person_id=context.new_id())
        case Move() | Correct():
            person_id = led.get(command.person_id, command.person_id)
            before = stored.get(person_id)
            after = None if before is None else identity_after(command, before)
            if after is not None:
                stored[person_id] = after
            return replace(command, person_id=person_id, identity=None if after == before else after)
        case _:
            return command


async def _claim(db: asyncpg.Connection, commands: Sequence[Prepared]) -> dict[str, str]:
    """Whose each identity is, by digest: the first to claim it."""
    claimed = {
        c.identity.digest: c.person_id
        for c in reversed(commands)
        if isinstance(c, Register | Move | Correct) and c.identity is not None
    }
    digests = sorted(claimed)
    await db.execute(_CLAIM_IDENTITIES, digests, [claimed[digest] for digest in digests])
    return {row["digest"]: row["person_id"] for row in await db.fetch(_OWNERS, digests)}


def _owned(command: Prepared, owners: dict[str, str]) -> Prepared:
    return replace(command, person_id=owners[command.identity.digest]) if isinstance(command, Register) else command


def _compared(command: Prepared, owners: dict[str, str], alike: dict[str, Similar]) -> Prepared:
    """Whose identity another one already has is that one for certain."""
    if not isinstance(command, Register | Move | Correct) or command.identity is None:
        return command
    owner = owners[command.identity.digest]
    same = ((owner, SAME_IDENTITY),) if owner != command.person_id else ()
    others = tuple(one for one in alike.get(command.person_id, ()) if one[0] != owner)
    return replace(command, similar=(*same, *others))
