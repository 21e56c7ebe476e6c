"""HTTP: a body becomes a command, and the command goes through the unit of work. Reads: reading.py."""

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Response
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col, or_, select

from contracts.words import StaffId, Uuid
from services.intake import reading
from services.intake.bodies import bulk, people, support
from services.intake.bodies.base import InvalidActor
from services.intake.domain import aid, registration
from services.intake.domain import commands as told
from services.intake.preparation.payments import days_of
from services.intake.tables import (
    BenefitRow,
    ClientRow,
    MembershipRow,
)
from services.runtime.tables import BusinessDay
from services.runtime.web import Call, Reads

router = APIRouter()
router.include_router(reading.router)
Id = Annotated[Uuid, Path()]
_STAFF: Final[TypeAdapter[str]] = TypeAdapter(StaffId)
_NDJSON: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}
}


def _author(call: Call) -> str:
    """Who answers for a fact; published, so it must be an official's account and nothing else."""
    try:
        return _STAFF.validate_python(call.caller.actor)
    except ValidationError:
        raise InvalidActor from None


@router.post("/clients", status_code=201)
async def register(body: people.RegisterBody, call: Call) -> Response:
    """Registers a client, or says who the person is already: 201 `registered`, 200 `known`."""
    response = await call.execute(body.register_by(_author(call)), status=201)
    if orjson.loads(response.body)["status"] == registration.KNOWN:
        response.status_code = 200
    return response


@router.post("/bulk", openapi_extra=_NDJSON)
async def import_lines(call: Call) -> Response:
    """NDJSON, a command a line (see README.md). `results` has the ids that lines led to.

    With `Accept: application/x-ndjson` the answer comes while the lines do: a `progress` after each chunk that is
    committed, at last the `report`, or the `problem` that ended it.
    """
    author = _author(call)
    return await call.bulk(lambda line: bulk.parse(line, author))


@router.post("/transfers")
async def transfer_everyone(body: people.TransferBody, call: Call, reads: Reads) -> Response:
    """Moves every client to the office that is responsible for their district on that day; again, nothing."""
    active = or_(col(ClientRow.departed_on).is_(None), col(ClientRow.departed_on) > body.on)
    found = await reads.exec(select(ClientRow.person_id).where(active).order_by(ClientRow.person_id))
    return await call.bulk_commands(
        [told.Transfer(person_id=person_id, on=body.on, reason=body.reason) for person_id in found]
    )


@router.post("/payment-runs")
async def pay_everyone(body: support.PaymentBody, call: Call, reads: Reads) -> Response:
    """Pays every household whose benefits are in force on a day of the month. Again, it pays nothing."""
    if (day := (await reads.exec(select(BusinessDay))).first()) is not None:
        aid.payable(body.month, day.today)
    first, last = days_of(body.month)
    found = await reads.exec(
        select(MembershipRow.household_id)
        .join(BenefitRow, col(BenefitRow.person_id) == MembershipRow.person_id)
        .where(col(MembershipRow.household_id).is_not(None))
        .where(BenefitRow.since <= last)
        .where(or_(col(BenefitRow.until).is_(None), col(BenefitRow.until) > first))
        .distinct()
        .order_by(MembershipRow.household_id)
    )
    return await call.bulk_commands(
        [told.PayHousehold(household_id=household, month=body.month) for household in found if household]
    )


@router.post("/households/{household_id}/payments")
async def pay_household(household_id: Id, body: support.PaymentBody, call: Call) -> Response:
    return await call.execute(told.PayHousehold(household_id=household_id, month=body.month))


@router.post("/payments/{payment_id}/reversal")
async def reverse_payment(payment_id: Id, call: Call) -> Response:
    """Takes back a payment that was made in error, once; what the month still owes is paid by the next payment."""
    return await call.execute(told.ReversePayment(payment_id=payment_id, author=_author(call)))


@router.post("/clients/{person_id}/moves")
async def move(person_id: Id, body: people.MoveBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor))


@router.post("/clients/{person_id}/corrections")
async def correct(person_id: Id, body: people.CorrectionBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor))


@router.post("/clients/{person_id}/household")
async def join_household(person_id: Id, body: people.JoinHouseholdBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor))


@router.post("/clients/{person_id}/departments")
async def assign_departments(person_id: Id, body: people.DepartmentsBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor))


@router.post("/clients/{person_id}/departures")
async def depart(person_id: Id, body: people.DepartureBody, call: Call) -> Response:
    """Death, leaving the city, or a wrong entry; benefits end with it."""
    return await call.execute(body.order(person_id, call.caller.actor))


@router.post("/clients/{person_id}/erasure")
async def erase(person_id: Id, body: people.ErasureBody, call: Call) -> Response:
    """Deletes the person in every service, for good; not while aid is in force. Again, it does nothing."""
    return await call.execute(body.order(person_id, _author(call)))


@router.post("/clients/{person_id}/assessments", status_code=201)
async def assess(person_id: Id, body: support.AssessmentBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, _author(call)), status=201)


@router.post("/clients/{person_id}/protections", status_code=201)
async def set_protection(person_id: Id, body: support.SetProtectionBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, _author(call)), status=201)


@router.post("/clients/{person_id}/protections/{protection_id}/clear")
async def clear_protection(person_id: Id, protection_id: Id, body: support.DayBody, call: Call) -> Response:
    author = _author(call)
    return await call.execute(
        told.ClearProtection(person_id=person_id, protection_id=protection_id, author=author, on=body.on)
    )


@router.post("/clients/{person_id}/disclosure-bases", status_code=201)
async def record_basis(person_id: Id, body: support.BasisBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor), status=201)


@router.post("/clients/{person_id}/disclosure-bases/{basis_id}/revoke")
async def revoke_basis(person_id: Id, basis_id: Id, body: support.DayBody, call: Call) -> Response:
    return await call.execute(told.RevokeBasis(person_id=person_id, basis_id=basis_id, on=body.on))


@router.post("/clients/{person_id}/benefits", status_code=201)
async def start_benefit(person_id: Id, body: support.StartBenefitBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor), status=201)


@router.post("/clients/{person_id}/benefits/end-all")
async def end_benefits(person_id: Id, body: support.EndBenefitsBody, call: Call) -> Response:
    return await call.execute(body.order(person_id, call.caller.actor))


@router.post("/clients/{person_id}/benefits/{benefit_id}/change")
async def change_benefit(person_id: Id, benefit_id: Id, body: support.ChangeBenefitBody, call: Call) -> Response:
    monthly = body.monthly.money()
    return await call.execute(
        told.ChangeBenefit(person_id=person_id, benefit_id=benefit_id, monthly=monthly, on=body.on)
    )


@router.post("/clients/{person_id}/benefits/{benefit_id}/end")
async def end_benefit(person_id: Id, benefit_id: Id, body: support.EndBenefitBody, call: Call) -> Response:
    return await call.execute(
        told.EndBenefit(person_id=person_id, benefit_id=benefit_id, reason=body.reason, on=body.on)
    )


@router.post("/merges", status_code=201)
async def merge(body: people.MergeBody, call: Call) -> Response:
    command = told.MergeClients(survivor_id=body.survivor_id, loser_id=body.loser_id)
    return await call.execute(command, status=201)


@router.post("/merges/{merge_id}/undo")
async def undo_merge(merge_id: Id, call: Call) -> Response:
    return await call.execute(told.UndoMerge(merge_id=merge_id))


@router.post("/duplicates/dismissals")
async def dismiss_duplicate(body: people.DismissalBody, call: Call) -> Response:
    """Closes a review item: two persons, whatever they resemble each other in. Again, nothing."""
    return await call.execute(
        told.DismissDuplicate(person_id=body.person_id, other_id=body.other_id, author=_author(call))
    )
