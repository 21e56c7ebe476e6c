"""What the city knows: its people, who of them receives aid, its cases. Changed only by `fold`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts.words import Ability, CaseClosedReason
from simulation.chance import fraction, weighted
from simulation.city import actions, benefits, people
from simulation.city.names import Names
from simulation.city.people import Household, Person, Role
from simulation.facts import Facts

MEAN_STAY_DAYS = 1000.0


@dataclass(slots=True)
class Known:
    """A person of the town. Amounts in Pfennig a month; `touched_on`: the newest day intake was told anything."""

    person: Person
    person_id: str
    comes: date
    hlu: int
    hbl: int
    district: str
    in_aid: bool = True
    left_on: date | None = None
    departed: bool = False
    assessed: bool = False
    basis_id: str | None = None
    protection_id: str | None = None
    ill_since: date | None = None
    ill_days: int = 0
    moved: bool = False
    twin_id: str | None = None
    twin_since: date | None = None
    touched_on: date | None = None
    home: int | None = None
    """The household that they moved into; None: the one that they came with."""
    ability: Ability | None = None
    volunteer: bool = False
    unable_since: date | None = None
    """Of somebody who could work before."""
    revoked_on: date | None = None
    corrected: bool = False
    split_on: date | None = None
    merge_id: str | None = None
    merged_on: date | None = None
    """Of the merge that may yet turn out wrong."""
    for_work: bool = False
    """Left aid for a job."""
    erased: bool = False

    @property
    def monthly(self) -> int:
        return self.hlu + self.hbl

    @property
    def household(self) -> int:
        return self.person.household if self.home is None else self.home

    @property
    def placeable(self) -> bool:
        """Able to work, or after qualification, and not protected since they came, or no longer."""
        able = self.ability in {Ability.ABLE, Ability.NEEDS_QUALIFICATION}
        return able and (self.person.protection is None or self.volunteer)

    @property
    def healthy(self) -> bool:
        return self.placeable and self.ill_since is None


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A case that was closed by hand."""

    person: int
    manager: str
    office: str
    on: date
    reason: CaseClosedReason


@dataclass(slots=True)
class CaseNote:
    """What the case managers remember of a case."""

    plan_on: date | None = None
    version: int = 0
    referred_on: date | None = None
    referrals: int = 0
    withdrawn: set[str] = field(default_factory=set)
    """Referrals that were taken back, voided, or shall stay although another agency found a job."""
    confirmed: set[str] = field(default_factory=set)
    closed: bool = False
    """Once, by hand."""


class Town:
    """Everything by number, in the order of arrival."""

    def __init__(self, seed: int, names: Names, facts: Facts, *, agencies: Sequence[str] = ()) -> None:
        self.seed, self.names, self.facts, self.agencies = seed, names, facts, agencies
        self.numbers: list[int] = []
        self.known: dict[int, Known] = {}
        self.by_id: dict[str, Known] = {}
        self.notes: dict[str, CaseNote] = {}
        self.closed: dict[str, ClosedCase] = {}
        self.doubles: dict[int, int] = {}
        """Who receives aid a second time, and as whom."""
        self.staff: dict[str, str] = {}
        """Case managers, with their office."""
        self.members: dict[int, list[int]] = {}
        self.stays: dict[int, float] = {}
        """Households in aid, with the day (its ordinal) until which they were drawn to need it."""
        self.former: list[int] = []
        self.next_household = 0
        self.base_level = 1_000_000
        self.opened_on = date.max
        """The day of the first files."""
        self.in_aid = 0
        self.monthly = 0
        """Pfennig a month for everyone in aid."""
        self.registered = 0

    def household(self, action: actions.Arrive, comes: date) -> Household:
        return people.household(self.seed, action.household, comes, self.names, self.facts, single=action.single)

    def amounts(self, person: Person, level: int) -> tuple[int, int]:
        raw_hlu, raw_hbl = benefits.hlu(self.seed, person), benefits.hbl(self.seed, person)
        return max(1, raw_hlu * level // 1_000_000), raw_hbl * level // 1_000_000

    def alive(self, household: int) -> list[int]:
        """Members in aid."""
        return [number for number in self.members.get(household, ()) if self.known[number].in_aid]

    def has_children(self, one: Known) -> bool:
        return any(self.known[number].person.role is Role.MINOR for number in self.members.get(one.household, ()))

    def mistyped(self, one: Known) -> bool:
        """Whether the file still has a wrong birth date."""
        return not one.corrected and people.mistyped(self.seed, one.person.number)

    def twins(self) -> set[str]:
        """Second records of which somebody will find out whose they are."""
        found = {one.twin_id for one in self.known.values() if one.twin_id}
        return found | {self.known[second].person_id for second in self.doubles}

    def note(self, case: str) -> CaseNote:
        return self.notes.setdefault(case, CaseNote())

    def stay(self, household: int, day: date) -> None:
        drawn = fraction(self.seed, household, "stay", day)
        self.stays[household] = day.toordinal() - MEAN_STAY_DAYS * math.log(1 - drawn)

    def start(self, one: Known) -> None:
        if not one.in_aid:
            one.in_aid, one.left_on = True, None
            self.in_aid += 1
            self.monthly += one.monthly

    def stop(self, one: Known, day: date) -> None:
        if one.in_aid:
            one.in_aid, one.left_on = False, day
            self.in_aid -= 1
            self.monthly -= one.monthly
            self.former.append(one.person.number)
            if not self.alive(one.household):
                self.stays.pop(one.household, None)

    def new_district(self, household: int, day: date) -> str:
        return weighted(self.facts.shares, fraction(self.seed, household, day, "new district"))
