"""C10: a caseload is handed over while its case manager is absent, and goes back on the day of return."""

from datetime import date

import pytest

from contracts.events.casework import CaseAssigned, CaseQueued
from services.casework.domain.absence import (
    AbsenceIsOver,
    HandOver,
    NoDeputy,
    RecordAbsence,
    UnknownCaseManager,
)
from services.casework.tables import AbsenceRow
from tests.unit.casework.given import ANNA, BERTA, DAY, MANAGER, START, VAHR, WALLE, Casework, uid

DEPUTY, THIRD = "vahr.fm2", "vahr.fm3"


def team(*others: str, limit: int = 75) -> Casework:
    """Anna's and Berta's cases are the first case manager's."""
    casework = Casework(limit=limit)
    casework.able_client(ANNA)
    casework.able_client(BERTA)
    casework.next_day()
    casework.desks |= dict.fromkeys(others, VAHR)
    return casework


def holders(casework: Casework) -> list[tuple[str | None, str | None]]:
    return [(one.case_manager, one.instead_of) for one in (casework.case(ANNA), casework.case(BERTA))]


def test_every_case_goes_to_the_deputy_and_back_on_the_day_of_return() -> None:
    casework = team(DEPUTY, THIRD)
    casework.absent = {MANAGER: DEPUTY}
    casework.next_day()
    assert holders(casework) == [(DEPUTY, MANAGER)] * 2
    casework.next_day(casework.today + 7 * DAY)
    assert casework.names().count("CaseAssigned") == 4
    casework.absent = {}
    casework.next_day()
    assert holders(casework) == [(MANAGER, None)] * 2
    told = [(one.case_manager, one.instead_of) for one in casework.said(CaseAssigned)]
    assert told == [(MANAGER, None)] * 2 + [(DEPUTY, MANAGER)] * 2 + [(MANAGER, None)] * 2


def test_without_a_deputy_the_least_loaded_colleagues_stand_in() -> None:
    casework = team(DEPUTY, THIRD)
    casework.desks["walle.fm1"] = WALLE
    casework.absent = {MANAGER: None}
    casework.next_day()
    assert sorted(holders(casework), key=str) == [(DEPUTY, MANAGER), (THIRD, MANAGER)]


def test_when_the_deputy_falls_ill_too_somebody_else_stands_in_for_the_first() -> None:
    casework = team(DEPUTY, THIRD)
    casework.absent = {MANAGER: DEPUTY}
    casework.next_day()
    casework.absent |= {DEPUTY: None}
    casework.next_day()
    assert holders(casework) == [(THIRD, MANAGER)] * 2
    casework.absent = {MANAGER: DEPUTY}
    casework.next_day()
    assert holders(casework) == [(DEPUTY, MANAGER)] * 2


def test_where_nobody_else_is_there_the_cases_stay_and_new_ones_wait() -> None:
    casework = team()
    casework.absent = {MANAGER: None}
    casework.able_client(uid("clara"))
    casework.next_day()
    assert holders(casework) == [(MANAGER, None)] * 2
    assert [one.person_id for one in casework.said(CaseQueued)] == [uid("clara")]
    casework.absent = {}
    casework.next_day()
    assert casework.case(uid("clara")).case_manager == MANAGER


def test_a_deputy_may_have_more_than_the_limit_and_gets_no_new_case_meanwhile() -> None:
    casework = team(DEPUTY, limit=2)
    casework.able_client(uid("clara"))
    casework.next_day()
    casework.absent = {MANAGER: DEPUTY}
    casework.able_client(uid("dora"))
    casework.next_day()
    assert holders(casework) == [(DEPUTY, MANAGER)] * 2
    assert casework.case(uid("dora")).case_manager is None
    casework.absent = {}
    casework.next_day()
    assert casework.case(uid("dora")).case_manager == DEPUTY


def test_a_case_that_moves_or_closes_meanwhile_does_not_come_back() -> None:
    casework = team(DEPUTY)
    casework.absent = {MANAGER: DEPUTY}
    casework.next_day()
    casework.moves(ANNA)
    casework.benefit_ends(BERTA)
    casework.absent = {}
    casework.next_day()
    assert casework.case(ANNA).office == WALLE
    assert holders(casework)[0] == (None, None)
    assert not casework.case(BERTA).open
    late = HandOver(
        case_id=casework.case(ANNA).case_id, office=VAHR, previous=DEPUTY, case_manager=MANAGER, instead_of=None
    )
    assert casework.command(late).events == ()


def absence(
    since: date = START,
    *,
    days: int = 10,
    deputy: str = DEPUTY,
    known_office: str | None = VAHR,
    deputy_office: str | None = VAHR,
) -> RecordAbsence:
    return RecordAbsence(
        staff_id=MANAGER,
        since=since,
        returns_on=since + days * DAY,
        deputy=deputy,
        recorded_by="head",
        known_office=known_office,
        deputy_office=deputy_office,
    )


def test_an_absence_is_recorded_with_its_day_of_return() -> None:
    (row,) = Casework().command(absence()).rows
    assert row == AbsenceRow(
        staff_id=MANAGER, since=START, returns_on=START + 10 * DAY, deputy=DEPUTY, recorded_by="head"
    )


def test_an_absence_that_cannot_be_is_refused() -> None:
    casework = Casework()
    with pytest.raises(UnknownCaseManager):
        casework.command(absence(known_office=None))
    for deputy, office in ((DEPUTY, WALLE), (DEPUTY, None), (MANAGER, VAHR)):
        with pytest.raises(NoDeputy):
            casework.command(absence(deputy=deputy, deputy_office=office))
    for since, days in ((START - 10 * DAY, 10), (START + 10 * DAY, -1)):
        with pytest.raises(AbsenceIsOver):
            casework.command(absence(since, days=days))
