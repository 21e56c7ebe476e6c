"""What casework shows: a person's case as it stands today, the plan with its wording, the timeline."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict

from contracts.words import (
    Ability,
    CaseClosedReason,
    Goal,
    Mobility,
    PlacementKind,
    Qualification,
    ServiceKind,
    Step,
    WithdrawReason,
)
from services.casework.domain.cases import Case, Request
from services.casework.domain.person import Person
from services.casework.domain.referrals import Referral, ReferralState
from services.casework.tables import PlanText, TimelineEntry


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


def referrals_of(person: Person) -> list[ReferralView]:
    """In the order of the requests; those told by referrals alone come last."""
    told = {one.referral_id: one for one in person.referrals}
    asked = {one.referral_id: one for one in sorted(person.requests, key=lambda one: one.requested_on)}
    return [ReferralView.of(asked.get(name), told.get(name)) for name in dict.fromkeys([*asked, *told])]


def placements_of(person: Person) -> list[PlacementView]:
    there = sorted((one for one in person.placements if not one.voided), key=lambda one: (one.start, one.placement_id))
    return [PlacementView.model_validate(one) for one in there]
