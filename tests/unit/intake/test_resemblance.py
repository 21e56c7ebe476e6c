"""I2: pairs of identities by which the weights of resemblance were chosen, and what must hold for all."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from services.intake.domain.identity import Identity
from services.intake.domain.resemblance import REVIEWED, keys, similarity
from tests.unit.intake.given import IDENTITY

ELSEWHERE: Final[dict[str, Any]] = {"street": "Am Wall", "house_number": "1", "postcode": "28195"}
ONE_PERSON: Final[list[tuple[dict[str, Any], dict[str, Any]]]] = [
    ({}, {"given_name": "Ana"}),
    ({}, {"given_name": "Nana"}),
    ({}, {"family_name": "Mueller"}),
    ({}, {"family_name": "Muller"}),
    ({}, {"family_name": "Mlüler"}),
    ({"family_name": "Groß"}, {"family_name": "Gros"}),
    ({"family_name": "Schröder"}, {"family_name": "Schreoder"}),
    ({"family_name": "Müller-Lüdenscheid"}, {"family_name": "Mueller"}),
    ({"family_name": "Müller-Lüdenscheid"}, {"family_name": "Lüdenscheid Müller"}),
    ({"given_name": "Anna Maria"}, {"given_name": "Annamaria"}),
    ({"given_name": "Anna Maria"}, {"given_name": "Anna"}),
    ({}, {"given_name": "Müller", "family_name": "Anna"}),
    ({}, {"given_name": "Muller", "family_name": "Anna"}),
    ({}, {"birth_date": date(1965, 4, 3)}),
    ({}, {"birth_date": date(1956, 4, 30)}),
    ({"birth_date": date(1965, 4, 3)}, {"birth_date": date(1965, 3, 4)}),
    ({}, ELSEWHERE),
    ({}, ELSEWHERE | {"family_name": "Muller"}),
    ({}, ELSEWHERE | {"given_name": "Anne"}),
    ({}, ELSEWHERE | {"birth_date": date(1965, 4, 20)}),
    ({}, {"given_name": "Anne", "birth_date": date(1965, 4, 20)}),
    ({}, {"family_name": "Petersen"}),
]
"""What differs from Anna Müller, born on 30 April 1965, in each of two records; the last one has married."""
TWO_PERSONS: Final[list[tuple[dict[str, Any], dict[str, Any]]]] = [
    ({}, {"given_name": "Berta"}),
    ({}, {"given_name": "Peter", "birth_date": date(1963, 1, 9)}),
    ({}, {"birth_date": date(1991, 4, 30)}),
    ({}, {"birth_date": date(1966, 5, 30)}),
    ({}, ELSEWHERE | {"family_name": "Petersen"}),
    ({}, ELSEWHERE | {"given_name": "Anne", "birth_date": date(1965, 4, 20)}),
    ({}, ELSEWHERE | {"given_name": "Anne", "family_name": "Möller"}),
    ({"family_name": "Schneider"}, {"family_name": "Schröder", "given_name": "Anja"}),
]
"""A sister born the same day, a husband, a daughter, a cousin, and strangers who are alike by chance."""


@pytest.mark.parametrize(("one", "other"), ONE_PERSON)
def test_what_writing_and_living_change_is_a_review_item(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = replace(IDENTITY, **one), replace(IDENTITY, **other)
    assert similarity(first, second) >= REVIEWED
    assert keys(first) & keys(second)


@pytest.mark.parametrize(("one", "other"), TWO_PERSONS)
def test_other_people_are_no_review_item(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert similarity(replace(IDENTITY, **one), replace(IDENTITY, **other)) < REVIEWED


def test_the_more_differs_the_less_alike() -> None:
    found = [
        similarity(IDENTITY, replace(IDENTITY, **other))
        for other in ({"given_name": "Anne"}, ELSEWHERE, ELSEWHERE | {"given_name": "Anne"}, {"given_name": "Berta"})
    ]
    assert found == [95, 90, 85, 0]


LETTERS: Final = "abcdefghijklmnopqrstuvwxyzäöüß"
word = st.text(alphabet=LETTERS, min_size=3, max_size=12).map(str.capitalize)
name = st.one_of(word, st.tuples(word, st.sampled_from(" -"), word).map("".join))
day = st.dates(min_value=date(1900, 1, 1), max_value=date(2001, 12, 31))
identity = st.builds(
    Identity,
    given_name=name,
    family_name=name,
    birth_date=day,
    street=st.sampled_from(["Hauptstraße", "Am Wall", "Nordstr."]),
    house_number=st.sampled_from(["1", "7 a", "112"]),
    postcode=st.sampled_from(["28195", "28237"]),
)


@st.composite
def mistyped(draw: st.DrawFn, text: str) -> str:
    """One letter left out, put in or taken for another, or two in each other's place."""
    place = draw(st.integers(0, len(text) - 2))
    letter = draw(st.sampled_from(LETTERS))
    return draw(
        st.sampled_from(
            [
                text[:place] + text[place + 1 :],
                text[:place] + letter + text[place:],
                text[:place] + letter + text[place + 1 :],
                text[:place] + text[place + 1] + text[place] + text[place + 2 :],
            ]
        )
    )


@st.composite
def same_person(draw: st.DrawFn) -> tuple[Identity, Identity]:
    """An identity, and how it stands in another file: with one error, or moved."""
    one = draw(identity)
    born = one.birth_date
    days = [born.replace(day=d) for d in range(1, 29) if (d // 10 == born.day // 10) != (d % 10 == born.day % 10)]
    if born.day <= 12:
        days.append(date(born.year, born.day, born.month))
    change = draw(
        st.sampled_from(["given_name", "family_name", "birth_date", "address", "swapped", "one word of the name"])
    )
    match change:
        case "given_name":
            return one, replace(one, given_name=draw(mistyped(one.given_name)))
        case "family_name":
            return one, replace(one, family_name=draw(mistyped(one.family_name)))
        case "birth_date":
            return one, replace(one, birth_date=draw(st.sampled_from(days)))
        case "swapped":
            return one, replace(one, given_name=one.family_name, family_name=one.given_name)
        case "address":
            return one, replace(one, street="Osterdeich", house_number="3", postcode="28203")
        case _:
            return one, replace(one, family_name=one.family_name.replace("-", " ").split()[0])


@given(same_person())
@example((replace(IDENTITY, family_name="Müller"), replace(IDENTITY, family_name="Mller")))
def test_the_same_person_with_one_typing_error_is_found(pair: tuple[Identity, Identity]) -> None:
    one, other = pair
    assume(one.digest != other.digest)  # else they are one person for certain
    assert similarity(one, other) >= REVIEWED
    assert keys(one) & keys(other)


@given(identity, identity, same_person())
def test_it_does_not_matter_which_is_named_first(
    one: Identity, other: Identity, pair: tuple[Identity, Identity]
) -> None:
    for first, second in ((one, other), pair):
        assert similarity(first, second) == similarity(second, first)
