"""The course that a person's case takes by itself: what follows from the circumstances of the day."""

from dataclasses import dataclass
from datetime import date

from contracts.event import Event
from contracts.events.casework import CaseClosed, CaseOpened, CaseReopened, CaseTransferred, ReviewDue
from contracts.words import CaseClosedReason, ReopenReason, TransferReason
from services.casework.domain.cases import Case
from services.casework.domain.client import Client
from services.casework.domain.intake import OfficeSince
from services.casework.domain.person import Person
from services.casework.domain.resuming import last_closed, may_begin, why_on
from services.runtime.decision import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconsider:
    """Looks at a person whose facts lie in several records: of those, no single timer can tell."""

    person_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id,)


def follow(person: Person, context: Context, *, because: TransferReason | None = None) -> tuple[Event, ...]:
    """Opens, closes, transfers or reopens the person's case, and says that a review is due.

    It looks at the day's circumstances only, never at what happened last, so that asking again changes nothing;
    `because` only names what would be transferred now.
    """
    today = context.today
    if not person.open_cases:
        return _begin(person, context)
    kept, *others = person.open_cases
    merged = tuple(close(one, CaseClosedReason.MERGED, today) for one in others)
    if (ground := person.ground_to_close(today)) is not None:
        return (*merged, close(kept, ground, today))
    return (*merged, *_transfer(kept, person.office_on(today), today, because), *_review(kept, today))


def close(case: Case, reason: CaseClosedReason, today: date) -> CaseClosed:
    return CaseClosed(person_id=case.person_id, case_id=case.case_id, occurred_on=today, reason=reason)


def let_go(client: Client, context: Context) -> tuple[Event, ...]:
    """Before a client is erased: intake refuses that while aid is in force, without which no case is open; one that
    is so all the same must not count as open for ever."""
    return tuple(close(one, CaseClosedReason.AID_ENDED, context.today) for one in client.casework.cases if one.open)


def reopen(case: Case, office: str, today: date, reason: ReopenReason) -> tuple[Event, ...]:
    """A review that fell due while the case was closed is due at once."""
    reopened = CaseReopened(
        person_id=case.person_id, case_id=case.case_id, occurred_on=today, office=office, reason=reason
    )
    return (reopened, *_review(case, today))


def _begin(person: Person, context: Context) -> tuple[Event, ...]:
    today, office = context.today, person.office_on(context.today)
    if office is None or not person.may_have_case(today) or not may_begin(person.records, person.cases, today):
        return ()
    if (case := last_closed(person.cases)) is not None and case.closing is not None:
        return reopen(case, office.office, today, why_on(case.closing.reason))
    subject = person.root.person_id
    return (CaseOpened(person_id=subject, case_id=context.new_id(), occurred_on=today, office=office.office),)


def _transfer(case: Case, office: OfficeSince | None, today: date, because: TransferReason | None) -> tuple[Event, ...]:
    """The office's own reason, unless a merge or its end is to blame; a new registration is a move."""
    if office is None or office.office == case.office:
        return ()
    return (
        CaseTransferred(
            person_id=case.person_id,
            case_id=case.case_id,
            occurred_on=today,
            office=office.office,
            previous_office=case.office,
            reason=because or TransferReason(office.reason or TransferReason.MOVE),
        ),
    )


def _review(case: Case, today: date) -> tuple[Event, ...]:
    plan = case.plan
    if plan is None or plan.overdue or plan.review_on > today:
        return ()
    return (
        ReviewDue(
            person_id=case.person_id,
            case_id=case.case_id,
            occurred_on=today,
            plan_version=plan.version,
            due_on=plan.review_on,
        ),
    )
