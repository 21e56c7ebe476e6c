"""I5: departments change with the ability to work and on two birthdays; what was assigned by hand stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.events.intake import DepartmentsAssigned
from contracts.words import Ability, Department
from services.intake.domain.commands import AssignDepartments, Command, Retriage
from services.intake.domain.refusals import OutOfOrder
from tests.unit.intake.given import ANNA, IDENTITY, Intake, registration, with_anna
from tests.unit.intake.test_standing import ASSESSMENT

ECONOMIC, ADULTS, YOUNG = Department.ECONOMIC_ASSISTANCE, Department.ADULTS, Department.YOUNG_PEOPLE
MINOR = date(1983, 6, 15)
BIRTHDAY = date(2001, 6, 15)
GROWN_UP = Retriage(person_id=ANNA, birth_date=MINOR)


NEARLY_OLD = date(1936, 6, 15)
"""65 on the same day."""


def one_born(day: date) -> Intake:
    intake = Intake()
    intake.told(replace(registration(), identity=replace(IDENTITY, birth_date=day)))
    return intake


def a_minor() -> Intake:
    return one_born(MINOR)


def assigned(intake: Intake, command: Command) -> list[set[Department]]:
    return [set(one.departments) for one in intake.told(command).events if isinstance(one, DepartmentsAssigned)]


def test_whoever_cannot_work_goes_to_the_adults_and_comes_back_when_they_can() -> None:
    intake = with_anna()
    assess = replace(ASSESSMENT, birth_date=IDENTITY.birth_date)
    assert assigned(intake, assess) == []
    assert assigned(intake, replace(assess, ability=Ability.UNABLE)) == [{ADULTS}]
    assert assigned(intake, replace(assess, ability=Ability.LIMITED)) == []
    assert assigned(intake, replace(assess, ability=Ability.NEEDS_QUALIFICATION)) == [{ECONOMIC}]


def test_a_department_that_was_assigned_by_hand_stays() -> None:
    intake = with_anna()
    intake.told(AssignDepartments(person_id=ANNA, departments=(ECONOMIC, YOUNG)))
    unable = replace(ASSESSMENT, birth_date=IDENTITY.birth_date, ability=Ability.UNABLE)
    assert assigned(intake, unable) == [{ADULTS, YOUNG}]


def test_a_minor_who_can_work_is_for_both_and_grows_up_into_one() -> None:
    intake = a_minor()
    assert intake.states[ANNA].departments == (YOUNG,)
    assert assigned(intake, replace(ASSESSMENT, birth_date=MINOR)) == [{YOUNG, ECONOMIC}]
    intake.today = BIRTHDAY
    assert assigned(intake, GROWN_UP) == [{ECONOMIC}]
    assert assigned(intake, GROWN_UP) == []
    assert intake.states[ANNA].departments_since == BIRTHDAY


def test_a_minor_who_cannot_work_grows_up_into_the_department_of_adults() -> None:
    intake = a_minor()
    assert assigned(intake, replace(ASSESSMENT, birth_date=MINOR, ability=Ability.UNABLE)) == []
    intake.today = BIRTHDAY
    assert assigned(intake, GROWN_UP) == [{ADULTS}]


def test_whoever_turns_65_is_for_the_adults_from_that_day_on() -> None:
    intake = one_born(NEARLY_OLD)
    assert assigned(intake, replace(ASSESSMENT, birth_date=NEARLY_OLD)) == []
    assert intake.states[ANNA].departments == (ECONOMIC,)
    intake.today = BIRTHDAY
    older = Retriage(person_id=ANNA, birth_date=NEARLY_OLD)
    assert assigned(intake, older) == [{ADULTS}]
    assert assigned(intake, older) == []


def test_whoever_is_assessed_after_65_does_not_stay_where_their_age_had_put_them() -> None:
    for ability in (Ability.ABLE, Ability.LIMITED):
        intake = one_born(NEARLY_OLD)
        intake.told(replace(ASSESSMENT, birth_date=NEARLY_OLD))
        intake.today = BIRTHDAY
        later = replace(ASSESSMENT, birth_date=NEARLY_OLD, ability=ability, on=None)
        assert assigned(intake, later) == [{ADULTS}]


def test_departments_assigned_later_are_not_replaced_by_earlier_ones() -> None:
    """Of two assignments all services take the one of the later day: intake must not show another one."""
    intake = with_anna()
    intake.today = BIRTHDAY
    intake.told(AssignDepartments(person_id=ANNA, departments=(ADULTS,)))
    day_before = BIRTHDAY - timedelta(days=1)
    assert assigned(intake, AssignDepartments(person_id=ANNA, departments=(ADULTS,), on=day_before)) == []
    with pytest.raises(OutOfOrder):
        intake.told(AssignDepartments(person_id=ANNA, departments=(YOUNG,), on=day_before))
