"""What commands must know before their targets can be named, looked up for a whole chunk in its own transaction.

Locks are taken in one order (identities, identity keys, household numbers, households, each sorted), before those of
the states, so that chunks that meet wait for each other and never in a circle.
"""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from services.intake.domain import registration
from services.intake.domain.belonging import identity_after
from services.intake.domain.commands import Command, Correct, JoinHousehold, Move, PayHousehold, Register, Similar
from services.intake.domain.identity import SAME_IDENTITY, SAME_NAME, Identity
from services.intake.domain.refusals import UnknownHousehold
from services.intake.domain.rules import chosen_office
from services.intake.payments import shares
from services.runtime.decision import Context, Refusal

Prepared = Command | Refusal

_LEADS = """
with recursive lead(named, person_id) as (
  select n, n from unnest($1::text[]) as n
  union select l.named, a.canonical from lead l join alias a on a.subject = l.person_id)
select named, person_id from lead where not exists (select from alias where subject = lead.person_id)"""
"""Whom merged ids lead to."""
_IDENTITIES = """
select person_id, given_name, family_name, birth_date, street, house_number, postcode, phone
from identity where person_id = any($1) order by person_id for update"""
_CLAIM_IDENTITIES = """
insert into identity_key (digest, likeness, person_id)
select * from unnest($1::text[], $2::text[], $3::text[]) as row(digest, likeness, person_id) order by digest
on conflict do nothing"""
_OWNERS = "select digest, person_id from identity_key where digest = any($1)"
_ALIKE = "select likeness, person_id from identity_key where likeness = any($1) order by person_id"
_CLAIM_NUMBERS = """
insert into household_number (office, number, household_id)
select * from unnest($1::text[], $2::text[], $3::text[]) as row(office, number, household_id) order by office, number
on conflict do nothing"""
_NUMBERS = """
select office, number, household_id from household_number
where (office, number) in (select * from unnest($1::text[], $2::text[]))"""
_HOUSEHOLDS = "select household_id from household where household_id = any($1)"
_LOCK_HOUSEHOLDS = f"{_HOUSEHOLDS} order by household_id for update"
_OFFICES = "select person_id, office from client where person_id = any($1)"


async def prepare(db: asyncpg.Connection, commands: Sequence[Command], context: Context) -> list[Prepared]:
    """The same commands, completed; a refusal in place of one that cannot be."""
    found: list[Prepared] = [_checked(command, context) for command in commands]
    found = await _identities(db, found, context)
    found = await _households(db, found, context)
    return await _payments(db, found)


def _checked(command: Command, context: Context) -> Prepared:
    """A registration that will be refused anyway reserves no id."""
    if isinstance(command, Register):
        try:
            registration.check(command, context)
        except Refusal as refusal:
            return refusal
    return command


async def _identities(db: asyncpg.Connection, commands: Sequence[Prepared], context: Context) -> list[Prepared]:
    changes = [c for c in commands if isinstance(c, Move | Correct)]
    registers = [c for c in commands if isinstance(c, Register)]
    if not changes and not registers:
        return list(commands)
    leads = await _leads(db, [c.person_id for c in changes])
    stored = {
        row["person_id"]: Identity(**{name: value for name, value in row.items() if name != "person_id"})
        for row in (await db.fetch(_IDENTITIES, sorted(set(leads.values()))) if changes else ())
    }
    completed = [_complete(command, leads, stored, context) for command in commands]
    claimed = {
        c.identity.digest: (c.identity, c.person_id)
        for c in reversed(completed)
        if isinstance(c, Register | Move | Correct) and c.identity is not None
    }
    owners, alike = await _claim(db, claimed)
    return [_identified(command, owners, alike) for command in completed]


def _complete(command: Prepared, leads: dict[str, str], stored: dict[str, Identity], context: Context) -> Prepared:
    """A new id for whoever may be new; the whole identity for whose identity changes, in the order of the lines."""
    match command:
        case Register():
            return replace(command, person_id=context.new_id())
        case Move() | Correct():
            person_id = leads.get(command.person_id, command.person_id)
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


async def _households(db: asyncpg.Connection, commands: Sequence[Prepared], context: Context) -> list[Prepared]:
    joining = [c for c in commands if isinstance(c, Register | JoinHousehold)]
    if not joining:
        return list(commands)
    offices = await _offices(db, joining, context)
    numbers = {(offices[c.person_id], c.household.number) for c in joining if c.household.number is not None}
    numbered = await _numbered(db, sorted(numbers), context)
    named = sorted({c.household.household_id for c in joining if c.household.household_id is not None})
    existing = {row["household_id"] for row in await db.fetch(_HOUSEHOLDS, named)} if named else set()
    return [
        _housed(command, offices, numbered, existing, context)
        if isinstance(command, Register | JoinHousehold)
        else command
        for command in commands
    ]


async def _offices(
    db: asyncpg.Connection, commands: Sequence[Register | JoinHousehold], context: Context
) -> dict[str, str]:
    """The office whose household numbers a command means, by person."""
    leads = await _leads(db, [c.person_id for c in commands if isinstance(c, JoinHousehold)])
    rows = await db.fetch(_OFFICES, sorted(set(leads.values()))) if leads else ()
    current = {row["person_id"]: row["office"] for row in rows}
    found = {named: current.get(person_id, "") for named, person_id in leads.items()}
    for one in commands:
        if isinstance(one, Register):
            on = registration.registered_on(one, context.today)
            found[one.person_id] = chosen_office(context.city, one.district, one.office, on).id
    return found


async def _numbered(
    db: asyncpg.Connection, numbers: Sequence[tuple[str, str]], context: Context
) -> dict[tuple[str, str], str]:
    if not numbers:
        return {}
    offices, names = [office for office, _ in numbers], [name for _, name in numbers]
    await db.execute(_CLAIM_NUMBERS, offices, names, [context.new_id() for _ in numbers])
    return {(row[0], row[1]): row[2] for row in await db.fetch(_NUMBERS, offices, names)}


def _housed(
    command: Register | JoinHousehold,
    offices: dict[str, str],
    numbered: dict[tuple[str, str], str],
    existing: set[str],
    context: Context,
) -> Prepared:
    choice = command.household
    if choice.household_id is not None:
        if choice.household_id not in existing:
            return UnknownHousehold()
        return replace(command, household_id=choice.household_id)
    if choice.number is not None:
        return replace(command, household_id=numbered[offices[command.person_id], choice.number])
    return replace(command, household_id=context.new_id())


async def _payments(db: asyncpg.Connection, commands: Sequence[Prepared]) -> list[Prepared]:
    """What each household is still owed; nothing to the second of two commands for one household and month."""
    paying = [c for c in commands if isinstance(c, PayHousehold)]
    if not paying:
        return list(commands)
    households = sorted({c.household_id for c in paying})
    existing = {row["household_id"] for row in await db.fetch(_LOCK_HOUSEHOLDS, households)}
    owed = {
        (month, household_id): due
        for month in sorted({c.month for c in paying})
        for household_id, due in (await shares(db, month, sorted(existing))).items()
    }
    found: list[Prepared] = []
    for command in commands:
        if not isinstance(command, PayHousehold):
            found.append(command)
        elif command.household_id not in existing:
            found.append(UnknownHousehold())
        else:
            found.append(replace(command, shares=owed.pop((command.month, command.household_id), ())))
    return found


async def _leads(db: asyncpg.Connection, named: Sequence[str]) -> dict[str, str]:
    return {row[0]: row[1] for row in await db.fetch(_LEADS, sorted(set(named)))} if named else {}
