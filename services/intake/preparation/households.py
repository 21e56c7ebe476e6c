"""Which household a command means."""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from services.intake.domain import registration
from services.intake.domain.commands import JoinHousehold, Register
from services.intake.domain.refusals import UnknownHousehold
from services.intake.domain.rules import chosen_office
from services.intake.preparation.prepared import Prepared, leads
from services.runtime.decision import Context

_CLAIM_NUMBERS = """
insert into household_number (office, number, household_id)
select * from unnest($1::text[], $2::text[], $3::text[]) as row(office, number, household_id) order by office, number
on conflict do nothing"""
_NUMBERS = """
select office, number, household_id from household_number
where (office, number) in (select * from unnest($1::text[], $2::text[]))"""
_HOUSEHOLDS = "select household_id from household where household_id = any($1)"
_OFFICES = "select person_id, office from client where person_id = any($1)"


async def households(db: asyncpg.Connection, commands: Sequence[Prepared], context: Context) -> list[Prepared]:
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
    led = await leads(db, [c.person_id for c in commands if isinstance(c, JoinHousehold)])
    rows = await db.fetch(_OFFICES, sorted(set(led.values()))) if led else ()
    current = {row["person_id"]: row["office"] for row in rows}
    found = {named: current.get(person_id, "") for named, person_id in led.items()}
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
