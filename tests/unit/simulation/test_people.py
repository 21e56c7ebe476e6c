from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from simulation.city import names, people
from simulation.city.people import Household, Role
from simulation.facts import read_scene

FACTS = read_scene(Path("deploy/bremen")).facts
HOUSEHOLDS = 6000


@pytest.fixture(scope="module")
def city() -> list[Household]:
    pools = names.invent(1)
    return [people.household(1, number, date(2001, 3, 1), pools, FACTS) for number in range(HOUSEHOLDS)]


def _share(city: list[Household], *roles: Role) -> float:
    found = Counter(person.role for household in city for person in household.people)
    return sum(found[role] for role in roles) / found.total()


def test_a_household_has_165_persons_on_average(city: list[Household]) -> None:
    assert sum(len(household.people) for household in city) / len(city) == pytest.approx(47_600 / 28_846, rel=0.03)


def test_28_of_47_are_minors_single_parents_or_pensioners(city: list[Household]) -> None:
    assert _share(city, Role.MINOR, Role.SINGLE_PARENT, Role.PENSIONER) == pytest.approx(28 / 47.6, rel=0.04)


def test_11_of_47_could_be_placed_in_work(city: list[Household]) -> None:
    everybody = [person for household in city for person in household.people]
    assert sum(person.placeable for person in everybody) / len(everybody) == pytest.approx(11 / 47.6, rel=0.06)


def test_the_old_and_the_ill_are_protected_from_the_first_day(city: list[Household]) -> None:
    everybody = [person for household in city for person in household.people]
    assert all(person.protection for person in everybody if person.role is Role.PENSIONER or person.ability == "unable")


def test_ages_fit_the_roles(city: list[Household]) -> None:
    for household in city:
        for person in household.people:
            age = (date(2001, 3, 1) - person.birth_date).days / 365.25
            assert {Role.MINOR: age < 18, Role.PENSIONER: age >= 64.9}.get(person.role, 17.9 <= age < 65)


def test_a_household_is_the_same_whenever_it_is_asked_for() -> None:
    first, again = (people.household(1, 77, date(2001, 3, 1), names.invent(1), FACTS) for _ in range(2))
    assert first == again


def test_every_district_has_a_postcode_and_people(city: list[Household]) -> None:
    assert {household.district for household in city} == set(FACTS.districts)
