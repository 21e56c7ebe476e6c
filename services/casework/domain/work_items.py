"""What waits for a case manager's word, folded from casework's own events: messages to reconcile, and suggestions."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from contracts.events import casework as own
from contracts.words import RejectionCode, SuggestionKind, SuggestionOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A partner's message that could not be applied: one work item of the reconciliation list."""

    item_id: str
    case_id: str
    referral_id: str
    message_id: str
    code: RejectionCode
    opened_on: date
    agency: str | None = None
    """Who sent the message; None in items from before it was noted."""
    resolved_on: date | None = None
    resolved_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something that casework suggests to the case manager of `case_id`; see `SuggestionMade`."""

    item_id: str
    case_id: str
    kind: SuggestionKind
    made_on: date
    referral_id: str | None = None
    placement_id: str | None = None
    merge_id: str | None = None
    reopenable: bool = False
    outcome: SuggestionOutcome | None = None
    settled_on: date | None = None
    settled_by: str | None = None


def fold_items(
    known: tuple[Item, ...], event: own.ReconciliationOpened | own.ReconciliationResolved
) -> tuple[Item, ...]:
    match event:
        case own.ReconciliationOpened():
            item = Item(
                item_id=event.item_id,
                case_id=event.case_id,
                referral_id=event.referral_id,
                message_id=event.message_id,
                code=event.code,
                opened_on=event.occurred_on,
                agency=event.agency,
            )
            return (*known, item)
        case own.ReconciliationResolved():
            return tuple(
                replace(one, resolved_on=event.occurred_on, resolved_by=event.resolved_by)
                if one.item_id == event.item_id
                else one
                for one in known
            )
        case _:
            assert_never(event)


def fold_suggestions(
    known: tuple[Suggestion, ...], event: own.SuggestionMade | own.SuggestionSettled
) -> tuple[Suggestion, ...]:
    match event:
        case own.SuggestionMade():
            made = Suggestion(
                item_id=event.item_id,
                case_id=event.case_id,
                kind=event.kind,
                made_on=event.occurred_on,
                referral_id=event.referral_id,
                placement_id=event.placement_id,
                merge_id=event.merge_id,
                reopenable=event.reopenable,
            )
            return (*known, made)
        case own.SuggestionSettled():
            return tuple(
                replace(one, outcome=event.outcome, settled_on=event.occurred_on, settled_by=event.settled_by)
                if one.item_id == event.item_id
                else one
                for one in known
            )
        case _:
            assert_never(event)
