"""Birth dates, which stand in no event: for triage at an assessment, and on a birthday that changes what it decides."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import asyncpg

from contracts.words import Department
from services.intake.domain.commands import AssessAbility, Retriage
from services.intake.domain.rules import GROWN_UP, OLD, birthday
from services.intake.preparation.prepared import Prepared, leads
from services.runtime.decision import Context

_BORN: Final = "select person_id, birth_date from identity where person_id = any($1)"
_OLDER: Final = """
select c.person_id, i.birth_date, c.departments_since from client c join identity i using (person_id)
where c.departments @> $1 and c.departments_since < $2 and i.birth_date <= $3
and (c.departed_on is null or c.departed_on > $2) and not exists (select from alias where subject = c.person_id)
order by c.person_id"""


async def ages(db: asyncpg.Connection, commands: Sequence[Prepared]) -> list[Prepared]:
    """Completes assessments with the client's birth date."""
    named = [c.person_id for c in commands if isinstance(c, AssessAbility)]
    if not named:
        return list(commands)
    led = await leads(db, named)
    born = {row["person_id"]: row["birth_date"] for row in await db.fetch(_BORN, sorted(set(led.values())))}
    return [replace(c, birth_date=born.get(led[c.person_id])) if isinstance(c, AssessAbility) else c for c in commands]


async def growing_older(db: asyncpg.Connection, context: Context) -> Sequence[Retriage]:
    """Once a day: those whose departments were assigned before their 18th or 65th birthday, which has come.

    No state can name that day: a full birth date is on no topic from which a state could be rebuilt. Whoever is parked
    on their birthday, or turns out to have been older, is found on a later day.
    """
    found: dict[str, Retriage] = {}
    for department, years in ((Department.YOUNG_PEOPLE, GROWN_UP), (Department.ECONOMIC_ASSISTANCE, OLD)):
        born_by = date(context.today.year - years, 12, 31)
        for row in await db.fetch(_OLDER, [department.value], context.today, born_by):
            if row["departments_since"] < birthday(row["birth_date"], years) <= context.today:
                found[row["person_id"]] = Retriage(person_id=row["person_id"], birth_date=row["birth_date"])
    return [found[person_id] for person_id in sorted(found)]
