"""HTTP: who read or wrote about a subject. Asking is an access too, and is recorded as one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from contracts.words import Uuid
from services.runtime.audit import access_of
from services.runtime.runtime import Runtime
from services.runtime.web import Caller

router = APIRouter(tags=["audit"])
_FAMILY: Final = """with recursive up(subject) as (
  select $1::text union select a.canonical from alias a join up on a.subject = up.subject),
family(subject) as (select subject from up
  union select a.subject from alias a join family f on a.canonical = f.subject)
select array_agg(subject) from family"""
_STATES: Final = "select document, (select today from business_day) from state where subject = any($1) order by subject"
_ASKED: Final = """select id, at, day, action, outcome, actor, office, department, purpose, route, named from access
where (subjects && $1::text[] or named && $1::text[]) and day between $2 and $3 and id > $4 order by id limit $5"""
_LAST_ID: Final = 2**63 - 1


class AccessView(BaseModel):
    """`day`: the business day; `at`: the clock. `named`: the ids in the request's address."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    day: date
    action: Literal["read", "write"]
    outcome: Literal["done", "refused"]
    actor: str
    office: str
    department: str
    purpose: str
    route: str
    named: list[str]


class AccessPage(BaseModel):
    """`after`: where the next page begins; None if this is the last."""

    accesses: list[AccessView]
    after: int | None


@router.get("/audit")
async def show_accesses(
    request: Request,
    caller: Caller,
    person: Uuid,
    *,
    begins: Annotated[date, Query(alias="from")] = date.min,
    ends: Annotated[date, Query(alias="to")] = date.max,
    after: Annotated[int, Query(ge=0, le=_LAST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AccessPage:
    """Of all records of that person, by business days, both inclusive; the earliest first. Of whom the asking
    department may not see nothing is told, as of whom there is not."""
    access_of(request).shown.add(person)
    runtime: Runtime[Any] = request.app.state.runtime
    family = await runtime.pool.fetchval(_FAMILY, person)
    if await _closed(runtime, family, caller.department):
        return AccessPage(accesses=[], after=None)
    rows = await runtime.pool.fetch(_ASKED, family, begins, ends, after, limit + 1)
    found = [AccessView.model_validate(dict(row)) for row in rows[:limit]]
    return AccessPage(accesses=found, after=found[-1].id if len(rows) > limit else None)


async def _closed(runtime: Runtime[Any], family: Sequence[str], department: str) -> bool:
    """Whether the person's file is closed to this department: so is who has read it."""
    rows = await runtime.pool.fetch(_STATES, family)
    records = [runtime.codec.validate_python(row[0]) for row in rows]
    return bool(rows) and rows[0][1] is not None and runtime.service.closed(records, department, rows[0][1])
