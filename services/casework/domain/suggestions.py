"""What casework suggests to a case manager and never does by itself: one work item each, until it is settled."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from contracts.event import Event
from contracts.events.casework import SuggestionMade, SuggestionSettled
from contracts.events.intake import ClientsUnmerged
from contracts.events.referrals import PlacementConfirmed
from contracts.words import CaseClosedReason, ReopenReason, SuggestionKind, SuggestionOutcome, WithdrawReason
from services.casework.domain.casebook import ReopenCase, reopen_case
from services.casework.domain.cases import Case, Request
from services.casework.domain.client import Client
from services.casework.domain.offers import Refer, TakeBack, refer, take_back
from services.casework.domain.person import Person, UnknownItem
from services.casework.domain.referrals import TERMINAL, ReferralState
from services.casework.domain.work_items import Suggestion
from services.runtime.decision import Context, Refusal


class AlreadySettled(Refusal):
    code = "suggestion_settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """`accept`: what is suggested is done in the same unit of work, or the whole order is refused."""

    item_id: str
    accept: bool
    settled_by: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.item_id,)


def on_confirmed(person: Person, event: PlacementConfirmed, context: Context) -> tuple[Event, ...]:
    """R6: the first confirmed placement offers to withdraw what is open at another agency, once for each referral.
    Again if the placement was taken back, or corrected, before anybody settled it."""
    known = {
        one.referral_id
        for one in person.suggestions
        if one.kind is SuggestionKind.WITHDRAW_REFERRAL and one.outcome is not SuggestionOutcome.LAPSED
    }
    return tuple(
        SuggestionMade(
            person_id=person.case(asked.case_id).person_id,
            case_id=asked.case_id,
            occurred_on=context.today,
            item_id=context.new_id(),
            kind=SuggestionKind.WITHDRAW_REFERRAL,
            referral_id=asked.referral_id,
            placement_id=event.placement_id,
        )
        for asked in person.requests
        if asked.agency != event.agency and asked.referral_id not in known and _is_open(person, asked)
    )


def on_unmerged(persons: Sequence[Person], event: ClientsUnmerged, context: Context) -> tuple[Event, ...]:
    """8.12: nothing reopens by itself; whoever looks after the one whose case or referral gave way looks at it."""
    closed = next((case for person in persons for case in _closed_by_merge(person)), None)
    withdrawn = next((asked for person in persons for asked in _withdrawn_as_twin(person)), None)
    case = closed or _case_to_look_at(persons, withdrawn)
    if case is None:
        return ()
    return (
        SuggestionMade(
            person_id=case.person_id,
            case_id=case.case_id,
            occurred_on=context.today,
            item_id=context.new_id(),
            kind=SuggestionKind.REVIEW_UNMERGE,
            referral_id=None if withdrawn is None else withdrawn.referral_id,
            merge_id=event.merge_id,
            reopenable=closed is not None,
        ),
    )


def lapsed(person: Person, context: Context, *, done: Collection[str] = ()) -> tuple[Event, ...]:
    """Suggestions that have become pointless, or whose case or referral (`done`) was just seen to otherwise."""
    return tuple(
        _settled(person, one, SuggestionOutcome.LAPSED, context)
        for one in person.suggestions
        if one.settled_on is None and (_is_done(one, done) or _is_pointless(person, one))
    )


def settle(client: Client, person: Person, command: Settle, context: Context) -> tuple[Event, ...]:
    """Declines, or does what is suggested. Raises `UnknownItem`, `AlreadySettled`, and what doing it raises."""
    found = next((one for one in client.casework.suggestions if one.item_id == command.item_id), None)
    if found is None:
        raise UnknownItem(f"casework knows no suggestion {command.item_id}")
    if found.settled_on is not None:
        raise AlreadySettled(f"suggestion {found.item_id} was {found.outcome} on {found.settled_on}")
    outcome = SuggestionOutcome.ACCEPTED if command.accept else SuggestionOutcome.DECLINED
    done = _do(client, person, found, context) if command.accept else ()
    return (*done, _settled(person, found, outcome, context, by=command.settled_by))


def _do(client: Client, person: Person, found: Suggestion, context: Context) -> tuple[Event, ...]:
    """Of an unmerged person the case goes on; only if it was not closed, the referral is asked again from it."""
    if found.kind is SuggestionKind.WITHDRAW_REFERRAL and found.referral_id is not None:
        taken = TakeBack(referral_id=found.referral_id, reason=WithdrawReason.PLACED_ELSEWHERE)
        return take_back(person, taken, context)
    if found.reopenable:
        return reopen_case(person, ReopenCase(case_id=found.case_id, reason=ReopenReason.UNMERGED), context)
    asked = next((one for one in person.requests if one.referral_id == found.referral_id), None)
    if asked is None:
        return ()
    again = Refer(case_id=asked.case_id, agency=asked.agency, service=asked.service, follows=asked.referral_id)
    return (refer(client, person, again, context),)


def _settled(
    person: Person, found: Suggestion, outcome: SuggestionOutcome, context: Context, *, by: str | None = None
) -> SuggestionSettled:
    return SuggestionSettled(
        person_id=person.case(found.case_id).person_id,
        case_id=found.case_id,
        occurred_on=context.today,
        item_id=found.item_id,
        outcome=outcome,
        settled_by=by,
    )


def _is_open(person: Person, asked: Request) -> bool:
    return asked.withdrawal is None and person.state_of(asked.referral_id) not in TERMINAL


def _is_done(found: Suggestion, done: Collection[str]) -> bool:
    return (found.case_id if found.reopenable else found.referral_id) in done


def _is_pointless(person: Person, found: Suggestion) -> bool:
    asked = next((one for one in person.requests if one.referral_id == found.referral_id), None)
    match found.kind:
        case SuggestionKind.WITHDRAW_REFERRAL:
            placed = any(one.placement_id == found.placement_id and not one.voided for one in person.placements)
            return not placed or asked is None or not _is_open(person, asked)
        case SuggestionKind.REVIEW_UNMERGE:
            return not found.reopenable and asked is not None and person.open_at(asked.agency) is not None


def _closed_by_merge(person: Person) -> Iterator[Case]:
    """Cases that gave way to one that is no longer this person's."""
    if not person.open_cases:
        for case in person.cases:
            if case.closing is not None and case.closing.reason is CaseClosedReason.MERGED:
                yield case


def _withdrawn_as_twin(person: Person) -> Iterator[Request]:
    """Referrals that gave way to one that is no longer this person's, the newest first."""
    twins = {
        one.referral_id
        for one in person.referrals
        if one.state is ReferralState.WITHDRAWN and one.reason == WithdrawReason.DUPLICATE
    }
    asked = sorted(person.requests, key=lambda one: (one.requested_on, one.referral_id), reverse=True)
    for one in asked:
        if one.referral_id in twins and one.withdrawal is None and person.open_at(one.agency) is None:
            yield one


def _case_to_look_at(persons: Sequence[Person], withdrawn: Request | None) -> Case | None:
    """That of the referral, else the one that is open or was opened last."""
    cases = [case for person in persons for case in person.cases]
    if withdrawn is not None:
        return next((one for one in cases if one.case_id == withdrawn.case_id), None)
    return max(cases, key=lambda one: (one.open, one.opened_on, one.case_id), default=None)
