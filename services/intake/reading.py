"""What HTTP shows of clients, payments and review items.

A client whom young people's services alone look after is there for them alone (I5): to everyone else the id is unknown,
and no list names it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.words import Department, Uuid
from services.intake.domain import rules
from services.intake.domain.client import Client
from services.intake.domain.refusals import UnknownClient
from services.intake.tables import (
    AssessmentRow,
    ClientRow,
    DismissedDuplicateRow,
    PaymentReversalRow,
    PaymentRow,
    PossibleDuplicateRow,
)
from services.intake.views import ClientView, DuplicateView, PaymentView, view
from services.runtime.audit import about
from services.runtime.tables import Alias
from services.runtime.web import Caller, Reads, load_family

router = APIRouter()
Id = Annotated[Uuid, Path()]
_YOUNG_ALONE: Final = (Department.YOUNG_PEOPLE,)


def _of_young_people(caller: Caller) -> bool:
    return caller.department == Department.YOUNG_PEOPLE


async def _closed(reads: AsyncSession, caller: Caller, persons: Iterable[str]) -> set[str]:
    """Those of these persons who are there for young people's services alone, unless they ask."""
    if _of_young_people(caller):
        return set()
    alone: Any = col(ClientRow.departments) == list(_YOUNG_ALONE)
    found = await reads.exec(select(ClientRow.person_id).where(col(ClientRow.person_id).in_(set(persons)), alone))
    return set(found)


@router.get("/clients/{person_id}")
async def show(person_id: Id, reads: Reads, caller: Caller) -> ClientView:
    """The client whom the id leads to, with the facts of all their records."""
    found: list[Client] = await load_family(reads, Client, person_id)
    records = [one for one in found if one.registered]
    if not records or rules.closed(records, caller.department):
        raise UnknownClient
    assessments = await reads.exec(
        select(AssessmentRow)
        .where(col(AssessmentRow.person_id).in_([one.person_id for one in records]))
        .order_by(col(AssessmentRow.assessed_on), AssessmentRow.person_id)
    )
    shown = view(records, assessments.all(), named=person_id, young_people=_of_young_people(caller))
    closed = await _closed(reads, caller, shown.possible_duplicates)
    return shown.model_copy(
        update={"possible_duplicates": [one for one in shown.possible_duplicates if one not in closed]}
    )


@router.get("/households/{household_id}/payments")
async def payments(household_id: Id, reads: Reads, caller: Caller) -> list[PaymentView]:
    """All that was ever paid, also what was taken back."""
    rows = (
        await reads.exec(
            select(PaymentRow, PaymentReversalRow)
            .join(PaymentReversalRow, col(PaymentReversalRow.payment_id) == PaymentRow.payment_id, isouter=True)
            .where(PaymentRow.household_id == household_id)
            .order_by(PaymentRow.month, PaymentRow.kind, col(PaymentRow.paid_on), PaymentRow.payment_id)
        )
    ).all()
    closed = await _closed(reads, caller, (paid.person_id for paid, _ in rows))
    shown = [PaymentView.of(paid, reversal) for paid, reversal in rows if paid.person_id not in closed]
    about(reads, (one.person_id for one in shown))
    return shown


@router.get("/duplicates")
async def duplicates(
    reads: Reads,
    caller: Caller,
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
    alone: Any = col(ClientRow.departments) == list(_YOUNG_ALONE)
    hidden = select(ClientRow.person_id).where(col(ClientRow.person_id).in_([row.person_id, row.other_id]), alone)
    pair = and_(col(closing.person_id) == row.person_id, col(closing.other_id) == row.other_id)
    is_closed = col(closing.person_id).is_not(None)
    rows = await reads.exec(
        select(row, closing)
        .join(closing, pair, isouter=True)
        .where(row.found_on >= after, is_closed if state == "dismissed" else ~is_closed & ~merged.exists())
        .where(True if _of_young_people(caller) else ~hidden.exists())
        .order_by(col(row.found_on), row.person_id, row.other_id)
        .limit(limit)
    )
    shown = [DuplicateView.of(found, closed) for found, closed in rows]
    about(reads, (person_id for one in shown for person_id in (one.person_id, one.other_id)))
    return shown
