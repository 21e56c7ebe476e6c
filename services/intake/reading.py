"""What HTTP shows of clients, payments and review items."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from sqlmodel import and_, col, or_, select

from contracts.words import Department, Uuid
from services.intake.domain.client import Client
from services.intake.domain.refusals import UnknownClient
from services.intake.tables import (
    AssessmentRow,
    DismissedDuplicateRow,
    PaymentReversalRow,
    PaymentRow,
    PossibleDuplicateRow,
)
from services.intake.views import ClientView, DuplicateView, PaymentView, view
from services.runtime.tables import Alias
from services.runtime.web import Caller, Reads, load_family

router = APIRouter()
Id = Annotated[Uuid, Path()]


@router.get("/households/{household_id}/payments")
async def payments(household_id: Id, reads: Reads, _: Caller) -> list[PaymentView]:
    """All that was ever paid, also what was taken back."""
    rows = await reads.exec(
        select(PaymentRow, PaymentReversalRow)
        .join(PaymentReversalRow, col(PaymentReversalRow.payment_id) == PaymentRow.payment_id, isouter=True)
        .where(PaymentRow.household_id == household_id)
        .order_by(PaymentRow.month, PaymentRow.kind, col(PaymentRow.paid_on), PaymentRow.payment_id)
    )
    return [PaymentView.of(paid, reversal) for paid, reversal in rows]


@router.get("/clients/{person_id}")
async def show(person_id: Id, reads: Reads, caller: Caller) -> ClientView:
    """The client whom the id leads to. Young people's records are for their own department only (I5)."""
    found: list[Client] = await load_family(reads, Client, person_id)
    records = [one for one in found if one.registered]
    if not records:
        raise UnknownClient
    assessments = await reads.exec(
        select(AssessmentRow)
        .where(col(AssessmentRow.person_id).in_([one.person_id for one in records]))
        .order_by(col(AssessmentRow.assessed_on), AssessmentRow.person_id)
    )
    young_people = caller.department == Department.YOUNG_PEOPLE
    return view(records, assessments.all(), named=person_id, young_people=young_people)


@router.get("/duplicates")
async def duplicates(
    reads: Reads,
    _: Caller,
    after: date = date.min,
    state: Literal["open", "dismissed"] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[DuplicateView]:
    """Possible duplicates found on `after` or later, oldest first: open ones, or those closed as two persons."""
    row, closing = PossibleDuplicateRow, DismissedDuplicateRow
    merged = select(Alias.subject).where(
        or_(
            (col(Alias.subject) == row.person_id) & (col(Alias.canonical) == row.other_id),
            (col(Alias.subject) == row.other_id) & (col(Alias.canonical) == row.person_id),
        )
    )
    pair = and_(col(closing.person_id) == row.person_id, col(closing.other_id) == row.other_id)
    is_closed = col(closing.person_id).is_not(None)
    rows = await reads.exec(
        select(row, closing)
        .join(closing, pair, isouter=True)
        .where(row.found_on >= after, is_closed if state == "dismissed" else ~is_closed & ~merged.exists())
        .order_by(col(row.found_on), row.person_id, row.other_id)
        .limit(limit)
    )
    return [DuplicateView.of(found, closed) for found, closed in rows]
