from dataclasses import replace
from datetime import date

import pytest

from contracts.events.intake import BenefitEnded, ClientCorrected, ClientDeparted, IdentityRecorded, OfficeChanged
from contracts.words import BenefitEndReason, Department, DepartureReason, OfficeChangeReason, Sex
from services.intake.domain.commands import (
    AssignDepartments,
    Correct,
    Depart,
    HouseholdChoice,
    JoinHousehold,
    MergeClients,
    Move,
    Transfer,
)
from services.intake.domain.refusals import (
    Departed,
    ImplausibleDate,
    MergedMeanwhile,
    OutOfOrder,
    UnknownClient,
    UnknownDistrict,
)
from services.runtime.decision import Addressed
from tests.unit.intake.given import (
    ANNA,
    BERTA,
    CARLA,
    HOME,
    IDENTITY,
    TODAY,
    Intake,
    events,
    hlu,
    with_anna,
    with_anna_and_berta,
)

REORGANISED = date(2001, 10, 2)


def moving(on: date | None = None, district: str = "vahr", person_id: str = ANNA) -> Move:
    return Move(
        person_id=person_id,
        district=district,
        street="Kurfürstenallee",
        house_number="1",
        postcode="28329",
        on=on,
        identity=replace(IDENTITY, street="Kurfürstenallee", house_number="1", postcode="28329"),
    )


def transfer(on: date = REORGANISED) -> Transfer:
    return Transfer(person_id=ANNA, on=on, reason=OfficeChangeReason.REORGANISATION)


def test_a_move_changes_the_office_and_the_address() -> None:
    outcome = with_anna().told(moving())
    changed, recorded = outcome.events
    assert isinstance(changed, OfficeChanged)
    assert (changed.previous_office, changed.office, changed.district) == ("region-west", "region-mitte-ost", "vahr")
    assert isinstance(recorded, Addressed)
    assert isinstance(recorded.event, IdentityRecorded)


def test_a_move_within_the_district_changes_the_address_only() -> None:
    assert events(with_anna().told(moving(district="groepelingen"))) == []


def test_a_move_to_a_known_address_changes_nothing() -> None:
    assert not with_anna().told(replace(moving(district="groepelingen"), identity=None)).events


def test_a_move_before_a_later_one_is_out_of_order() -> None:
    intake = with_anna()
    intake.told(moving(date(2001, 5, 1)))
    with pytest.raises(OutOfOrder):
        intake.told(moving(date(2001, 4, 1), "findorff"))


def test_a_move_replaces_one_of_the_same_day() -> None:
    intake = with_anna()
    intake.told(moving(date(2001, 5, 1)))
    intake.told(moving(date(2001, 5, 1), "findorff"))
    assert [(one.since, one.district) for one in intake.states[ANNA].residences] == [
        (TODAY, "groepelingen"),
        (date(2001, 5, 1), "findorff"),
    ]


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (moving(district="atlantis"), UnknownDistrict),
        (moving(date(2011, 5, 1)), ImplausibleDate),
        (moving(person_id=BERTA), UnknownClient),
    ],
)
def test_a_move_to_nowhere_is_refused(command: Move, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        with_anna().told(command)


def test_a_move_prepared_for_whom_was_merged_since_is_asked_for_again() -> None:
    intake = with_anna_and_berta()
    intake.told(MergeClients(survivor_id=BERTA, loser_id=ANNA))
    with pytest.raises(MergedMeanwhile):
        intake.told(moving())


def test_the_reorganisation_moves_a_client_to_the_centre_of_their_address_once() -> None:
    intake = with_anna()
    intake.today = REORGANISED
    (changed,) = intake.told(transfer()).events
    assert isinstance(changed, OfficeChanged)
    assert (changed.office, changed.reason) == ("groepelingen-walle", OfficeChangeReason.REORGANISATION)
    assert not intake.told(transfer()).events


def test_the_reorganisation_passes_over_who_has_departed_or_moved_later() -> None:
    gone = with_anna()
    gone.told(Depart(person_id=ANNA, reason=DepartureReason.DEATH))
    assert not gone.told(transfer()).events
    moved = with_anna()
    moved.told(moving(date(2001, 10, 3)))
    assert not moved.told(transfer()).events


def test_all_records_of_a_person_move_together() -> None:
    intake = with_anna_and_berta()
    intake.told(MergeClients(survivor_id=ANNA, loser_id=BERTA))
    outcome = intake.told(moving())
    assert [one.person_id for one in outcome.events if isinstance(one, OfficeChanged)] == [ANNA, BERTA]


def test_a_correction_tells_only_what_was_wrong() -> None:
    intake = with_anna()
    outcome = intake.told(Correct(person_id=ANNA, sex=Sex.FEMALE, birth_date=date(1965, 5, 1)))
    (corrected,) = outcome.events
    assert isinstance(corrected, ClientCorrected)
    assert (corrected.sex, corrected.birth_month) == (None, "1965-05")
    assert intake.states[ANNA].birth_month == "1965-05"


def test_a_wrong_district_is_corrected_from_the_day_it_was_taken() -> None:
    (changed,) = with_anna().told(Correct(person_id=ANNA, district="vahr")).events
    assert isinstance(changed, OfficeChanged)
    assert (changed.occurred_on, changed.reason) == (TODAY, OfficeChangeReason.CORRECTION)


def test_leaving_a_household_keeps_its_history() -> None:
    intake = with_anna()
    intake.today = date(2001, 6, 1)
    intake.told(JoinHousehold(person_id=ANNA, household=HouseholdChoice(), household_id=CARLA))
    assert [one.household_id for one in intake.states[ANNA].memberships] == [HOME, CARLA]
    again = JoinHousehold(person_id=ANNA, household=HouseholdChoice(), household_id=CARLA)
    assert not intake.told(again).events
    with pytest.raises(OutOfOrder):
        intake.told(replace(again, household_id=HOME, on=date(2001, 5, 1)))


def test_the_same_departments_again_change_nothing() -> None:
    intake = with_anna()
    both = (Department.ECONOMIC_ASSISTANCE, Department.YOUNG_PEOPLE)
    assert events(intake.told(AssignDepartments(person_id=ANNA, departments=both))) == ["DepartmentsAssigned"]
    assert not intake.told(AssignDepartments(person_id=ANNA, departments=both[::-1])).events


def test_a_departure_comes_before_the_benefits_that_end_by_it() -> None:
    departed, ended = with_anna().told(Depart(person_id=ANNA, reason=DepartureReason.DEATH, on=TODAY)).events
    assert isinstance(departed, ClientDeparted)
    assert isinstance(ended, BenefitEnded)
    assert (ended.occurred_on, ended.reason) == (TODAY, BenefitEndReason.DEPARTED)


def test_a_void_record_never_was() -> None:
    intake = with_anna(benefits=(hlu(since=date(1999, 1, 1)),))
    intake.today = date(2001, 5, 1)
    departed, ended = intake.told(Depart(person_id=ANNA, reason=DepartureReason.VOID)).events
    assert isinstance(departed, ClientDeparted)
    assert isinstance(ended, BenefitEnded)
    assert (departed.occurred_on, ended.occurred_on) == (TODAY, date(1999, 1, 1))
    assert ended.reason is BenefitEndReason.ERROR


def test_nobody_departs_twice_or_before_they_came() -> None:
    intake = with_anna()
    with pytest.raises(OutOfOrder):
        intake.told(Depart(person_id=ANNA, reason=DepartureReason.DEATH, on=date(2001, 2, 1)))
    intake.told(Depart(person_id=ANNA, reason=DepartureReason.DEATH))
    with pytest.raises(Departed):
        intake.told(Depart(person_id=ANNA, reason=DepartureReason.DEATH))


def test_who_is_not_registered_is_unknown() -> None:
    with pytest.raises(UnknownClient):
        Intake().told(Depart(person_id=ANNA, reason=DepartureReason.DEATH))
