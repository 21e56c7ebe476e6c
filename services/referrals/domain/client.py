"""What referrals knows of one client: records that are each the fold of one topic, none depending on another."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from services.referrals.domain.circumstances import Circumstances, first_stop
from services.referrals.domain.placement import Placement
from services.referrals.domain.referral import Referral


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The fold of `intake.identity.v1`: its newest version."""

    version: int
    given_name: str
    family_name: str
    street: str
    house_number: str
    postcode: str
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldToErase:
    """Of an erased client an agency had this referral: it was told to erase, and confirmed it or has not yet."""

    referral_id: str
    agency: str
    confirmed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`circumstances` from `intake.person.v1`, `contact` from `intake.identity.v1`, the rest from our own topic.

    Of an erased client nothing is left but the day, and the pseudonyms under which agencies were told to erase."""

    person_id: str
    circumstances: Circumstances = field(default_factory=Circumstances)
    contact: Contact | None = None
    referrals: tuple[Referral, ...] = ()
    placements: tuple[Placement, ...] = ()
    erased_on: date | None = None
    told_to_erase: tuple[ToldToErase, ...] = ()

    @property
    def erased(self) -> bool:
        return self.erased_on is not None

    def without(self, subject: str) -> Self:
        known = self.circumstances
        merges = tuple(one for one in known.merges if subject not in {one.survivor_id, one.loser_id})
        return self if merges == known.merges else replace(self, circumstances=replace(known, merges=merges))

    @property
    def canonical(self) -> str:
        lost = [m.survivor_id for m in self.circumstances.merges if m.loser_id == self.person_id and not m.ended]
        return lost[-1] if lost else self.person_id

    @property
    def references(self) -> tuple[str, ...]:
        told = (one.referral_id for one in self.told_to_erase)
        return (*(r.referral_id for r in self.referrals), *(p.placement_id for p in self.placements), *told)

    def due(self, _: date) -> date | None:
        """Every deadline stands until what is decided on it uses it up, however late that is."""
        return min(self._deadlines(), default=None)

    def _deadlines(self) -> Iterator[date]:
        """Of a merged client the circumstances lie in several states: those are weighed daily by rank instead."""
        for referral in self.referrals:
            yield from referral.deadlines()
            if referral.is_open and referral.requested_on and not self.circumstances.merged:
                stop = first_stop([self.circumstances], referral.agency, since=referral.requested_on)
                yield from [stop.on] if stop else []
        for placement in self.placements:
            yield from placement.deadlines()

    def referral(self, referral_id: str) -> Referral | None:
        return next((found for found in self.referrals if found.referral_id == referral_id), None)

    def placement(self, placement_id: str) -> Placement | None:
        return next((found for found in self.placements if found.placement_id == placement_id), None)

    def result(self, referral_id: str, result_id: str) -> Placement | None:
        """The placement that a result's message id, or a repeat's, stands for today: corrections lead to their
        successor."""
        mine = [p for p in self.placements if p.referral_id == referral_id]
        found = next((p for p in mine if p.is_told_by(result_id)), None)
        while found is not None and found.superseded_by is not None:
            successor = next((p for p in mine if p.placement_id == found.superseded_by), None)
            if successor is None:
                break
            found = successor
        return found
