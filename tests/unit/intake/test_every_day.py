"""I3, I4: after any moves, splits, joins, deaths and merges everyone has one household and one office on each day."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.intake import HouseholdChanged
from contracts.words import DepartureReason
from services.intake.domain.client import Client, Membership, Residence
from services.intake.domain.commands import (
    Command,
    Depart,
    HouseholdChoice,
    JoinHousehold,
    MergeClients,
    Move,
    Register,
    UndoMerge,
)
from services.runtime.decision import Refusal
from tests.unit.intake.given import CITY, IDENTITY, TODAY, Intake, registration

PEOPLE = [str(UUID(int=n)) for n in range(1, 6)]
HOUSEHOLDS = [str(UUID(int=n)) for n in range(10, 13)]
DISTRICTS = ["groepelingen", "vahr", "findorff"]
LAST = 30

person = st.sampled_from(PEOPLE)
household = st.sampled_from(HOUSEHOLDS)
day = st.integers(0, LAST).map(lambda n: TODAY + timedelta(days=n))


def _register(who: str, home: str, on: date, *, head: bool) -> Register:
    choice = HouseholdChoice(household_id=home, head=head)
    born = date(1960 + int(who[-1]), 1, 1)
    told = replace(registration(who), household=choice, household_id=home, registered_on=on, benefits=())
    return replace(told, identity=replace(IDENTITY, birth_date=born))


def _join(who: str, others: list[str], home: str, on: date, *, head: bool) -> JoinHousehold:
    choice = HouseholdChoice(household_id=home, head=head)
    return JoinHousehold(person_id=who, companions=tuple(others), household=choice, household_id=home, on=on)


def _move(who: str, district: str, on: date) -> Move:
    return Move(person_id=who, district=district, street="Am Wall", house_number="1", postcode="28195", on=on)


def _merge(survivor: str, loser: str) -> MergeClients:
    return MergeClients(survivor_id=survivor, loser_id=loser)


T = TypeVar("T", Membership, Residence)

Wish = Command | Callable[[Intake], Command]
wishes: st.SearchStrategy[list[Wish]] = st.lists(
    st.one_of(
        st.builds(_register, person, household, day, head=st.booleans()),
        st.builds(_join, person, st.lists(person, max_size=2), household, day, head=st.booleans()),
        st.builds(_join, person, st.lists(person, max_size=2), household, day, head=st.booleans()),
        st.builds(_move, person, st.sampled_from(DISTRICTS), day),
        st.builds(Depart, person_id=person, reason=st.sampled_from(DepartureReason), on=day),
        st.builds(_merge, person, person),
        st.just(lambda intake: UndoMerge(merge_id=_last_merge(intake))),
    ),
    max_size=25,
)


def _last_merge(intake: Intake) -> str:
    merges = [merge.merge_id for one in intake.states.values() for merge in one.merges]
    return max(merges, default=PEOPLE[0])


@given(wishes)
def test_persons_households_and_offices_agree_on_every_day(commands: list[Wish]) -> None:
    """Also as a reader sees it who keeps every membership that was told and asks for the latest of a day."""
    intake = Intake(today=TODAY + timedelta(days=LAST))
    told: dict[str, list[HouseholdChanged]] = {}
    for wish in commands:
        command = wish(intake) if callable(wish) else wish
        try:
            events = intake.told(command).events
        except Refusal:
            continue
        for event in events:
            if isinstance(event, HouseholdChanged):
                told.setdefault(event.person_id, []).append(event)
    for one in intake.states.values():
        _in_order(one)
        _as_read(one, told.get(one.person_id, []))
    for offset in range(LAST + 2):
        _agree(list(intake.states.values()), TODAY + timedelta(days=offset))


def _in_order(client: Client) -> None:
    """Nothing of a day is told twice, so that a day has one household and one residence."""
    for history in (client.memberships, client.residences):
        days = [fact.since for fact in history]
        assert days == sorted(set(days))


def _as_read(client: Client, told: list[HouseholdChanged]) -> None:
    for row in client.memberships:
        latest = max(event.occurred_on for event in told if event.occurred_on <= row.since)
        newest = [event for event in told if event.occurred_on == latest][-1]
        assert (latest, newest.household_id, newest.head) == (row.since, row.household_id, row.head)
    assert {event.occurred_on for event in told} == {row.since for row in client.memberships}


def _agree(records: list[Client], on: date) -> None:
    present = [
        one
        for one in records
        if one.canonical == one.person_id and one.memberships and one.memberships[0].since <= on and one.is_client(on)
    ]
    homes = {one.person_id: _of(one.memberships, on) for one in present}
    lives = {one.person_id: _of(one.residences, on) for one in present}
    for one in present:
        office = CITY.responsible(lives[one.person_id].district, on)
        assert office is not None
        assert lives[one.person_id].office == office.id
        assert homes[one.person_id].household_id is not None
    sizes = Counter(home.household_id for home in homes.values())
    heads = Counter(home.household_id for home in homes.values() if home.head)
    assert heads == Counter(sizes.keys())
    by_office = Counter(one.office for one in lives.values())
    led = Counter(lives[name].office for name, home in homes.items() if home.head)
    assert sum(by_office.values()) == sum(sizes.values()) == len(present)
    assert sum(led.values()) == len(sizes)


def _of(history: tuple[T, ...], on: date) -> T:
    """What holds on a day."""
    return [fact for fact in history if fact.since <= on][-1]
