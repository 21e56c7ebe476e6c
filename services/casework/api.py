"""HTTP: what case managers order and ask. Every order is one command in one unit of work."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from pydantic import TypeAdapter, ValidationError

from contracts.words import StaffId, Uuid
from services.casework import bodies, lists, search, worklist
from services.casework.domain.reconciliation import ResolveItem
from services.casework.domain.suggestions import Settle
from services.casework.file import printed
from services.casework.reading import TheCity, business_day, person_with_case, plans_of, story, told
from services.casework.views import CaseView, PlanTextView
from services.casework.work_views import EntryView
from services.runtime.problems import BadRequest
from services.runtime.web import Call, Caller, Reads

router = APIRouter()
for part in (lists, search, worklist, printed):
    router.include_router(part.router)
Id = Annotated[Uuid, Path()]
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


@router.get("/cases/{case_id}")
async def show_case(case_id: Id, reads: Reads, caller: Caller) -> CaseView:
    person = await person_with_case(reads, case_id, caller.department)
    return CaseView.of(person, person.case(case_id), await business_day(reads))


@router.get("/cases/{case_id}/plans")
async def list_plans(case_id: Id, reads: Reads, caller: Caller) -> list[PlanTextView]:
    """Every version, the first one first."""
    person = await person_with_case(reads, case_id, caller.department)
    return await plans_of(reads, case_id, await story(reads, person))


@router.get("/cases/{case_id}/timeline")
async def show_timeline(case_id: Id, reads: Reads, caller: Caller, city: TheCity) -> list[EntryView]:
    """The client's whole story, of all their records, in the order of business dates and in plain words."""
    person = await person_with_case(reads, case_id, caller.department)
    return told(person, await story(reads, person), caller.department, city)
