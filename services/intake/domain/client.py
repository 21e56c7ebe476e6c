"""One client's state: dated facts in tuples, as the events on `intake.person.v1` told them."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from contracts.words import (
    Ability,
    BasisKind,
    BenefitKind,
    Department,
    DepartureReason,
    Mobility,
    Money,
    ProtectionClass,
    Qualification,
    Sex,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """From `since` the client lives in `district`, and `office` is responsible."""

    since: date
    office: str
    district: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """From `since` the client belongs to a household, or to none."""

    since: date
    household_id: str | None
    head: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    assessed_on: date
    ability: Ability
    qualification: Qualification
    languages: tuple[str, ...]
    hours_per_week: int
    mobility: Mobility
    work_permit: bool
    earliest_start: date
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Holds on `valid_from` to `valid_until`, both inclusive, but not from `cleared_on` on.

    Who set and who cleared it, and the business days on which they did; None in records older than these facts.
    """

    protection_id: str
    protection_class: ProtectionClass
    valid_from: date
    valid_until: date | None
    cleared_on: date | None = None
    set_by: str | None = None
    set_recorded_on: date | None = None
    cleared_by: str | None = None
    clearing_recorded_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A legal basis for disclosure to `agency` (None: any)."""

    basis_id: str
    kind: BasisKind
    agency: str | None
    valid_from: date
    valid_until: date | None
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What a benefit pays a month, from `since`."""

    since: date
    monthly: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """In force on day d if `since` <= d and d < `ended_on` (None: without end)."""

    benefit_id: str
    kind: BenefitKind
    amounts: tuple[Amount, ...]
    ended_on: date | None = None

    @property
    def since(self) -> date:
        return self.amounts[0].since

    def in_force(self, day: date) -> bool:
        return self.since <= day and (self.ended_on is None or day < self.ended_on)

    def lasts_beyond(self, day: date) -> bool:
        """Whether it is in force on `day` or, begun or not, on a later day."""
        return self.ended_on is None or self.ended_on > max(day, self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`loser_id` is `survivor_id`, until the merge is undone."""

    merge_id: str
    survivor_id: str
    loser_id: str
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What is known under one `person_id`. Residences, memberships and amounts stand in order of `since`.

    Of an erased client nothing is left but to which households the id belonged: who heads one on a day, and what it was
    paid, follows from all who ever did."""

    person_id: str
    registered_on: date | None = None
    sex: Sex | None = None
    birth_month: str | None = None
    residences: tuple[Residence, ...] = ()
    memberships: tuple[Membership, ...] = ()
    departments: tuple[Department, ...] = ()
    departments_since: date | None = None
    assessment: Assessment | None = None
    protections: tuple[Protection, ...] = ()
    bases: tuple[Basis, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    departed_on: date | None = None
    departure: DepartureReason | None = None
    merges: tuple[Merge, ...] = ()
    possible_duplicates: tuple[str, ...] = ()
    dismissed_duplicates: tuple[str, ...] = ()
    """Of those, the records that are other persons."""
    erased_on: date | None = None

    @property
    def erased(self) -> bool:
        return self.erased_on is not None

    def without(self, subject: str) -> Self:
        return replace(
            self,
            merges=tuple(one for one in self.merges if subject not in {one.survivor_id, one.loser_id}),
            possible_duplicates=tuple(one for one in self.possible_duplicates if one != subject),
            dismissed_duplicates=tuple(one for one in self.dismissed_duplicates if one != subject),
        )

    @property
    def canonical(self) -> str:
        found = (m.survivor_id for m in self.merges if m.loser_id == self.person_id and not m.ended)
        return next(found, self.person_id)

    @property
    def alone(self) -> bool:
        """No other record is this person: both sides of a merge know of it."""
        return all(merge.ended for merge in self.merges)

    def due(self, _: date) -> date | None:
        """Nothing changes here by time alone: every fact is dated, and whoever counts asks for a day."""
        return None

    @property
    def references(self) -> tuple[str, ...]:
        """A merge is known by its own id, at its survivor."""
        return tuple(m.merge_id for m in self.merges if m.survivor_id == self.person_id)

    @property
    def registered(self) -> bool:
        return self.registered_on is not None

    def is_client(self, day: date) -> bool:
        """Registered at any time and not departed by `day`."""
        return self.registered and (self.departed_on is None or day < self.departed_on)

    @property
    def residence(self) -> Residence:
        """The latest one; a registered client always has one."""
        return self.residences[-1]

    @property
    def membership(self) -> Membership | None:
        return self.memberships[-1] if self.memberships else None

    def benefit(self, benefit_id: str) -> Benefit | None:
        return next((b for b in self.benefits if b.benefit_id == benefit_id), None)

    def protection(self, protection_id: str) -> Protection | None:
        return next((p for p in self.protections if p.protection_id == protection_id), None)

    def protected_by(self, day: date) -> frozenset[ProtectionClass]:
        """The classes of the protections that hold on that day."""
        return frozenset(
            one.protection_class
            for one in self.protections
            if one.valid_from <= day
            and (one.valid_until is None or day <= one.valid_until)
            and (one.cleared_on is None or day < one.cleared_on)
        )

    def basis(self, basis_id: str) -> Basis | None:
        return next((b for b in self.bases if b.basis_id == basis_id), None)


def initial(person_id: str) -> Client:
    return Client(person_id=person_id)
