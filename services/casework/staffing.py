"""What the unit of work must look up before it can decide: where staff are registered, and who waits for whom."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import asyncpg

from services.casework.domain.assignment import AssignCase, Desk, QueueCase, RegisterCaseManager, Waiting, rank
from services.casework.domain.course import Reconsider
from services.runtime.decision import Context

_MERGED: Final = "select distinct canonical from alias order by canonical"
_WAITING: Final = """select case_id, person_id, office, opened_on, queued_on is not null as queued
from cases where state = 'open' and case_manager is null"""
_DESKS: Final = """select staff_id, m.office, coalesce(caseload_limit, $2) as limit, count(c.case_id)::int as load
from case_manager m left join cases c on c.case_manager = m.staff_id and c.state = 'open'
where m.since <= $1 group by staff_id"""


async def prepare(db: asyncpg.Connection, commands: Sequence[Any], _: Context) -> Sequence[Any]:
    """Two registrations of one staff id wait for each other here."""
    staff = sorted({one.staff_id for one in commands if isinstance(one, RegisterCaseManager)})
    if not staff:
        return commands
    for staff_id in staff:
        await db.execute("select pg_advisory_xact_lock(hashtext('case_manager'), hashtext($1))", staff_id)
    rows = await db.fetch("select staff_id, office from case_manager where staff_id = any($1)", staff)
    known = {row["staff_id"]: row["office"] for row in rows}
    return [
        replace(one, known_office=known.get(one.staff_id)) if isinstance(one, RegisterCaseManager) else one
        for one in commands
    ]


async def weigh(db: asyncpg.Connection, context: Context) -> Sequence[Reconsider | AssignCase | QueueCase]:
    """Once a day, after all timers: merged persons are looked at, then waiting cases get their case managers."""
    merged = [Reconsider(person_id=row["canonical"]) for row in await db.fetch(_MERGED)]
    waiting = [Waiting(**row) for row in await db.fetch(_WAITING)]
    desks = [Desk(**row) for row in await db.fetch(_DESKS, context.today, context.city.caseload_limit)]
    return [*merged, *rank(waiting, desks)]
