"""I3: who is head of a household, and how a part of it goes away together."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.events.intake import HouseholdChanged
from contracts.words import DepartureReason
from services.intake.domain.commands import (
    Command,
    Depart,
    HouseholdChoice,
    JoinHousehold,
    MergeClients,
    Register,
    UndoMerge,
)
from services.intake.domain.refusals import Departed, OutOfOrder
from tests.unit.intake.given import ANNA, BERTA, CARLA, HOME, IDENTITY, TODAY, Intake, registration

OTHER = "00000000-0000-0000-0000-00000000000b"
MAY, JUNE, JULY = date(2001, 5, 1), date(2001, 6, 1), date(2001, 7, 1)
BORN = {ANNA: date(1965, 4, 30), BERTA: date(1986, 1, 1), CARLA: date(1984, 1, 1)}
GIVEN = {ANNA: "Anna", BERTA: "Berta", CARLA: "Carla"}


def member(person_id: str, *, head: bool = False, on: date | None = None) -> Register:
    return replace(
        registration(person_id),
        identity=replace(IDENTITY, given_name=GIVEN[person_id], birth_date=BORN[person_id]),
        household=HouseholdChoice(number="1", head=head),
        registered_on=on,
        benefits=(),
    )


def family() -> Intake:
    """Anna, head, with Berta and Carla, of whom Carla is the elder."""
    intake = Intake()
    for person_id in (ANNA, BERTA, CARLA):
        intake.told(member(person_id, head=person_id == ANNA))
    return intake


def going(person_id: str, *others: str, to: str = OTHER, head: bool = True, on: date = MAY) -> JoinHousehold:
    choice = HouseholdChoice(household_id=to, head=head)
    return JoinHousehold(person_id=person_id, household=choice, companions=others, on=on, household_id=to)


def heads(intake: Intake, household: str = HOME) -> list[tuple[date, str]]:
    """Who became head of a household when, as their records say."""
    found = [
        (row.since, record.person_id)
        for record in intake.states.values()
        for row in record.memberships
        if row.household_id == household and row.head
    ]
    return sorted(found)


def told(intake: Intake, command: Command) -> list[tuple[str, date, str | None, bool]]:
    return [
        (one.person_id, one.occurred_on, one.household_id, one.head)
        for one in intake.told(command).events
        if isinstance(one, HouseholdChanged)
    ]


def test_whoever_comes_first_is_head_until_another_one_is_named() -> None:
    intake = Intake()
    assert told(intake, member(BERTA)) == [(BERTA, TODAY, HOME, True)]
    assert told(intake, member(CARLA)) == [(CARLA, TODAY, HOME, False)]
    assert told(intake, member(ANNA, head=True)) == [(ANNA, TODAY, HOME, True), (BERTA, TODAY, HOME, False)]


def test_whoever_was_there_before_the_head_was_head_until_then() -> None:
    intake = Intake(today=JUNE)
    intake.told(member(ANNA, head=True, on=MAY))
    assert told(intake, member(BERTA, on=TODAY)) == [(BERTA, TODAY, HOME, True), (BERTA, MAY, HOME, False)]


def test_a_part_of_a_household_goes_away_together_and_each_has_a_head() -> None:
    intake = family()
    assert told(intake, going(CARLA, BERTA)) == [(CARLA, MAY, OTHER, True), (BERTA, MAY, OTHER, False)]
    assert heads(intake) == [(TODAY, ANNA)]
    assert heads(intake, OTHER) == [(MAY, CARLA)]


def test_the_head_who_goes_away_is_followed_by_the_eldest() -> None:
    intake = family()
    assert told(intake, going(ANNA)) == [(ANNA, MAY, OTHER, True), (CARLA, MAY, HOME, True)]


def test_all_join_another_household_together_under_its_head() -> None:
    intake = family()
    intake.told(going(BERTA))
    moved = told(intake, going(ANNA, CARLA, head=False, on=JUNE))
    assert moved == [(ANNA, JUNE, OTHER, False), (CARLA, JUNE, OTHER, False)]
    assert heads(intake, OTHER) == [(MAY, BERTA)]


def test_of_several_who_go_none_goes_if_one_cannot() -> None:
    intake = family()
    intake.told(Depart(person_id=BERTA, reason=DepartureReason.DEATH, on=MAY))
    with pytest.raises(Departed):
        intake.told(going(CARLA, BERTA, on=JUNE))
    assert len(intake.states[CARLA].memberships) == 1


def test_a_head_who_dies_is_followed_and_who_was_never_there_was_never_head() -> None:
    dead, void = family(), family()
    dead.told(Depart(person_id=ANNA, reason=DepartureReason.DEATH, on=MAY))
    assert heads(dead) == [(TODAY, ANNA), (MAY, CARLA)]
    void.told(Depart(person_id=ANNA, reason=DepartureReason.VOID))
    assert (TODAY, CARLA) in heads(void)


def test_a_head_may_step_down_but_not_whoever_is_alone() -> None:
    intake = family()
    assert told(intake, going(ANNA, to=HOME, head=False)) == [(ANNA, MAY, HOME, False), (CARLA, MAY, HOME, True)]
    intake.told(going(BERTA))
    assert told(intake, going(BERTA, head=False, on=JUNE)) == [(BERTA, JUNE, OTHER, True)]


def test_who_becomes_head_later_may_still_go_before() -> None:
    intake = family()
    intake.told(Depart(person_id=ANNA, reason=DepartureReason.LEFT_CITY, on=JULY))
    assert told(intake, going(CARLA, on=JUNE)) == [
        (CARLA, JUNE, OTHER, True),
        (CARLA, JULY, OTHER, True),
        (BERTA, JULY, HOME, True),
    ]


def test_a_membership_before_the_last_move_is_out_of_order() -> None:
    intake = family()
    intake.told(going(CARLA, on=JUNE))
    with pytest.raises(OutOfOrder):
        intake.told(going(CARLA, to=HOME, on=MAY))


def test_of_a_merged_person_the_survivors_household_counts_until_it_is_undone() -> None:
    intake = family()
    intake.told(going(ANNA))
    intake.told(going(CARLA, BERTA, to=OTHER, head=False, on=JUNE))
    merge_id = intake.told(MergeClients(survivor_id=BERTA, loser_id=ANNA)).result["merge_id"]
    assert (JUNE, CARLA) in heads(intake, OTHER)
    intake.told(UndoMerge(merge_id=merge_id))
    present = {name: one.memberships[-1].head for name, one in intake.states.items()}
    assert sum(present.values()) == 1
