"""C1, C2, C8: when a case opens, moves, closes and goes on by itself."""

from datetime import date, timedelta

import pytest

from contracts.events.casework import (
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    CaseReopened,
    CaseTransferred,
)
from contracts.words import Ability, CaseClosedReason, Department, DepartureReason, OfficeChangeReason
from services.casework.domain.casebook import CloseCase
from tests.unit.casework.given import (
    ANNA,
    BERTA,
    DAY,
    MANAGER,
    REGIONAL,
    START,
    VAHR,
    WALLE,
    Casework,
    assigned,
    planned,
)


@pytest.mark.parametrize("ability", [Ability.ABLE, Ability.NEEDS_QUALIFICATION])
def test_a_case_opens_for_whoever_can_work_or_needs_qualification(ability: Ability) -> None:
    casework = Casework()
    casework.registers()
    assert casework.spoken == []
    casework.assesses(ability=ability)
    (opened,) = casework.said(CaseOpened)
    assert (opened.person_id, opened.office, opened.occurred_on) == (ANNA, VAHR, START)


@pytest.mark.parametrize("ability", [Ability.LIMITED, Ability.UNABLE])
def test_no_case_opens_for_whoever_cannot_work(ability: Ability) -> None:
    casework = Casework()
    casework.registers()
    casework.assesses(ability=ability)
    assert casework.spoken == []


def test_a_regional_office_has_no_cases_and_its_clients_get_one_with_the_move_to_their_centre() -> None:
    casework = Casework(today=date(2001, 9, 30))
    casework.able_client(office=REGIONAL)
    casework.next_day(date(2001, 10, 2))
    assert casework.spoken == []
    casework.moves(office=VAHR)
    assert casework.names() == ["CaseOpened"]


def test_a_move_announced_for_a_later_day_opens_the_case_on_that_day() -> None:
    casework = Casework(today=date(2001, 9, 28))
    casework.able_client(office=REGIONAL)
    casework.moves(office=VAHR, on=date(2001, 10, 2))
    casework.next_day(date(2001, 10, 3))
    (opened,) = casework.said(CaseOpened)
    assert opened.occurred_on == date(2001, 10, 2)


def test_clients_of_other_departments_get_no_case() -> None:
    casework = Casework()
    casework.registers()
    casework.departments(ANNA, Department.ADULTS)
    casework.assesses()
    assert casework.spoken == []


def test_a_second_assessment_opens_no_second_case() -> None:
    casework = Casework()
    casework.able_client()
    casework.assesses()
    assert casework.names() == ["CaseOpened"]


def test_protection_closes_the_case_and_clearing_lets_it_go_on() -> None:
    casework = assigned()
    casework.protects()
    assert casework.said(CaseClosed)[0].reason == "protected"
    casework.clears()
    assert casework.said(CaseReopened)[0].case_id == casework.case().case_id
    assert casework.case().case_manager is None
    casework.next_day()
    assert casework.case().case_manager == MANAGER


def test_protection_for_a_time_closes_and_reopens_the_case_by_the_calendar() -> None:
    casework = assigned()
    casework.protects(since=casework.today + 5 * DAY, until=casework.today + 8 * DAY)
    assert casework.said(CaseClosed) == []
    first = casework.today
    casework.next_day(first + 20 * DAY)
    assert [one.occurred_on for one in casework.said(CaseClosed)] == [first + 5 * DAY]
    assert [one.occurred_on for one in casework.said(CaseReopened)] == [first + 9 * DAY]


def test_a_protection_that_was_over_before_it_was_told_changes_nothing() -> None:
    casework = assigned()
    casework.next_day(casework.today + 10 * DAY)
    casework.protects(since=START - 20 * DAY, until=START - 10 * DAY)
    casework.next_day()
    assert casework.said(CaseClosed) == []


def test_a_client_protected_from_the_start_gets_a_case_when_that_ends() -> None:
    casework = Casework()
    casework.registers()
    casework.protects(until=START + 3 * DAY)
    casework.assesses()
    casework.next_day(START + 10 * DAY)
    assert [one.occurred_on for one in casework.said(CaseOpened)] == [START + 4 * DAY]


def test_the_end_of_all_aid_closes_the_case_and_the_end_of_one_benefit_does_not() -> None:
    casework = assigned()
    casework.benefit(name="hbl")
    casework.benefit_ends(name="hlu")
    assert casework.said(CaseClosed) == []
    casework.benefit_ends(name="hbl")
    assert [one.reason for one in casework.said(CaseClosed)] == ["aid_ended"]


def test_aid_that_ends_on_a_later_day_closes_the_case_on_that_day() -> None:
    casework = assigned()
    end = casework.today + 12 * DAY
    casework.benefit_ends(on=end)
    casework.next_day(end + 5 * DAY)
    assert [(one.reason, one.occurred_on) for one in casework.said(CaseClosed)] == [("aid_ended", end)]


def test_a_departure_closes_the_case_as_such_although_benefits_end_first() -> None:
    casework = assigned()
    casework.benefit_ends(why="departed")
    casework.departs()
    assert [one.reason for one in casework.said(CaseClosed)] == ["departed"]


def test_a_void_record_closes_the_case_as_an_error() -> None:
    casework = assigned()
    casework.departs(why=DepartureReason.VOID)
    casework.benefit_ends(why="error")
    assert [one.reason for one in casework.said(CaseClosed)] == ["error"]


def test_a_departed_client_gets_no_case() -> None:
    casework = Casework()
    casework.registers()
    casework.departs()
    casework.assesses()
    assert casework.spoken == []


def test_whoever_is_no_longer_able_to_work_is_let_go_and_taken_up_again() -> None:
    casework = assigned()
    casework.assesses(ability=Ability.UNABLE)
    casework.next_day()
    casework.assesses(ability=Ability.ABLE)
    assert casework.names() == ["CaseOpened", "CaseAssigned", "CaseClosed", "CaseReopened"]
    assert casework.said(CaseClosed)[0].reason == "not_able"


def test_a_returning_client_goes_on_with_the_same_case_and_plan() -> None:
    casework = planned()
    casework.benefit_ends()
    casework.next_day(casework.today + 30 * DAY)
    casework.benefit(name="again")
    assert len(casework.said(CaseOpened)) == 1
    assert len(casework.said(CaseReopened)) == 1
    assert casework.case().plan is not None


def test_what_a_case_manager_closed_as_integrated_goes_on_only_with_new_aid() -> None:
    casework = assigned()
    casework.command(CloseCase(case_id=casework.case().case_id, reason=CaseClosedReason.INTEGRATED))
    casework.assesses()
    casework.next_day()
    assert casework.said(CaseReopened) == []
    casework.benefit_ends()
    casework.next_day()
    casework.benefit(name="again")
    assert len(casework.said(CaseReopened)) == 1


def test_what_was_opened_in_error_stays_closed() -> None:
    casework = assigned()
    casework.command(CloseCase(case_id=casework.case().case_id, reason=CaseClosedReason.ERROR))
    casework.assesses()
    casework.next_day()
    casework.benefit(name="again")
    assert casework.said(CaseReopened) == []


def test_a_move_transfers_the_case_and_the_new_office_assigns_it() -> None:
    casework = planned()
    casework.desks["walle.fm1"] = WALLE
    casework.moves()
    (transferred,) = casework.said(CaseTransferred)
    assert (transferred.previous_office, transferred.office) == (VAHR, WALLE)
    assert casework.case().case_manager is None
    casework.next_day()
    assert [(one.office, one.case_manager) for one in casework.said(CaseAssigned)] == [
        (VAHR, MANAGER),
        (WALLE, "walle.fm1"),
    ]
    assert casework.case().plan is not None


def test_a_move_on_a_later_day_transfers_on_that_day() -> None:
    casework = assigned()
    casework.moves(on=casework.today + timedelta(days=4))
    casework.next_day(casework.today + timedelta(days=9))
    assert [one.occurred_on for one in casework.said(CaseTransferred)] == [START + timedelta(days=5)]


@pytest.mark.parametrize("reason", [*OfficeChangeReason])
def test_a_transfer_says_why_the_office_changed(reason: OfficeChangeReason) -> None:
    casework = assigned()
    casework.moves(reason=reason)
    assert [one.reason for one in casework.said(CaseTransferred)] == [reason.value]


def test_a_case_that_a_merge_or_its_end_brings_to_another_office_says_so() -> None:
    casework = Casework()
    casework.able_client(BERTA)
    casework.registers(ANNA, office=WALLE)
    casework.merges()
    casework.unmerges()
    assert [(one.office, one.reason) for one in casework.said(CaseTransferred)] == [
        (WALLE, "merged"),
        (VAHR, "unmerged"),
    ]


def test_a_case_that_goes_on_by_itself_says_which_fact_has_ceased() -> None:
    casework = assigned()
    casework.protects()
    casework.clears()
    casework.assesses(ability=Ability.UNABLE)
    casework.assesses(ability=Ability.ABLE)
    casework.benefit_ends()
    casework.benefit(name="again")
    casework.command(CloseCase(case_id=casework.case().case_id, reason=CaseClosedReason.INTEGRATED))
    casework.next_day()
    casework.benefit(name="after work")
    casework.departs()
    casework.able_client()
    told = [one.reason for one in casework.said(CaseReopened)]
    assert told == ["protection_ended", "able_again", "aid_again", "aid_again", "returned"]


def test_a_reopened_case_keeps_the_day_of_its_first_opening_its_plan_and_its_referrals() -> None:
    casework = planned()
    asked = casework.refer()
    first = casework.case()
    casework.next_day(START + 100 * DAY)
    casework.benefit_ends()
    casework.next_day(START + 130 * DAY)
    casework.benefit(name="again")
    casework.next_day()
    again = casework.case()
    assert (again.case_id, again.opened_on, again.plan) == (first.case_id, START, first.plan)
    assert [one.referral_id for one in casework.states[ANNA].casework.requests] == [asked.referral_id]
