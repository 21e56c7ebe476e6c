"""What casework shows: a person's case as it stands today, the plan with its wording, the timeline."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from contracts.city import City
from contracts.words import (
    Ability,
    CaseClosedReason,
    Department,
    Goal,
    Mobility,
    PlacementKind,
    Qualification,
    RejectionCode,
    ServiceKind,
    Step,
    SuggestionKind,
    SuggestionOutcome,
    WithdrawReason,
)
from services.casework.domain.cases import Case, Request
from services.casework.domain.names import file_number
from services.casework.domain.person import Person
from services.casework.domain.referrals import Referral, ReferralState
from services.casework.store import PlanText, TimelineEntry
from services.casework.told.words import LANGUAGES, sentence


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ReferralView(View):
    """`state` is `draft` until referrals has answered; `reason` why it ended; `requested_on` the day of our request."""

    referral_id: str
    agency: str
    service: ServiceKind | None
    state: ReferralState
    requested_on: date | None
    reason: str | None
    withdrawal: WithdrawReason | None

    @classmethod
    def of(cls, asked: Request | None, told: Referral | None) -> Self:
        known = asked or told
        if known is None:
            raise ValueError("a referral is known from our request or from referrals")
        return cls(
            referral_id=known.referral_id,
            agency=known.agency,
            service=known.service,
            state=ReferralState.DRAFT if told is None else told.state,
            requested_on=known.requested_on,
            reason=None if told is None else told.reason,
            withdrawal=None if asked is None else asked.withdrawal,
        )


class PlacementView(View):
    placement_id: str
    referral_id: str
    kind: PlacementKind
    start: date
    confirmed: bool
    credited: bool
    ended_on: date | None


class CaseLine(View):
    """`person_id` is the client's own id, whatever records were merged. `protected`: no work offer may leave today.
    `instead_of`: the absent colleague whose case it is."""

    case_id: str
    person_id: str
    office: str
    case_manager: str | None
    instead_of: str | None
    state: str
    opened_on: date
    assigned_on: date | None
    queued_on: date | None
    closed_on: date | None
    closed_reason: CaseClosedReason | None
    plan_version: int | None
    review_on: date | None
    review_overdue: bool
    ability: Ability | None
    protected: bool
    referrals: list[ReferralView]
    placements: list[PlacementView]

    @classmethod
    def of(cls, person: Person, case: Case, today: date) -> Self:
        assessment = person.assessment_on(today)
        return cls(
            case_id=case.case_id,
            person_id=person.root.person_id,
            office=case.office,
            case_manager=case.case_manager,
            instead_of=case.instead_of,
            state="open" if case.open else "closed",
            opened_on=case.opened_on,
            assigned_on=case.assigned_on,
            queued_on=case.queued_on,
            closed_on=None if case.closing is None else case.closing.on,
            closed_reason=None if case.closing is None else case.closing.reason,
            plan_version=None if case.plan is None else case.plan.version,
            review_on=None if case.plan is None else case.plan.review_on,
            review_overdue=case.review_overdue_on(today),
            ability=None if assessment is None else assessment.ability,
            protected=person.protected_on(today),
            referrals=referrals_of(person),
            placements=placements_of(person),
        )


class PlanView(View):
    plan_version: int
    goal: Goal
    steps: list[Step]
    agreed_on: date
    review_on: date


class ContactView(View):
    given_name: str
    family_name: str
    birth_date: date
    street: str
    house_number: str
    postcode: str
    phone: str | None


class AssessmentView(View):
    since: date
    ability: Ability
    qualification: Qualification
    languages: list[str]
    hours_per_week: int
    mobility: Mobility
    work_permit: bool
    earliest_start: date


class CaseView(CaseLine):
    """One case with its plan in force and how to reach the client."""

    plan: PlanView | None = None
    client: ContactView | None = None

    @classmethod
    def of(cls, person: Person, case: Case, today: date) -> Self:
        shown = super().of(person, case, today)
        if (plan := case.plan) is not None:
            shown.plan = PlanView(
                plan_version=plan.version,
                goal=plan.goal,
                steps=list(plan.steps),
                agreed_on=plan.agreed_on,
                review_on=plan.review_on,
            )
        if person.identity is not None:
            shown.client = ContactView.model_validate(person.identity)
        return shown


class PlanTextView(View):
    """A version of a plan, codes and wording."""

    plan_version: int
    agreed_on: date
    review_on: date
    goal: Goal
    steps: list[Step]
    author: str
    strengths: list[str]
    duties_client: list[str]
    duties_office: list[str]

    @classmethod
    def of(cls, text: PlanText, agreed: TimelineEntry) -> Self:
        codes = {name: agreed.data[name] for name in ("review_on", "goal", "steps")}
        return cls.model_validate({**text.model_dump(), **codes, "agreed_on": agreed.occurred_on})


class EntryView(View):
    """A fact of the story; `words` tell it by language. `agency`: whose referral it is about, or who spoke."""

    event_id: str
    occurred_on: date
    topic: str
    type: str
    referral_id: str | None
    agency: str | None
    data: dict[str, Any]
    words: dict[str, str] = {}

    @classmethod
    def of(cls, entry: TimelineEntry, department: str, city: City, agency: str | None = None) -> Self:
        """I5: that young people's services look after a client is for them alone to know."""
        shown = cls.model_validate(entry)
        shown.agency = entry.agency or agency
        if entry.type == "DepartmentsAssigned" and department != Department.YOUNG_PEOPLE:
            others = [name for name in entry.data["departments"] if name != Department.YOUNG_PEOPLE]
            shown.data = {**entry.data, "departments": others}
        shown.words = {language: sentence(shown, city, language) for language in LANGUAGES}
        return shown


class AbsenceView(View):
    since: date
    returns_on: date
    deputy: str | None


class CaseManagerView(View):
    staff_id: str
    office: str
    since: date
    caseload_limit: int | None
    absences: list[AbsenceView]


class ItemView(View):
    item_id: str
    case_id: str
    person_id: str
    referral_id: str
    message_id: str
    code: RejectionCode
    opened_on: date
    resolved_on: date | None
    resolved_by: str | None


class SuggestionView(View):
    """`withdraw_referral`: another agency's `placement_id` is confirmed. `review_unmerge`: accepting reopens the case
    if it is `reopenable`, else asks for the referral again; declining leaves all as it is."""

    item_id: str
    case_id: str
    person_id: str
    kind: SuggestionKind
    referral_id: str | None
    placement_id: str | None
    merge_id: str | None
    reopenable: bool
    made_on: date
    settled_on: date | None
    outcome: SuggestionOutcome | None
    settled_by: str | None


class ParkedView(View):
    """A client one of whose messages could not be applied: `waiting` messages queue until an operator redrives."""

    case_id: str
    person_id: str
    case_manager: str | None
    since: datetime
    waiting: int


class Worklist(View):
    """What waits for a case manager, or at an office (C10). `next`: where a section goes on."""

    without_plan: list[CaseLine]
    due_reviews: list[CaseLine]
    feedback: list[EntryView]
    reconciliation: list[ItemView]
    suggestions: list[SuggestionView]
    parked: list[ParkedView]
    next: dict[str, str]


class FoundCase(View):
    case_id: str
    state: str
    case_manager: str | None


class FoundClient(View):
    """Enough to tell namesakes apart."""

    person_id: str
    file_number: str
    given_name: str
    family_name: str
    birth_date: date
    office: str | None
    cases: list[FoundCase]

    @classmethod
    def of(cls, person: Person, today: date) -> Self:
        identity, office = person.identity, person.office_on(today)
        if identity is None:
            raise ValueError("a client is found by a name")
        return cls(
            person_id=person.root.person_id,
            file_number=file_number(person.root.person_id),
            given_name=identity.given_name,
            family_name=identity.family_name,
            birth_date=identity.birth_date,
            office=None if office is None else office.office,
            cases=[
                FoundCase(case_id=c.case_id, state="open" if c.open else "closed", case_manager=c.case_manager)
                for c in person.cases
            ],
        )


class FoundClients(View):
    clients: list[FoundClient]
    more: bool


def referrals_of(person: Person) -> list[ReferralView]:
    """In the order of the requests; those told by referrals alone come last."""
    told = {one.referral_id: one for one in person.referrals}
    asked = {one.referral_id: one for one in sorted(person.requests, key=lambda one: one.requested_on)}
    return [ReferralView.of(asked.get(name), told.get(name)) for name in dict.fromkeys([*asked, *told])]


def placements_of(person: Person) -> list[PlacementView]:
    there = sorted((one for one in person.placements if not one.voided), key=lambda one: (one.start, one.placement_id))
    return [PlacementView.model_validate(one) for one in there]
