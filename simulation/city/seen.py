"""What the city sees of the services when it decides on a day: the parts of their answers that it goes by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel, ConfigDict

from contracts.words import Ability, BenefitKind, PlacementKind, ServiceKind


class _Seen(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SeenReferral(_Seen):
    referral_id: str
    agency: str
    service: ServiceKind
    state: str
    requested_on: date | None = None


class SeenPlacement(_Seen):
    placement_id: str
    kind: PlacementKind
    start: date
    confirmed: bool
    ended_on: date | None = None

    def works(self, day: date) -> bool:
        return self.confirmed and self.start <= day and (self.ended_on is None or self.ended_on > day)


class SeenCase(_Seen):
    """A case as `GET /cases` shows it."""

    case_id: str
    person_id: str
    office: str
    case_manager: str | None
    assigned_on: date | None
    plan_version: int | None = None
    ability: Ability | None = None
    referrals: tuple[SeenReferral, ...] = ()
    placements: tuple[SeenPlacement, ...] = ()
    protected: bool = False


class SeenItem(_Seen):
    """A partner's message that could not be applied, and that nobody has looked at yet."""

    item_id: str
    person_id: str
    opened_on: date


class SeenSuggestion(_Seen):
    """What casework suggests to a case manager, as their work list shows it."""

    item_id: str
    case_id: str
    person_id: str
    referral_id: str | None
    made_on: date


class SeenPair(_Seen):
    """Two records that resemble each other, and that nobody has looked at yet."""

    person_id: str
    other_id: str
    found_on: date


class SeenEnd(_Seen):
    """A placement that has ended."""

    person_id: str
    ended_on: date


class SeenBenefit(_Seen):
    benefit_id: str
    kind: BenefitKind
    ended_on: date | None


class SeenProtection(_Seen):
    protection_id: str
    valid_until: date | None
    cleared_on: date | None


class SeenPayment(_Seen):
    payment_id: str
    month: str
    reversed_on: date | None = None


class SeenFile(_Seen):
    """Of a client's file what a clerk looks up before changing it; `payments` where they were asked for."""

    household_id: str | None
    benefits: tuple[SeenBenefit, ...]
    protections: tuple[SeenProtection, ...]
    payments: tuple[SeenPayment, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """`files`: of persons by number."""

    cases: tuple[SeenCase, ...] = ()
    items: tuple[SeenItem, ...] = ()
    suggestions: tuple[SeenSuggestion, ...] = ()
    ends: tuple[SeenEnd, ...] = ()
    pairs: tuple[SeenPair, ...] = ()
    files: Mapping[int, SeenFile] = field(default_factory=dict)
