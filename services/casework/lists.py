"""HTTP: cases, case managers and work items, found by what is said of them and a page at a time."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import col, select

from contracts.words import OfficeId, StaffId, Uuid
from services.casework.paging import DEFAULT, After, Limit, link_next, read_page
from services.casework.reading import business_day, case_lines
from services.casework.tables import AbsenceRow, CaseManagerRow, CaseRow, ItemRow
from services.casework.views import CaseLine
from services.casework.work_views import AbsenceView, CaseManagerView, ItemView
from services.runtime.audit import about
from services.runtime.web import Caller, Reads

router = APIRouter()
Staff = Annotated[StaffId | None, Query()]
Place = Annotated[OfficeId | None, Query()]


@router.get("/case-managers")
async def list_case_managers(reads: Reads, _: Caller, office: Place = None) -> list[CaseManagerView]:
    """With their absences of today and to come."""
    query = select(CaseManagerRow).order_by(CaseManagerRow.staff_id)
    if office is not None:
        query = query.where(CaseManagerRow.office == office)
    away = select(AbsenceRow).where(col(AbsenceRow.returns_on) > await business_day(reads))
    absences = list(await reads.exec(away.order_by(col(AbsenceRow.since))))
    return [
        CaseManagerView(
            staff_id=row.staff_id,
            office=row.office,
            since=row.since,
            caseload_limit=row.caseload_limit,
            absences=[AbsenceView.model_validate(one) for one in absences if one.staff_id == row.staff_id],
        )
        for row in await reads.exec(query)
    ]


@router.get("/cases")
async def list_cases(
    reads: Reads,
    caller: Caller,
    request: Request,
    response: Response,
    *,
    office: Place = None,
    case_manager: Staff = None,
    state: Literal["open", "closed"] | None = None,
    without_plan: bool = False,
    review_overdue: bool = False,
    assigned: bool | None = None,
    after: Uuid | None = None,
    limit: Limit = DEFAULT,
) -> list[CaseLine]:
    """By case id; the header `Link` says where the list goes on.

    `review_overdue`: open cases whose review has come and not taken place, those that wait for a case manager too.
    """
    query = select(CaseRow).order_by(CaseRow.case_id).limit(limit + 1)
    if office is not None:
        query = query.where(CaseRow.office == office)
    if case_manager is not None:
        query = query.where(CaseRow.case_manager == case_manager)
    if state is not None:
        query = query.where(CaseRow.state == state)
    if without_plan:
        query = query.where(col(CaseRow.plan_version).is_(None))
    if review_overdue:
        query = query.where(CaseRow.state == "open", col(CaseRow.review_on) <= await business_day(reads))
    if assigned is not None:
        query = query.where(col(CaseRow.case_manager).is_not(None) == assigned)
    if after is not None:
        query = query.where(CaseRow.case_id > after)
    rows = list(await reads.exec(query))
    link_next(request, response, rows[limit - 1].case_id if len(rows) > limit else None)
    return await case_lines(reads, rows[:limit], caller.department)


@router.get("/reconciliation")
async def list_reconciliation(
    reads: Reads,
    _: Caller,
    request: Request,
    response: Response,
    *,
    resolved: bool | None = None,
    after: After = None,
    limit: Limit = DEFAULT,
) -> list[ItemView]:
    """The list of partner messages that could not be applied, the oldest first; `resolved` false: those still open."""
    query = select(ItemRow)
    if resolved is not None:
        query = query.where(col(ItemRow.resolved_on).is_not(None) == resolved)
    page = await read_page(reads, query, day=ItemRow.opened_on, name=ItemRow.item_id, after=after, limit=limit)
    link_next(request, response, page.after)
    about(reads, (row.person_id for row in page.rows))
    return [ItemView.model_validate(row) for row in page.rows]
