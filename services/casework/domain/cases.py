"""A client's cases, folded from casework's own events alone."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from contracts.events import casework as own
from contracts.words import CaseClosedReason, Goal, ServiceKind, Step, WithdrawReason
from services.casework.domain import work_items
from services.casework.domain.work_items import Item, Suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan in force. `overdue`: its review date came and no review has taken place."""

    version: int
    goal: Goal
    steps: tuple[Step, ...]
    agreed_on: date
    review_on: date
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    on: date
    reason: CaseClosedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`case_manager` None: waiting at `office`, since `queued_on` on its waiting list. `instead_of`: whose case it is,
    if the case manager stands in for an absent colleague."""

    case_id: str
    person_id: str
    office: str
    opened_on: date
    case_manager: str | None = None
    instead_of: str | None = None
    assigned_on: date | None = None
    queued_on: date | None = None
    plan: Plan | None = None
    closing: Closing | None = None

    @property
    def open(self) -> bool:
        return self.closing is None

    def review_overdue_on(self, day: date) -> bool:
        """By the date itself: `ReviewDue` waits with all timers while the client is parked."""
        return self.open and self.plan is not None and self.plan.review_on <= day


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A referral as casework asked for it; what became of it is told by referrals."""

    referral_id: str
    case_id: str
    agency: str
    service: ServiceKind
    requested_on: date
    withdrawal: WithdrawReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework:
    cases: tuple[Case, ...] = ()
    requests: tuple[Request, ...] = ()
    items: tuple[Item, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def fold(record: Casework, event: own.CaseworkEvent) -> Casework:
    """The record after one more event of `casework.case.v1`."""
    match event:
        case own.ReferralRequested() | own.ReferralWithdrawalRequested():
            return replace(record, requests=_requests(record.requests, event))
        case own.ReconciliationOpened() | own.ReconciliationResolved():
            return replace(record, items=work_items.fold_items(record.items, event))
        case own.SuggestionMade() | own.SuggestionSettled():
            return replace(record, suggestions=work_items.fold_suggestions(record.suggestions, event))
        case own.CaseOpened():
            opened = Case(
                case_id=event.case_id, person_id=event.person_id, office=event.office, opened_on=event.occurred_on
            )
            return replace(record, cases=(*record.cases, opened))
        case (
            own.CaseQueued()
            | own.CaseAssigned()
            | own.PlanAgreed()
            | own.PlanRevised()
            | own.ReviewDue()
            | own.CaseTransferred()
            | own.CaseClosed()
            | own.CaseReopened()
        ):
            cases = tuple(_case(one, event) if one.case_id == event.case_id else one for one in record.cases)
            return replace(record, cases=cases)
        case _:
            assert_never(event)


CaseChange = (
    own.CaseQueued
    | own.CaseAssigned
    | own.PlanAgreed
    | own.PlanRevised
    | own.ReviewDue
    | own.CaseTransferred
    | own.CaseClosed
    | own.CaseReopened
)


def _case(case: Case, event: CaseChange) -> Case:
    match event:
        case own.CaseQueued():
            return replace(case, queued_on=event.occurred_on)
        case own.CaseAssigned():
            return replace(
                case,
                case_manager=event.case_manager,
                instead_of=event.instead_of,
                assigned_on=event.occurred_on,
                queued_on=None,
            )
        case own.PlanAgreed() | own.PlanRevised():
            plan = Plan(
                version=event.plan_version,
                goal=event.goal,
                steps=event.steps,
                agreed_on=event.occurred_on,
                review_on=event.review_on,
            )
            return replace(case, plan=plan)
        case own.ReviewDue():
            return case if case.plan is None else replace(case, plan=replace(case.plan, overdue=True))
        case own.CaseTransferred():
            return _unassigned(case, event.office)
        case own.CaseClosed():
            return replace(case, closing=Closing(on=event.occurred_on, reason=event.reason))
        case own.CaseReopened():
            return replace(_unassigned(case, event.office), closing=None)
        case _:
            assert_never(event)


def _unassigned(case: Case, office: str) -> Case:
    return replace(case, office=office, case_manager=None, instead_of=None, assigned_on=None, queued_on=None)


def _requests(
    known: tuple[Request, ...], event: own.ReferralRequested | own.ReferralWithdrawalRequested
) -> tuple[Request, ...]:
    match event:
        case own.ReferralRequested():
            asked = Request(
                referral_id=event.referral_id,
                case_id=event.case_id,
                agency=event.agency,
                service=event.service,
                requested_on=event.occurred_on,
            )
            return (*known, asked)
        case own.ReferralWithdrawalRequested():
            return tuple(
                replace(one, withdrawal=event.reason) if one.referral_id == event.referral_id else one for one in known
            )
        case _:
            assert_never(event)
