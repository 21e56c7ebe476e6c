"""What the city knows: its people, who of them receives aid, its cases. Changed only by folding actions and answers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from simulation.chance import fraction, weighted
from simulation.city import actions, benefits, people
from simulation.city.actions import Action
from simulation.city.names import Names
from simulation.city.people import Household, Person
from simulation.facts import Facts

MEAN_STAY_DAYS = 1000.0
Answer = Sequence[dict[str, Any]]
"""What the services answered to an action: one object for each of its lines or requests, empty where refused."""


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

    @property
    def monthly(self) -> int:
        return self.hlu + self.hbl


@dataclass(slots=True)
class CaseNote:
    """What the case managers remember of a case."""

    plan_on: date | None = None
    version: int = 0
    referred_on: date | None = None
    referrals: int = 0
    withdrawn: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)


class Town:
    """Everything by number, in the order of arrival."""

    def __init__(self, seed: int, names: Names, facts: Facts) -> None:
        self.seed, self.names, self.facts = seed, names, facts
        self.known: dict[int, Known] = {}
        self.by_id: dict[str, Known] = {}
        self.notes: dict[str, CaseNote] = {}
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

    def after(self, action: Action, answer: Answer, day: date) -> None:
        """Fold one action with its answer."""
        match action:
            case actions.Arrive():
                self._arrive(action, answer, day)
            case actions.Return():
                for one in self._touched(action.persons, day):
                    self._start(one)
                self._stay(self.known[action.persons[0]].person.household, day)
            case actions.EndAid() | actions.Depart():
                for one in self._touched(action.persons, day):
                    one.departed = isinstance(action, actions.Depart)
                    self._stop(one, day)
            case actions.Assess():
                (one,) = self._touched((action.person,), day)
                one.assessed = True
                one.basis_id = next((found["basis_id"] for found in answer if "basis_id" in found), None)
            case actions.Protect():
                (one,) = self._touched((action.person,), day)
                one.protection_id = answer[0].get("protection_id")
                one.ill_since, one.ill_days = day, action.days
            case actions.ClearProtection():
                (one,) = self._touched((action.person,), day)
                one.protection_id = None
            case actions.RevokeBasis():
                (one,) = self._touched((action.person,), day)
                one.basis_id = None
            case actions.Move():
                for one in self._touched(action.persons, day):
                    one.district, one.moved = action.district, True
            case actions.RegisterTwin():
                (one,) = self._touched((action.person,), day)
                one.twin_id, one.twin_since = answer[0].get("person_id"), day
                self.registered += 1
            case actions.MergeTwin():
                (one,) = self._touched((action.person,), day)
                one.twin_id = None
            case _:
                self._case(action, day)

    def _case(self, action: Action, day: date) -> None:
        match action:
            case actions.Agree():
                note = self.note(action.case)
                note.plan_on, note.version = day, action.version
            case actions.Refer():
                note = self.note(action.case)
                note.referred_on = day
                note.referrals += 1
            case actions.Withdraw():
                self.note(action.case).withdrawn.add(action.referral)
            case actions.Confirm():
                self.note(self.known[action.person].person_id).confirmed.add(action.placement)
            case _:
                pass

    def note(self, case: str) -> CaseNote:
        return self.notes.setdefault(case, CaseNote())

    def _touched(self, persons: Sequence[int], day: date) -> Iterator[Known]:
        for number in persons:
            one = self.known[number]
            one.touched_on = day
            yield one

    def _arrive(self, action: actions.Arrive, answer: Answer, day: date) -> None:
        if not self.known:
            self.base_level, self.opened_on = action.level, day
        household = self.household(action, day)
        self.next_household = max(self.next_household, action.household + 1)
        for person, found in zip(household.people[: action.size], answer, strict=True):
            hlu, hbl = self.amounts(person, action.level)
            one = Known(person, found["person_id"], day, hlu, hbl, household.district, in_aid=False, touched_on=day)
            self.known[person.number] = self.by_id[one.person_id] = one
            self.members.setdefault(action.household, []).append(person.number)
            self._start(one)
            self.registered += 1
        self._stay(action.household, day)

    def _stay(self, household: int, day: date) -> None:
        drawn = fraction(self.seed, household, "stay", day)
        self.stays[household] = day.toordinal() - MEAN_STAY_DAYS * math.log(1 - drawn)

    def _start(self, one: Known) -> None:
        if not one.in_aid:
            one.in_aid, one.left_on = True, None
            self.in_aid += 1
            self.monthly += one.monthly

    def _stop(self, one: Known, day: date) -> None:
        if one.in_aid:
            one.in_aid, one.left_on = False, day
            self.in_aid -= 1
            self.monthly -= one.monthly
            self.former.append(one.person.number)
            if not self.alive(one.person.household):
                self.stays.pop(one.person.household, None)

    def new_district(self, household: int, day: date) -> str:
        return weighted(self.facts.shares, fraction(self.seed, household, day, "new district"))
