"""What commands are made of."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.words import BenefitKind, Money, ProtectionClass

Similar = tuple[tuple[str, int], ...]
"""Persons whose records resemble another's, with the similarity in per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdChoice:
    """An office's number of a household, or the id of a known one; neither: a new household."""

    number: str | None = None
    household_id: str | None = None
    head: bool = True


NEW_HOUSEHOLD: Final = HouseholdChoice()


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitGrant:
    kind: BenefitKind
    monthly: Money
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionGrant:
    protection_class: ProtectionClass
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommand:
    """A command to one client; a merged id's is carried out at the survivor."""

    person_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id,)
