"""What a case manager decides about a case: the plan, closing, reopening."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.event import Event
from contracts.events.casework import PlanAgreed, PlanRevised
from contracts.words import CaseClosedReason, Goal, ReopenReason, Step
from services.casework.domain.cases import Case
from services.casework.domain.course import close, reopen
from services.casework.domain.dates import months_after
from services.casework.domain.person import Person
from services.runtime.decision import Context, Refusal

BY_HAND: Final = frozenset({CaseClosedReason.INTEGRATED, CaseClosedReason.ERROR})
"""Reasons that only a case manager can know; every other is a fact of intake's and closes the case by itself."""
AGAIN_BY_HAND: Final = frozenset({ReopenReason.CLOSED_IN_ERROR, ReopenReason.SUPPORT_NEEDED, ReopenReason.UNMERGED})
"""The same of reopening."""


class CaseIsClosed(Refusal):
    code = "case_closed"


class CaseIsOpen(Refusal):
    code = "case_open"


class NotAssigned(Refusal):
    code = "not_assigned"


class IncompletePlan(Refusal):
    code = "incomplete_plan"
    status = 422


class ReviewOutOfReach(Refusal):
    code = "review_out_of_reach"
    status = 422


class FactOfIntake(Refusal):
    code = "fact_of_intake"
    status = 422


class NoCaseToday(Refusal):
    code = "no_case_today"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreePlan:
    """A joint plan or its next version. The texts are for casework's database alone; events get codes."""

    case_id: str
    author: str
    goal: Goal | None
    steps: tuple[Step, ...]
    strengths: tuple[str, ...]
    duties_client: tuple[str, ...]
    duties_office: tuple[str, ...]
    review_on: date | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    case_id: str
    reason: CaseClosedReason

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    case_id: str
    reason: ReopenReason

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


def in_hand(case: Case) -> Case:
    """The case, if it is open and somebody's. Raises `CaseIsClosed`, `NotAssigned`."""
    if not case.open:
        raise CaseIsClosed(f"case {case.case_id} is closed: reopen it first")
    if case.case_manager is None:
        raise NotAssigned(f"case {case.case_id} waits for a case manager: nobody can act in it yet")
    return case


def agree(case: Case, command: AgreePlan, context: Context) -> PlanAgreed | PlanRevised:
    """C3: no plan without strengths, goal, and duties of both sides; C4: reviewed at least every six months."""
    in_hand(case)
    said = {
        "strengths": any(text.strip() for text in command.strengths),
        "goal": command.goal is not None,
        "duties_client": any(text.strip() for text in command.duties_client),
        "duties_office": any(text.strip() for text in command.duties_office),
    }
    if command.goal is None or not all(said.values()):
        missing = ", ".join(name for name, given in said.items() if not given)
        raise IncompletePlan(f"a plan for case {case.case_id} cannot be agreed without {missing}")
    kind, version = (PlanAgreed, 1) if case.plan is None else (PlanRevised, case.plan.version + 1)
    return kind(
        person_id=case.person_id,
        case_id=case.case_id,
        occurred_on=context.today,
        plan_version=version,
        goal=command.goal,
        steps=command.steps,
        review_on=_review_on(command.review_on, context),
    )


def _review_on(wanted: date | None, context: Context) -> date:
    latest = months_after(context.today, context.city.review_months)
    if wanted is None:
        return latest
    if not context.today < wanted <= latest:
        raise ReviewOutOfReach(f"a plan is reviewed after {context.today} and by {latest}")
    return wanted


def close_case(person: Person, command: CloseCase, context: Context) -> tuple[Event, ...]:
    """Referrals and placements go on: they end by the agency, by intake's facts, or taken back one by one."""
    case = person.case(command.case_id)
    if not case.open:
        raise CaseIsClosed(f"case {case.case_id} is closed already")
    if command.reason not in BY_HAND and command.reason is not person.ground_to_close(context.today):
        raise FactOfIntake(
            f"'{command.reason}' is for intake to record: it closes case {case.case_id} by itself. "
            f"By hand: {', '.join(sorted(BY_HAND))}"
        )
    return (close(case, command.reason, context.today),)


def reopen_case(person: Person, command: ReopenCase, context: Context) -> tuple[Event, ...]:
    """The same case with its history and cohort goes on, if there can be one today."""
    case = person.case(command.case_id)
    if command.reason not in AGAIN_BY_HAND:
        raise FactOfIntake(
            f"'{command.reason}' is for intake to record: case {case.case_id} goes on with it by itself. "
            f"By hand: {', '.join(sorted(AGAIN_BY_HAND))}"
        )
    if person.open_cases:
        raise CaseIsOpen(f"this client's case {person.open_cases[0].case_id} is open: a person has at most one")
    office = person.office_on(context.today)
    if office is None or not person.may_have_case(context.today):
        ground = (
            person.ground_to_close(context.today) or "no Sozialzentrum's economic assistance looks after the client"
        )
        raise NoCaseToday(f"case {case.case_id} cannot go on today: {ground}")
    return reopen(case, office.office, context.today, command.reason)
