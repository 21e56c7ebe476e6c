"""Folds our own topic into placements."""

from collections.abc import Callable
from dataclasses import replace

from contracts.events import referrals as facts
from services.referrals.domain.placement import Asked, Checked, Insurance, Placement


def fold_placements(known: tuple[Placement, ...], event: facts.ReferralEvent) -> tuple[Placement, ...]:
    match event:
        case facts.PlacementReported():
            return (*known, _reported(known, event))
        case facts.ResultRepeated(placement_id=placement_id, message_id=message_id):
            return _change(known, placement_id, lambda one: replace(one, repeats=(*one.repeats, message_id)))
        case facts.PlacementConfirmed(placement_id=placement_id, confirmed_by=by):
            return _change(known, placement_id, lambda one: replace(one, confirmed_by=by))
        case facts.PlacementEnded(placement_id=placement_id):
            return _change(known, placement_id, lambda one: _ended(one, event))
        case facts.PlacementVoided(placement_id=placement_id, superseded_by=successor):
            return _change(known, placement_id, lambda one: replace(one, voided=True, superseded_by=successor))
        case facts.StatusQueried(placement_id=str(placement_id), question=question):
            asked = Asked(months=12 if question == "months_12" else 6, on=event.occurred_on)
            return _change(known, placement_id, lambda one: replace(one, asked=(*one.asked, asked)))
        case facts.SustainmentChecked(placement_id=placement_id):
            checked = Checked(months=event.months, outcome=event.outcome, revision=event.revision)
            return _change(known, placement_id, lambda one: replace(one, checked=_newest(one.checked, checked)))
        case facts.InsuranceReported(placement_id=placement_id):
            said = Insurance(on=event.occurred_on, insured=event.insured)
            return _change(known, placement_id, lambda one: replace(one, insurance=(*one.insurance, said)))
        case _:
            return known


def _newest(known: tuple[Checked, ...], checked: Checked) -> tuple[Checked, ...]:
    others = (one for one in known if one.months != checked.months)
    return tuple(sorted((*others, checked), key=lambda one: one.months))


def _ended(placement: Placement, event: facts.PlacementEnded) -> Placement:
    return replace(placement, ended_on=event.occurred_on, end_reason=event.reason, end_message_id=event.message_id)


def _reported(known: tuple[Placement, ...], event: facts.PlacementReported) -> Placement:
    """A new placement. A correction inherits what was said of the one before; what was asked, if the start is the same
    and thus the days of the questions."""
    before = next((p for p in known if p.placement_id == event.supersedes), None)
    return Placement(
        placement_id=event.placement_id,
        referral_id=event.referral_id,
        agency=event.agency,
        message_id=event.message_id,
        kind=event.kind,
        employer_id=event.employer_id,
        start=event.occurred_on,
        hours_per_week=event.hours_per_week,
        credited=event.credited,
        asked=before.asked if before and before.start == event.occurred_on else (),
        insurance=before.insurance if before else (),
    )


def _change(
    known: tuple[Placement, ...], placement_id: str, change: Callable[[Placement], Placement]
) -> tuple[Placement, ...]:
    return tuple(change(one) if one.placement_id == placement_id else one for one in known)
