"""Whose a name, birth date and address are, and whose resemble them."""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from services.intake.domain.belonging import identity_after
from services.intake.domain.commands import Correct, Move, Register, Similar
from services.intake.domain.identity import SAME_IDENTITY, SAME_NAME, Identity
from services.intake.preparation.prepared import Prepared, leads
from services.runtime.decision import Context

_IDENTITIES = """
select person_id, given_name, family_name, birth_date, street, house_number, postcode, phone
from identity where person_id = any($1) order by person_id for update"""
_CLAIM_IDENTITIES = """
insert into identity_key (digest, likeness, person_id)
select * from unnest($1::text[], $2::text[], $3::text[]) as row(digest, likeness, person_id) order by digest
on conflict do nothing"""
_OWNERS = "select digest, person_id from identity_key where digest = any($1)"
_ALIKE = "select likeness, person_id from identity_key where likeness = any($1) order by person_id"


async def identities(db: asyncpg.Connection, commands: Sequence[Prepared], context: Context) -> list[Prepared]:
    changes = [c for c in commands if isinstance(c, Move | Correct)]
    registers = [c for c in commands if isinstance(c, Register)]
    if not changes and not registers:
        return list(commands)
    led = await leads(db, [c.person_id for c in changes])
    stored = {
        row["person_id"]: Identity(**{name: value for name, value in row.items() if name != "person_id"})
        for row in (await db.fetch(_IDENTITIES, sorted(set(led.values()))) if changes else ())
    }
    completed = [_complete(command, led, stored, context) for command in commands]
    claimed = {
        c.identity.digest: (c.identity, c.person_id)
        for c in reversed(completed)
        if isinstance(c, Register | Move | Correct) and c.identity is not None
    }
    owners, alike = await _claim(db, claimed)
    return [_identified(command, owners, alike) for command in completed]


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


async def _claim(
    db: asyncpg.Connection, claimed: dict[str, tuple[Identity, str]]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Whose each identity is, by digest: the first to claim it; and the owners of similar ones, by likeness."""
    digests = sorted(claimed)
    likenesses = [claimed[digest][0].likeness for digest in digests]
    await db.execute(_CLAIM_IDENTITIES, digests, likenesses, [claimed[digest][1] for digest in digests])
    owners = {row["digest"]: row["person_id"] for row in await db.fetch(_OWNERS, digests)}
    alike: dict[str, list[str]] = {}
    for row in await db.fetch(_ALIKE, sorted(set(likenesses))):
        alike.setdefault(row["likeness"], []).append(row["person_id"])
    return owners, alike


def _identified(command: Prepared, owners: dict[str, str], alike: dict[str, list[str]]) -> Prepared:
    if not isinstance(command, Register | Move | Correct) or command.identity is None:
        return command
    owner = owners[command.identity.digest]
    person_id = owner if isinstance(command, Register) else command.person_id
    others = dict.fromkeys(alike[command.identity.likeness], SAME_NAME) | {owner: SAME_IDENTITY}
    similar: Similar = tuple(sorted((one, similarity) for one, similarity in others.items() if one != person_id))
    if isinstance(command, Register):
        return replace(command, person_id=person_id, similar=similar)
    return replace(command, similar=similar)
