"""C2: exactly one case manager, least loaded first, within the limit; beyond it a waiting list in order."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.casework import CaseAssigned, CaseQueued
from services.casework.domain.assignment import (
    AssignCase,
    CaseManagerElsewhere,
    QueueCase,
    RegisterCaseManager,
    UnknownOffice,
    Waiting,
    rank,
)
from services.casework.domain.desks import Desk
from services.casework.tables import CaseManagerRow
from tests.unit.casework.given import ANNA, BERTA, MANAGER, REGIONAL, START, VAHR, WALLE, Casework, assigned, uid

OFFICES = st.sampled_from([VAHR, WALLE])


def waiting(number: int, *, office: str = VAHR, opened_on: date = START, queued: bool = False) -> Waiting:
    name = f"{number:04d}"
    return Waiting(case_id=f"case-{name}", person_id=name, office=office, opened_on=opened_on, queued=queued)


def desk(staff_id: str, load: int = 0, *, office: str = VAHR, limit: int = 75) -> Desk:
    return Desk(staff_id=staff_id, office=office, load=load, limit=limit)


def test_nobody_is_assigned_before_the_next_day() -> None:
    casework = Casework()
    casework.able_client()
    assert casework.said(CaseAssigned) == []
    casework.next_day()
    (one,) = casework.said(CaseAssigned)
    assert (one.case_manager, one.office) == (MANAGER, VAHR)


def test_the_least_loaded_comes_first_then_the_lower_staff_id() -> None:
    desks = [desk("b", 1), desk("c"), desk("a", 1)]
    decided = rank([waiting(n) for n in range(4)], desks)
    assert [one.case_manager for one in decided if isinstance(one, AssignCase)] == ["c", "a", "b", "c"]


def test_whoever_has_waited_longest_comes_first_then_the_lower_person_id() -> None:
    later, tomorrow = waiting(1, opened_on=START + timedelta(days=1)), waiting(3)
    decided = rank([later, tomorrow, waiting(2)], [desk("a", limit=2)])
    assert [one.case_id for one in decided] == ["case-0002", "case-0003", "case-0001"]
    assert [type(one) for one in decided] == [AssignCase, AssignCase, QueueCase]


def test_a_case_goes_to_its_own_office_only() -> None:
    (decided,) = rank([waiting(1)], [desk("elsewhere", office=WALLE)])
    assert isinstance(decided, QueueCase)


def test_the_waiting_list_names_a_client_once_and_a_new_case_manager_takes_from_it() -> None:
    casework = Casework(limit=1)
    casework.able_client(ANNA)
    casework.able_client(BERTA)
    casework.next_day()
    casework.next_day()
    (queued,) = casework.said(CaseQueued)
    assert (queued.person_id, queued.since) == (BERTA, START)
    casework.desks["vahr.fm2"] = VAHR
    casework.next_day()
    assert [one.case_manager for one in casework.said(CaseAssigned)] == [MANAGER, "vahr.fm2"]


def test_a_closed_case_makes_room() -> None:
    casework = Casework(limit=1)
    casework.able_client(ANNA)
    casework.able_client(BERTA)
    casework.next_day()
    casework.benefit_ends(ANNA)
    casework.next_day()
    assert casework.case(BERTA).case_manager == MANAGER


def test_an_assignment_that_is_decided_again_or_too_late_changes_nothing() -> None:
    casework = assigned()
    case_id = casework.case().case_id
    for late in (
        AssignCase(case_id=case_id, office=VAHR, case_manager="vahr.fm2"),
        AssignCase(case_id=case_id, office=WALLE, case_manager="walle.fm1"),
        QueueCase(case_id=case_id, office=VAHR),
    ):
        assert casework.command(late).events == ()


@given(
    cases=st.lists(st.tuples(OFFICES, st.integers(0, 5)), max_size=30),
    desks=st.lists(st.tuples(OFFICES, st.integers(0, 4), st.integers(1, 6)), max_size=6),
    done=st.integers(0, 30),
)
def test_going_on_after_an_interruption_ends_like_going_through(
    cases: list[tuple[str, int]], desks: list[tuple[str, int, int]], done: int
) -> None:
    wait = [waiting(n, office=o, opened_on=START + timedelta(days=d)) for n, (o, d) in enumerate(cases)]
    staff = [desk(f"fm{n}", load, office=o, limit=limit) for n, (o, load, limit) in enumerate(desks)]
    through = rank(wait, staff)
    first, handled = through[:done], {one.case_id: one for one in through[:done]}
    loads = [one.case_manager for one in first if isinstance(one, AssignCase)]
    rest = [
        waiting(int(w.person_id), office=w.office, opened_on=w.opened_on, queued=w.case_id in handled)
        for w in wait
        if not isinstance(handled.get(w.case_id), AssignCase)
    ]
    staff_now = [desk(d.staff_id, d.load + loads.count(d.staff_id), office=d.office, limit=d.limit) for d in staff]
    assert first + rank(reversed(rest), staff_now[::-1]) == through


@given(st.lists(st.tuples(OFFICES, st.integers(0, 4), st.integers(1, 6)), max_size=6), st.integers(0, 30))
def test_nobody_gets_more_cases_than_the_limit_and_nobody_waits_while_there_is_room(
    desks: list[tuple[str, int, int]], number: int
) -> None:
    staff = [desk(f"fm{n}", load, office=o, limit=limit) for n, (o, load, limit) in enumerate(desks)]
    decided = rank([waiting(n) for n in range(number)], staff)
    given_to = [one.case_manager for one in decided if isinstance(one, AssignCase)]
    room = sum(max(0, one.limit - one.load) for one in staff if one.office == VAHR)
    assert len(given_to) == min(number, room)
    for one in staff:
        assert given_to.count(one.staff_id) <= max(0, one.limit - one.load)


def test_case_managers_are_registered_at_a_sozialzentrum() -> None:
    casework = Casework()
    command = RegisterCaseManager(staff_id="vahr.fm2", office=VAHR, since=START, caseload_limit=40)
    (row,) = casework.command(command).rows
    assert row == CaseManagerRow(staff_id="vahr.fm2", office=VAHR, since=START, caseload_limit=40)
    for office in (REGIONAL, "nowhere"):
        with pytest.raises(UnknownOffice):
            casework.command(RegisterCaseManager(staff_id="x", office=office, since=START))
    with pytest.raises(CaseManagerElsewhere):
        casework.command(RegisterCaseManager(staff_id="x", office=VAHR, since=START, known_office=WALLE))


def test_the_waiting_list_empties_in_order_over_the_days_as_case_managers_finish_training() -> None:
    """Six clients come on three days, two a day; case managers with room for one begin one a day from the fourth on."""
    casework = Casework(desks={}, limit=1)
    people = [uid(f"client {number}") for number in range(6)]
    for day in range(3):
        for person in sorted(people[2 * day : 2 * day + 2], reverse=True):
            casework.able_client(person)
        casework.next_day()
    assert len(casework.said(CaseQueued)) == 6
    expected = [person for day in range(3) for person in sorted(people[2 * day : 2 * day + 2])]
    for number, person in enumerate(expected, 1):
        casework.desks[f"vahr.fm{number}"] = VAHR
        casework.next_day()
        assigned_today = [one for one in casework.said(CaseAssigned) if one.occurred_on == casework.today]
        assert [(one.person_id, one.case_manager) for one in assigned_today] == [(person, f"vahr.fm{number}")]
    assert len(casework.said(CaseQueued)) == 6
