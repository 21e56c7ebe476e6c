"""Casework's tables: rows that mirror states, the timeline of facts, and what no event may hold."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from contracts import topics
from contracts.event import PersonEvent
from contracts.events.intake import BenefitPaid, PaymentReversed
from services.casework.domain.absence import RecordAbsence
from services.casework.domain.assignment import RegisterCaseManager
from services.casework.domain.casebook import AgreePlan
from services.casework.domain.client import Client
from services.casework.domain.names import name_key
from services.runtime.decision import Message


class CaseRow(SQLModel, table=True):
    """A case as it stands; the state document holds the rest."""

    __tablename__ = "cases"

    case_id: str = Field(primary_key=True)
    person_id: str
    office: str = Field(index=True)
    case_manager: str | None = Field(index=True)
    state: str
    """`open` or `closed`."""
    opened_on: date
    queued_on: date | None
    plan_version: int | None
    review_on: date | None = Field(index=True)
    instead_of: str | None
    """Whose case it is, while somebody stands in for them."""


class ItemRow(SQLModel, table=True):
    """A work item of the reconciliation list."""

    __tablename__ = "reconciliation_item"

    item_id: str = Field(primary_key=True)
    person_id: str
    case_id: str = Field(index=True)
    referral_id: str
    message_id: str
    code: str
    opened_on: date
    resolved_on: date | None
    resolved_by: str | None


class SuggestionRow(SQLModel, table=True):
    """What casework suggests to a case manager."""

    __tablename__ = "suggestion"

    item_id: str = Field(primary_key=True)
    person_id: str
    case_id: str = Field(index=True)
    kind: str
    referral_id: str | None
    placement_id: str | None
    merge_id: str | None
    reopenable: bool
    made_on: date
    settled_on: date | None
    outcome: str | None
    settled_by: str | None


class TimelineEntry(SQLModel, table=True):
    """One fact about a client, from any of the topics, with its coded fields; `sequence` orders within a topic.

    Of `data` is left out what an optional field says by default: a field that a contract gains changes no older row.
    """

    __tablename__ = "timeline"

    event_id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    occurred_on: date
    topic: str
    sequence: int
    type: str
    referral_id: str | None
    agency: str | None
    data: dict[str, Any] = Field(sa_type=JSONB)


class ClientRow(SQLModel, table=True):
    """A client as people look for one; see `domain/names.py`."""

    __tablename__ = "client"

    person_id: str = Field(primary_key=True)
    family_key: str = Field(index=True)
    given_key: str
    birth_date: date = Field(index=True)


class CaseManagerRow(SQLModel, table=True):
    """Who runs cases where, from `since`; without a limit of their own the city's holds."""

    __tablename__ = "case_manager"

    staff_id: str = Field(primary_key=True)
    office: str
    since: date
    caseload_limit: int | None


class AbsenceRow(SQLModel, table=True):
    """A case manager is absent from `since` until the day before `returns_on`."""

    __tablename__ = "absence"

    staff_id: str = Field(primary_key=True)
    since: date = Field(primary_key=True)
    returns_on: date
    deputy: str | None
    recorded_by: str


class PlanText(SQLModel, table=True):
    """The wording of a plan's version. Every version stays readable."""

    __tablename__ = "plan_text"

    case_id: str = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    author: str
    strengths: list[str] = Field(sa_type=JSONB)
    duties_client: list[str] = Field(sa_type=JSONB)
    duties_office: list[str] = Field(sa_type=JSONB)


REBUILT: Final = (CaseRow, ItemRow, SuggestionRow, TimelineEntry, ClientRow)
KEPT: Final = (CaseManagerRow, AbsenceRow, PlanText)

_TIMELINE: Final = frozenset({topics.PERSON.name, topics.CASE.name, topics.REFERRAL.name})
_NOT_DATA: Final = {"person_id", "occurred_on", "referral_id", "agency", "held"}


def index(client: Client) -> Iterator[SQLModel]:
    if (identity := client.identity) is not None:
        yield ClientRow.model_construct(
            person_id=client.person_id,
            family_key=name_key(identity.family_name),
            given_key=name_key(identity.given_name),
            birth_date=identity.birth_date,
        )
    for case in client.casework.cases:
        yield CaseRow.model_construct(
            case_id=case.case_id,
            person_id=case.person_id,
            office=case.office,
            case_manager=case.case_manager,
            state="open" if case.open else "closed",
            opened_on=case.opened_on,
            queued_on=case.queued_on,
            plan_version=None if case.plan is None else case.plan.version,
            review_on=None if case.plan is None else case.plan.review_on,
            instead_of=case.instead_of,
        )
    for item in client.casework.items:
        yield ItemRow.model_construct(
            item_id=item.item_id,
            person_id=client.person_id,
            case_id=item.case_id,
            referral_id=item.referral_id,
            message_id=item.message_id,
            code=item.code.value,
            opened_on=item.opened_on,
            resolved_on=item.resolved_on,
            resolved_by=item.resolved_by,
        )
    for one in client.casework.suggestions:
        yield SuggestionRow.model_construct(
            item_id=one.item_id,
            person_id=client.person_id,
            case_id=one.case_id,
            kind=one.kind.value,
            referral_id=one.referral_id,
            placement_id=one.placement_id,
            merge_id=one.merge_id,
            reopenable=one.reopenable,
            made_on=one.made_on,
            settled_on=one.settled_on,
            outcome=None if one.outcome is None else one.outcome.value,
            settled_by=one.settled_by,
        )


def project(message: Message) -> Iterator[SQLModel]:
    """The timeline (C6): everything but monthly payments, names and addresses.

    Made by `model_construct`, which costs a tenth: tables validate nothing anyway, and every event comes this way.
    """
    event = message.event
    if message.topic.name not in _TIMELINE or isinstance(event, BenefitPaid | PaymentReversed):
        return
    if not isinstance(event, PersonEvent):
        return
    yield TimelineEntry.model_construct(
        event_id=message.id,
        person_id=event.person_id,
        occurred_on=event.occurred_on,
        topic=message.topic.name,
        sequence=message.sequence,
        type=type(event).__name__,
        referral_id=getattr(event, "referral_id", None),
        agency=getattr(event, "agency", None),
        data=event.model_dump(mode="json", exclude=_NOT_DATA, exclude_defaults=True),
    )


def case_manager_row(command: RegisterCaseManager) -> CaseManagerRow:
    return CaseManagerRow(
        staff_id=command.staff_id,
        office=command.office,
        since=command.since,
        caseload_limit=command.caseload_limit,
    )


def absence_row(command: RecordAbsence) -> AbsenceRow:
    return AbsenceRow(
        staff_id=command.staff_id,
        since=command.since,
        returns_on=command.returns_on,
        deputy=command.deputy,
        recorded_by=command.recorded_by,
    )


def plan_text(command: AgreePlan, version: int) -> PlanText:
    return PlanText(
        case_id=command.case_id,
        plan_version=version,
        author=command.author,
        strengths=list(command.strengths),
        duties_client=list(command.duties_client),
        duties_office=list(command.duties_office),
    )
