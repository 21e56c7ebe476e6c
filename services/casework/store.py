"""Which rows mirror a client's state, which fact a message adds to the timeline, and the rows of commands."""

from collections.abc import Iterator
from typing import Final

from sqlmodel import SQLModel

from contracts import topics
from contracts.event import Erasure, PersonEvent
from contracts.events.intake import BenefitPaid, PaymentReversed
from services.casework.domain.absence import RecordAbsence
from services.casework.domain.assignment import RegisterCaseManager
from services.casework.domain.casebook import AgreePlan
from services.casework.domain.client import Client
from services.casework.domain.names import name_key
from services.casework.tables import (
    AbsenceRow,
    CaseManagerRow,
    CaseRow,
    ClientRow,
    ItemRow,
    PlanText,
    SuggestionRow,
    TimelineEntry,
)
from services.runtime.decision import Message
from services.runtime.erasing import deletes, forgets

_TIMELINE: Final = frozenset({topics.PERSON.name, topics.CASE.name, topics.REFERRAL.name})
_NOT_DATA: Final = {"person_id", "occurred_on", "referral_id", "agency", "held"}


_NAMES_THEM: Final = "exists (select from gone where data::text like '%' || subject || '%')"
ERASURES: Final = (
    deletes("cases", "person_id"),
    deletes("reconciliation_item", "person_id"),
    deletes("suggestion", "person_id"),
    deletes("timeline", "person_id"),
    forgets("timeline", f"person_id = any($4::text[]) and {_NAMES_THEM}"),
    deletes("client", "person_id"),
    deletes("plan_text", "case_id"),
)


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
    """The timeline (C6): everything but monthly payments, names and addresses, and the erasure that ends it.

    Made by `model_construct`, which costs a tenth: tables validate nothing anyway, and every event comes this way.
    """
    event = message.event
    if message.topic.name not in _TIMELINE or isinstance(event, BenefitPaid | PaymentReversed | Erasure):
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
