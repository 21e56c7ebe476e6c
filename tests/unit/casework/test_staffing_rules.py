"""Assignment as rules that hold on every day, whoever comes, goes, is trained, falls ill and returns."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from services.casework.domain.absence import HandOver, Held
from services.casework.domain.assignment import AssignCase, QueueCase, Waiting, distribute
from services.casework.domain.desks import Desk
from tests.unit.casework.given import START, VAHR, WALLE

Decision = HandOver | AssignCase | QueueCase
OFFICES = (VAHR, WALLE)
offices = st.sampled_from(OFFICES)
numbers = st.integers(0, 20)


@dataclass(frozen=True)
class Open:
    """An open case. Persons' ids run against the order of opening, so that one is not taken for the other."""

    number: int
    office: str
    opened_on: date
    case_manager: str | None = None
    instead_of: str | None = None
    queued: bool = False

    @property
    def case_id(self) -> str:
        return f"case-{self.number:04d}"

    @property
    def place(self) -> tuple[date, str]:
        return self.opened_on, f"person-{9999 - self.number:04d}"


@dataclass
class Manager:
    office: str
    limit: int
    absent_until: date | None = None
    deputy: str | None = None


class Staffing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.today, self.opened = START, 0
        self.cases: dict[str, Open] = {}
        self.managers: dict[str, Manager] = {}

    @rule(office=offices, count=st.integers(1, 4))
    def open_cases(self, office: str, count: int) -> None:
        for _ in range(count):
            self.opened += 1
            case = Open(self.opened, office, self.today)
            self.cases[case.case_id] = case

    @rule(number=numbers)
    def close_one(self, number: int) -> None:
        if self.cases:
            del self.cases[sorted(self.cases)[number % len(self.cases)]]

    @rule(number=numbers)
    def move_one(self, number: int) -> None:
        if self.cases:
            case = self.cases[sorted(self.cases)[number % len(self.cases)]]
            office = next(one for one in OFFICES if one != case.office)
            moved = replace(case, office=office, case_manager=None, instead_of=None, queued=False)
            self.cases[case.case_id] = moved

    @rule(office=offices, limit=st.integers(1, 4))
    def train(self, office: str, limit: int) -> None:
        if len(self.managers) < 6:
            self.managers[f"fm{len(self.managers)}"] = Manager(office, limit)

    @rule(number=numbers, days=st.integers(1, 5), deputy=st.none() | numbers)
    def fall_ill(self, number: int, days: int, deputy: int | None) -> None:
        if not self.managers:
            return
        name = sorted(self.managers)[number % len(self.managers)]
        one = self.managers[name]
        others = [n for n, other in sorted(self.managers.items()) if other.office == one.office and n != name]
        one.absent_until = self.today + timedelta(days=days)
        one.deputy = others[deputy % len(others)] if others and deputy is not None else None

    @rule(seed=st.integers(0, 1000))
    def next_day(self, seed: int) -> None:
        self.today += timedelta(days=1)
        before, decided = dict(self.cases), self._decided(Random(seed))
        assert decided == self._decided(Random(seed + 1)), "the order in which rows are read shows"
        self._carry_out(decided)
        self._nobody_above_the_limit(decided)
        self._nobody_waits_while_there_is_room()
        self._in_order(before)
        self._with_whom_they_belong()
        assert not any(isinstance(one, QueueCase) and before[one.case_id].queued for one in decided)
        assert self._decided(Random(seed)) == (), "deciding again changes something"

    def _load(self, name: str) -> int:
        return sum(case.case_manager == name for case in self.cases.values())

    def _present(self, name: str | None) -> bool:
        until = self.managers[name].absent_until if name is not None else None
        return name is not None and (until is None or until <= self.today)

    def _decided(self, chance: Random) -> tuple[Decision, ...]:
        waiting = [
            Waiting(case_id=c.case_id, person_id=c.place[1], office=c.office, opened_on=c.opened_on, queued=c.queued)
            for c in self.cases.values()
            if c.case_manager is None
        ]
        held = [
            Held(
                case_id=c.case_id,
                person_id=c.place[1],
                office=c.office,
                opened_on=c.opened_on,
                case_manager=c.case_manager,
                instead_of=c.instead_of,
            )
            for c in self.cases.values()
            if c.case_manager is not None
        ]
        desks = [
            Desk(
                staff_id=name,
                office=one.office,
                load=self._load(name),
                limit=one.limit,
                absent=not self._present(name),
                deputy=None if self._present(name) else one.deputy,
            )
            for name, one in self.managers.items()
        ]
        for rows in (waiting, held, desks):
            chance.shuffle(rows)
        return distribute(waiting, held, desks)

    def _carry_out(self, decided: tuple[Decision, ...]) -> None:
        for one in decided:
            case = self.cases[one.case_id]
            match one:
                case HandOver():
                    assert case.case_manager == one.previous
                    case = replace(case, case_manager=one.case_manager, instead_of=one.instead_of)
                case AssignCase():
                    assert case.case_manager is None
                    case = replace(case, case_manager=one.case_manager, queued=False)
                case QueueCase():
                    case = replace(case, queued=True)
            self.cases[one.case_id] = case

    def _nobody_above_the_limit(self, decided: tuple[Decision, ...]) -> None:
        for name in {one.case_manager for one in decided if isinstance(one, AssignCase)}:
            assert self._present(name)
            assert self._load(name) <= self.managers[name].limit

    def _nobody_waits_while_there_is_room(self) -> None:
        for office in {case.office for case in self.cases.values() if case.case_manager is None}:
            for name, one in self.managers.items():
                assert one.office != office or not self._present(name) or self._load(name) >= one.limit

    def _in_order(self, before: dict[str, Open]) -> None:
        """Whoever got a case manager had waited longer than all who still wait at that office."""
        for office in OFFICES:
            new = [c for c in self.cases.values() if c.office == office and before[c.case_id].case_manager is None]
            given = [case.place for case in new if case.case_manager is not None]
            wait = [case.place for case in new if case.case_manager is None]
            assert not given or not wait or max(given) < min(wait)

    def _with_whom_they_belong(self) -> None:
        """With their own case manager, else with the deputy named, else with somebody who is there."""
        for case in self.cases.values():
            if case.case_manager is None:
                continue
            own = case.instead_of or case.case_manager
            if self._present(own):
                assert (case.case_manager, case.instead_of) == (own, None)
            elif self._present(deputy := self.managers[own].deputy):
                assert (case.case_manager, case.instead_of) == (deputy, own)
            else:
                there = [n for n, one in self.managers.items() if one.office == case.office and self._present(n)]
                assert case.case_manager in there or not there


TestStaffing = Staffing.TestCase
TestStaffing.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
