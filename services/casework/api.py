"""HTTP: what case managers order and ask. Every order is one command in one unit of work."""

from datetime import date, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts import topics
from contracts.words import OfficeId, StaffId, Uuid
from services.casework import bodies
from services.casework.domain.person import Person
from services.casework.domain.reconciliation import ResolveItem
from services.casework.domain.suggestions import Settle
from services.casework.reading import business_day, person_with_case, persons
from services.casework.store import CaseManagerRow, CaseRow, ItemRow, PlanText, SuggestionRow, TimelineEntry
from services.casework.views import (
    CaseLine,
    CaseManagerView,
    CaseView,
    EntryView,
    ItemView,
    PlanTextView,
    SuggestionView,
    Worklist,
)
from services.runtime.problems import BadRequest
from services.runtime.web import Call, Caller, Reads

router = APIRouter()
Id = Annotated[Uuid, Path()]
Staff = Annotated[StaffId | None, Query()]
Place = Annotated[OfficeId | None, Query()]
FEEDBACK_DAYS: Final = 14
"""How far back a work list shows feedback, unless it is asked for more."""
_STAFF: Final[TypeAdapter[str]] = TypeAdapter(StaffId)


def _author(call: Call) -> str:
    """Who answers for what is published and kept: an official's account and nothing else."""
    try:
        return _STAFF.validate_python(call.caller.actor)
    except ValidationError:
        raise BadRequest(
            "invalid_actor", "X-Actor must be a staff id: lower-case letters, digits, '.' and '-'"
        ) from None


@router.post("/case-managers", status_code=201)
async def register_case_manager(body: bodies.CaseManagerBody, call: Call) -> Response:
    """A trained case manager takes from the waiting list with the next day. Registering again sets the limit anew."""
    return await call.execute(body.order(), status=201)


@router.post("/case-managers/{staff_id}/absences", status_code=201)
async def record_absence(staff_id: Annotated[StaffId, Path()], body: bodies.AbsenceBody, call: Call) -> Response:
    """All their open cases go to a deputy with the next day that starts, and back with the day of return."""
    return await call.execute(body.order(staff_id, _author(call)), status=201)


@router.post("/cases/{case_id}/plans", status_code=201)
async def agree_plan(case_id: Id, body: bodies.PlanBody, call: Call) -> Response:
    """A joint plan, or its next version. 422 `incomplete_plan` without strengths, goal, and duties of both sides."""
    return await call.execute(body.order(case_id, _author(call)), status=201)


@router.post("/cases/{case_id}/referrals", status_code=202)
async def refer(case_id: Id, body: bodies.ReferralBody, call: Call) -> Response:
    """Asks for an offer to an agency; whether it leaves is for referrals' gate, and shows at the case."""
    return await call.execute(body.order(case_id), status=202)


@router.post("/referrals/{referral_id}/withdrawal", status_code=202)
async def withdraw_referral(referral_id: Id, body: bodies.WithdrawalBody, call: Call) -> Response:
    """Asks for an offer to be taken back. The agency never learns the reason."""
    return await call.execute(body.order(referral_id), status=202)


@router.post("/cases/{case_id}/close")
async def close_case(case_id: Id, body: bodies.ClosingBody, call: Call) -> Response:
    """By hand `integrated` or `error`; all else is a fact that intake records, which closes the case by itself."""
    return await call.execute(body.order(case_id))


@router.post("/cases/{case_id}/reopen")
async def reopen_case(case_id: Id, body: bodies.ReopeningBody, call: Call) -> Response:
    """The same case goes on, with its history and the day of its first opening, and waits for a case manager."""
    return await call.execute(body.order(case_id))


@router.post("/reconciliation/{item_id}/resolve")
async def resolve_item(item_id: Id, call: Call) -> Response:
    return await call.execute(ResolveItem(item_id=item_id, resolved_by=_author(call)))


@router.post("/suggestions/{item_id}/accept")
async def accept_suggestion(item_id: Id, call: Call) -> Response:
    """Does what is suggested: withdraws the referral (`placed_elsewhere`), reopens the case, or asks for it again."""
    return await call.execute(Settle(item_id=item_id, accept=True, settled_by=_author(call)))


@router.post("/suggestions/{item_id}/decline")
async def decline_suggestion(item_id: Id, call: Call) -> Response:
    """Leaves all as it is; the same is not suggested again."""
    return await call.execute(Settle(item_id=item_id, accept=False, settled_by=_author(call)))


@router.get("/case-managers")
async def list_case_managers(reads: Reads, _: Caller, office: Place = None) -> list[CaseManagerView]:
    query = select(CaseManagerRow).order_by(CaseManagerRow.staff_id)
    if office is not None:
        query = query.where(CaseManagerRow.office == office)
    return [CaseManagerView.model_validate(row) for row in await reads.exec(query)]


@router.get("/cases")
async def list_cases(
    reads: Reads,
    _: Caller,
    *,
    office: Place = None,
    case_manager: Staff = None,
    state: Literal["open", "closed"] | None = None,
    without_plan: bool = False,
    review_overdue: bool = False,
    assigned: bool | None = None,
    after: Uuid | None = None,
    limit: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> list[CaseLine]:
    """By case id: `after` the last one of a page comes the next. Without `limit` all.

    `review_overdue`: open cases whose review has come and not taken place, those that wait for a case manager too.
    """
    query = select(CaseRow).order_by(CaseRow.case_id).limit(limit)
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
    return await _lines(reads, list(await reads.exec(query)))


@router.get("/cases/{case_id}")
async def show_case(case_id: Id, reads: Reads, _: Caller) -> CaseView:
    person = await person_with_case(reads, case_id)
    return CaseView.of(person, person.case(case_id), await business_day(reads))


@router.get("/cases/{case_id}/plans")
async def list_plans(case_id: Id, reads: Reads, _: Caller) -> list[PlanTextView]:
    """Every version, the first one first."""
    person = await person_with_case(reads, case_id)
    texts = await reads.exec(select(PlanText).where(PlanText.case_id == case_id).order_by(col(PlanText.plan_version)))
    agreed = {
        entry.data["plan_version"]: entry
        for entry in await _timeline(reads, [person])
        if entry.type in {"PlanAgreed", "PlanRevised"} and entry.data["case_id"] == case_id
    }
    return [PlanTextView.of(text, agreed[text.plan_version]) for text in texts]


@router.get("/cases/{case_id}/timeline")
async def show_timeline(case_id: Id, reads: Reads, caller: Caller) -> list[EntryView]:
    """Everything known of the client, of all their records, by business date."""
    person = await person_with_case(reads, case_id)
    return [EntryView.of(entry, caller.department) for entry in await _timeline(reads, [person])]


@router.get("/worklist")
async def show_worklist(
    case_manager: Annotated[StaffId, Query()], reads: Reads, caller: Caller, since: date | None = None
) -> Worklist:
    """Of one's open cases: without a plan, reviews due, agencies' feedback dated from `since` on. Work items of closed
    cases too: whoever had them last answers for them."""
    mine = select(CaseRow).where(CaseRow.case_manager == case_manager)
    held = list(await reads.exec(mine.order_by(CaseRow.case_id)))
    rows = [row for row in held if row.state == "open"]
    lines = await _lines(reads, rows)
    people = list((await persons(reads, [row.person_id for row in rows])).values())
    start = since or await business_day(reads) - timedelta(days=FEEDBACK_DAYS)
    cases = [row.case_id for row in held]
    items, suggested = await _items(reads, cases), await _suggestions(reads, cases)
    return Worklist(
        without_plan=[line for line in lines if line.plan_version is None],
        due_reviews=[line for line in lines if line.review_overdue],
        feedback=[
            EntryView.of(entry, caller.department)
            for entry in await _timeline(reads, people, since=start, topic=topics.REFERRAL.name)
            if "message_id" in entry.data
        ],
        reconciliation=[item for item in items if item.resolved_on is None],
        suggestions=[one for one in suggested if one.settled_on is None],
    )


@router.get("/reconciliation")
async def list_reconciliation(reads: Reads, _: Caller, *, resolved: bool | None = None) -> list[ItemView]:
    """The list of partner messages that could not be applied; `resolved` false: those still open."""
    items = await _items(reads)
    return [item for item in items if resolved is None or (item.resolved_on is not None) is resolved]


async def _lines(reads: AsyncSession, rows: list[CaseRow]) -> list[CaseLine]:
    today = await business_day(reads)
    people = await persons(reads, [row.person_id for row in rows])
    return [CaseLine.of(people[row.person_id], people[row.person_id].case(row.case_id), today) for row in rows]


async def _items(reads: AsyncSession, case_ids: list[str] | None = None) -> list[ItemView]:
    query = select(ItemRow).order_by(col(ItemRow.opened_on), col(ItemRow.item_id))
    if case_ids is not None:
        query = query.where(col(ItemRow.case_id).in_(case_ids))
    return [ItemView.model_validate(row) for row in await reads.exec(query)]


async def _suggestions(reads: AsyncSession, case_ids: list[str]) -> list[SuggestionView]:
    query = select(SuggestionRow).where(col(SuggestionRow.case_id).in_(case_ids))
    order = (col(SuggestionRow.made_on), col(SuggestionRow.item_id))
    return [SuggestionView.model_validate(row) for row in await reads.exec(query.order_by(*order))]


async def _timeline(
    reads: AsyncSession, people: list[Person], *, since: date = date.min, topic: str | None = None
) -> list[TimelineEntry]:
    names = sorted({member.person_id for person in people for member in person.members})
    entry = TimelineEntry
    query = select(entry).where(col(entry.person_id).in_(names), col(entry.occurred_on) >= since)
    if topic is not None:
        query = query.where(entry.topic == topic)
    order = (col(entry.occurred_on), col(entry.topic), col(entry.sequence), col(entry.event_id))
    return list(await reads.exec(query.order_by(*order)))
