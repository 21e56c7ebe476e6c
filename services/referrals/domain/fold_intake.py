"""Folds `intake.person.v1` into a client's circumstances."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from contracts.events import intake
from services.referrals.domain.circumstances import ONE_DAY, Basis, Benefit, Circumstances, Merge, Protection
from services.referrals.domain.client import Client

T = TypeVar("T")


def fold_intake(client: Client, event: intake.IntakeEvent, sequence: int) -> Client:
    """Every record moves `sequence` on, whether or not it says something that matters here."""
    known = replace(client.circumstances, sequence=max(sequence, client.circumstances.sequence))
    return replace(client, circumstances=_circumstances(known, event))


def _circumstances(known: Circumstances, event: intake.IntakeEvent) -> Circumstances:
    day_before = event.occurred_on - ONE_DAY if event.occurred_on > event.occurred_on.min else event.occurred_on
    match event:
        case intake.ClientRegistered():
            return replace(known, departed_on=None, departure=None)
        case intake.ClientDeparted(reason=reason):
            return replace(known, departed_on=event.occurred_on, departure=reason)
        case intake.ClientsMerged(merge_id=merge_id):
            merge = Merge(merge_id=merge_id, survivor_id=event.survivor_id, loser_id=event.loser_id)
            return replace(known, merges=(*known.merges, merge))
        case intake.ClientsUnmerged(merge_id=merge_id):
            ended = Merge(merge_id=merge_id, survivor_id=event.survivor_id, loser_id=event.loser_id, ended=True)
            return replace(known, merges=_put(known.merges, ended, lambda one: one.merge_id == merge_id))
        case intake.ProtectionSet(protection_id=protection_id):
            protection = Protection(
                protection_id=protection_id, valid_from=event.valid_from, valid_until=event.valid_until
            )
            kept = _put(known.protections, protection, lambda one: one.protection_id == protection_id)
            return replace(known, protections=kept)
        case intake.ProtectionCleared(protection_id=protection_id):
            cleared = (
                replace(one, valid_until=min(one.valid_until or day_before, day_before))
                if one.protection_id == protection_id
                else one
                for one in known.protections
            )
            return replace(known, protections=tuple(cleared))
        case intake.DisclosureBasisRecorded(basis_id=basis_id):
            basis = Basis(
                basis_id=basis_id, agency=event.agency, valid_from=event.valid_from, valid_until=event.valid_until
            )
            return replace(known, bases=_put(known.bases, basis, lambda one: one.basis_id == basis_id))
        case intake.DisclosureBasisRevoked(basis_id=basis_id):
            revoked = (
                replace(one, valid_until=min(one.valid_until or day_before, day_before))
                if one.basis_id == basis_id
                else one
                for one in known.bases
            )
            return replace(known, bases=tuple(revoked))
        case intake.BenefitStarted(benefit_id=benefit_id):
            started = Benefit(benefit_id=benefit_id)
            return replace(known, benefits=_put(known.benefits, started, lambda one: one.benefit_id == benefit_id))
        case intake.BenefitEnded(benefit_id=benefit_id):
            ending = Benefit(benefit_id=benefit_id, ended_on=event.occurred_on)
            return replace(known, benefits=_put(known.benefits, ending, lambda one: one.benefit_id == benefit_id))
        case _:
            return known


def _put(known: Iterable[T], new: T, same: Callable[[T], bool]) -> tuple[T, ...]:
    """The records with `new` in the place of the one that is the same, or at the end."""
    found = list(known)
    places = [place for place, one in enumerate(found) if same(one)]
    if places:
        found[places[0]] = new
    else:
        found.append(new)
    return tuple(found)
