"""Time in a case's course: whatever is told, when, and however late, a case stands every day as that day has it."""

from datetime import date
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contracts.events.casework import CaseClosed, CaseOpened, CaseReopened, CaseTransferred, ReviewDue
from contracts.words import Ability, CaseClosedReason, Department
from services.casework.domain.casebook import CloseCase
from services.casework.domain.course import follow
from tests.unit.casework.given import (
    ANNA,
    BERTA,
    DAY,
    REGIONAL,
    START,
    VAHR,
    WALLE,
    Casework,
    assigned,
    planned,
)

PEOPLE = (ANNA, BERTA)


def test_an_inability_that_was_over_before_it_was_told_leaves_nothing_to_do() -> None:
    casework = assigned()
    casework.next_day(START + 60 * DAY)
    casework.assesses(ability=Ability.ABLE, on=START + 40 * DAY)
    casework.assesses(ability=Ability.UNABLE, on=START + 10 * DAY)
    before = casework.names()
    assert casework.dues[ANNA] is None
    casework.next_day()
    assert casework.names() == before
    assert casework.case().open


def test_a_protection_to_the_end_of_all_calendars_closes_the_case_and_leaves_nothing_due() -> None:
    casework = assigned()
    casework.protects(until=date.max)
    assert [one.reason for one in casework.said(CaseClosed)] == [CaseClosedReason.PROTECTED]
    assert casework.dues[ANNA] is None


def test_who_left_once_and_came_back_may_end_aid_by_work() -> None:
    casework = assigned()
    casework.benefit_ends(why="departed")
    casework.next_day(START + 10 * DAY)
    casework.benefit(name="again")
    casework.next_day(START + 20 * DAY)
    casework.benefit_ends(name="again", why="work")
    reasons = [one.reason for one in casework.said(CaseClosed)]
    assert reasons == [CaseClosedReason.DEPARTED, CaseClosedReason.AID_ENDED]


def test_a_time_without_eligibility_still_to_come_closes_and_reopens_the_case_on_its_days() -> None:
    casework = assigned()
    casework.assesses(ability=Ability.UNABLE, on=START + 10 * DAY)
    casework.assesses(ability=Ability.ABLE, on=START + 40 * DAY)
    casework.next_day(START + 60 * DAY)
    assert [one.occurred_on for one in casework.said(CaseClosed)] == [START + 10 * DAY]
    assert [one.occurred_on for one in casework.said(CaseReopened)] == [START + 40 * DAY]


def test_a_case_opens_for_the_months_in_which_there_can_be_one() -> None:
    casework = Casework()
    casework.able_client()
    casework.protects(until=START + 4 * DAY)
    casework.protects(since=START + 10 * DAY, name="again")
    casework.next_day(START + 20 * DAY)
    assert [one.occurred_on for one in casework.said(CaseReopened)] == [START + 5 * DAY]
    assert [one.occurred_on for one in casework.said(CaseClosed)] == [START, START + 10 * DAY]


def test_aid_known_to_begin_and_end_gives_a_case_for_that_time() -> None:
    casework = Casework()
    casework.able_client()
    casework.benefit_ends()
    casework.benefit(name="winter", on=START + 30 * DAY)
    casework.benefit_ends(name="winter", on=START + 90 * DAY)
    casework.next_day(START + 100 * DAY)
    assert [one.occurred_on for one in casework.said(CaseReopened)] == [START + 30 * DAY]
    assert [one.occurred_on for one in casework.said(CaseClosed)] == [START, START + 90 * DAY]


def test_a_turn_that_came_too_late_for_what_it_was_for_is_used_up_all_the_same() -> None:
    casework = assigned()
    casework.protects(since=START + 5 * DAY, until=START + 8 * DAY)
    casework.late_day(START + 20 * DAY)
    assert casework.case().open
    assert casework.dues[ANNA] is None


def test_a_review_is_due_on_its_day_also_after_a_leap_day_and_a_month_that_is_too_short() -> None:
    casework = Casework(today=date(2003, 8, 30))
    casework.able_client()
    casework.next_day()
    casework.agree()
    casework.next_day(date(2004, 3, 2))
    assert [one.occurred_on for one in casework.said(ReviewDue)] == [date(2004, 2, 29)]


def test_a_review_missed_by_a_late_turn_is_due_at_once_and_once() -> None:
    casework = planned()
    casework.late_day(casework.today + 300 * DAY)
    casework.next_day()
    assert [one.occurred_on for one in casework.said(ReviewDue)] == [casework.today - DAY]


people = st.sampled_from(PEOPLE)
offsets = st.integers(-40, 40)
abilities = st.sampled_from([Ability.ABLE, Ability.ABLE, Ability.UNABLE, Ability.NEEDS_QUALIFICATION])
offices = st.sampled_from([VAHR, VAHR, WALLE, REGIONAL])
aid = st.sampled_from(["hlu", "hbl", "again"])
rarely = st.integers(0, 7).map(lambda number: number == 7)
"""For what ends much of what the others could have shown."""


class Course(RuleBasedStateMachine):
    """Facts dated before and after the day on which they are told, in any order, and days that come late."""

    def __init__(self) -> None:
        super().__init__()
        self.casework = Casework(desks={"vahr.fm1": VAHR, "walle.fm1": WALLE})
        self.numbers = count()
        for person in PEOPLE:
            self.casework.able_client(person)

    @rule(person=people, ability=abilities, on=offsets)
    def assess(self, person: str, ability: Ability, on: int) -> None:
        self.casework.assesses(person, ability, on=self.casework.today + on * DAY)

    @rule(person=people, since=offsets, length=st.none() | st.integers(0, 30))
    def protect(self, person: str, since: int, length: int | None) -> None:
        begins = self.casework.today + since * DAY
        until = None if length is None else begins + length * DAY
        name = f"protection {next(self.numbers) % 3}"
        self.casework.protects(person, since=begins, until=until, name=name)

    @rule(person=people, number=st.integers(0, 2))
    def clear(self, person: str, number: int) -> None:
        self.casework.clears(person, name=f"protection {number}")

    @rule(person=people, name=aid, on=offsets)
    def begin_aid(self, person: str, name: str, on: int) -> None:
        self.casework.benefit(person, name=name, on=self.casework.today + on * DAY)

    @rule(person=people, name=aid, on=offsets)
    def end_aid(self, person: str, name: str, on: int) -> None:
        self.casework.benefit_ends(person, name=name, on=self.casework.today + on * DAY)

    @rule(person=people, office=offices, on=offsets)
    def move(self, person: str, office: str, on: int) -> None:
        self.casework.moves(person, office, on=self.casework.today + on * DAY)

    @rule(person=people, other=rarely, on=offsets)
    def assign_departments(self, person: str, on: int, *, other: bool) -> None:
        department = Department.ADULTS if other else Department.ECONOMIC_ASSISTANCE
        self.casework.departments(person, department, on=self.casework.today + on * DAY)

    @rule(person=people, really=rarely)
    def depart(self, person: str, *, really: bool) -> None:
        if really:
            self.casework.departs(person)

    @rule(person=people, really=rarely)
    def come_back(self, person: str, *, really: bool) -> None:
        if really:
            self.casework.able_client(person)

    @rule(person=people, reason=st.sampled_from([CaseClosedReason.INTEGRATED, CaseClosedReason.ERROR]), really=rarely)
    def close(self, person: str, reason: CaseClosedReason, *, really: bool) -> None:
        for case in self.casework.person(person).open_cases if really else ():
            self.casework.command(CloseCase(case_id=case.case_id, reason=reason))

    @rule(person=people)
    def plan(self, person: str) -> None:
        for case in self.casework.person(person).open_cases:
            if case.case_manager is not None:
                self.casework.agree(case.case_id)

    @precondition(lambda self: not any(state.intake.merges for state in self.casework.states.values()))
    @rule(survivor=people, loser=people)
    def merge(self, survivor: str, loser: str) -> None:
        if survivor != loser:
            self.casework.merges(survivor=survivor, loser=loser)

    @precondition(lambda self: any(state.intake.merges for state in self.casework.states.values()))
    @rule()
    def unmerge(self) -> None:
        merge = next(one for state in self.casework.states.values() for one in state.intake.merges)
        self.casework.unmerges(survivor=merge.survivor_id, loser=merge.loser_id)

    @rule(days=st.sampled_from([1, 1, 2, 7, 35, 190]))
    def pass_days(self, days: int) -> None:
        self.casework.next_day(self.casework.today + days * DAY)

    @rule(days=st.integers(2, 60))
    def pass_days_unhandled(self, days: int) -> None:
        """As after a redrive: the days between were handled for others, not for these clients."""
        self.casework.late_day(self.casework.today + days * DAY)

    @invariant()
    def every_case_stands_as_the_day_has_it(self) -> None:
        """Nobody is forgotten by the timers: asking everyone finds nothing that was left undone."""
        for person in PEOPLE:
            found = self.casework.person(person)
            assert follow(found, self.casework.context(f"look {next(self.numbers)}")) == ()

    @invariant()
    def no_timer_is_left_behind(self) -> None:
        assert all(due is None or due > self.casework.today for due in self.casework.dues.values())

    @invariant()
    def every_review_is_due_once(self) -> None:
        due = [(one.case_id, one.plan_version) for one in self.casework.said(ReviewDue)]
        assert len(due) == len(set(due))

    @invariant()
    def cases_open_and_close_by_turns(self) -> None:
        open_cases: set[str] = set()
        for event in self.casework.spoken:
            match event:
                case CaseOpened() | CaseReopened():
                    assert event.case_id not in open_cases
                    open_cases.add(event.case_id)
                case CaseClosed():
                    open_cases.remove(event.case_id)
                case CaseTransferred():
                    assert event.case_id in open_cases
                    assert event.office != event.previous_office
                case _:
                    pass


TestCourse = Course.TestCase
TestCourse.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
