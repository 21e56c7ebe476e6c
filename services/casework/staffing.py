"""What the unit of work must look up before it can decide: where staff are registered, and who waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import asyncpg

from services.casework.domain.absence import HandOver, Held, RecordAbsence
from services.casework.domain.assignment import AssignCase, QueueCase, RegisterCaseManager, Waiting, distribute
from services.casework.domain.course import Reconsider
from services.casework.domain.desks import Desk
from services.runtime.decision import Context

_MERGED: Final = "select distinct canonical from alias order by canonical"
_WAITING: Final = """select case_id, person_id, office, opened_on, queued_on is not null as queued
from cases where state = 'open' and case_manager is null"""
_DESKS: Final = """select m.staff_id, m.office, coalesce(m.caseload_limit, $2) as limit,
(select count(*)::int from cases c where c.case_manager = m.staff_id and c.state = 'open') as load,
a.staff_id is not null as absent, a.deputy
from case_manager m left join lateral (select staff_id, deputy from absence
  where staff_id = m.staff_id and since <= $1 and $1 < returns_on order by since desc limit 1) a on true
where m.since <= $1"""
_HELD: Final = """select case_id, person_id, office, opened_on, case_manager, instead_of from cases
where state = 'open' and (instead_of is not null or case_manager = any($1))"""


async def prepare(db: asyncpg.Connection, commands: Sequence[Any], _: Context) -> Sequence[Any]:
    """Two orders about one staff id wait for each other here."""
    about = [one for one in commands if isinstance(one, RegisterCaseManager | RecordAbsence)]
    staff = sorted({one.staff_id for one in about})
    if not staff:
        return commands
    for staff_id in staff:
        await db.execute("select pg_advisory_xact_lock(hashtext('case_manager'), hashtext($1))", staff_id)
    named = [*staff, *(one.deputy for one in about if isinstance(one, RecordAbsence) and one.deputy is not None)]
    rows = await db.fetch("select staff_id, office from case_manager where staff_id = any($1)", named)
    known = {row["staff_id"]: row["office"] for row in rows}
    return [_looked_up(one, known) for one in commands]


def _looked_up(command: Any, known: Mapping[str, str]) -> Any:
    match command:
        case RegisterCaseManager():
            return replace(command, known_office=known.get(command.staff_id))
        case RecordAbsence():
            office, deputys = known.get(command.staff_id), known.get(command.deputy or "")
            return replace(command, known_office=office, deputy_office=deputys)
        case _:
            return command


async def weigh(db: asyncpg.Connection, context: Context) -> Sequence[Reconsider | HandOver | AssignCase | QueueCase]:
    """Once a day, after all timers: merged persons are looked at, absent colleagues' cases are handed over and back,
    then waiting cases get their case managers."""
    merged = [Reconsider(person_id=row["canonical"]) for row in await db.fetch(_MERGED)]
    waiting = [Waiting(**row) for row in await db.fetch(_WAITING)]
    desks = [Desk(**row) for row in await db.fetch(_DESKS, context.today, context.city.caseload_limit)]
    absent = [desk.staff_id for desk in desks if desk.absent]
    held = [Held(**row) for row in await db.fetch(_HELD, absent)]
    return [*merged, *distribute(waiting, held, desks)]
