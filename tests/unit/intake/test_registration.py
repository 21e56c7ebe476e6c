from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts import topics
from contracts.events.intake import (
    ClientRegistered,
    DepartmentsAssigned,
    IdentityRecorded,
    OfficeChanged,
    PossibleDuplicateFound,
    ProtectionSet,
)
from contracts.words import Ability, BenefitKind, Department, DepartureReason, ProtectionClass
from services.intake.domain.commands import BenefitGrant, Depart, HouseholdChoice, ProtectionGrant
from services.intake.domain.refusals import (
    BenefitInForce,
    ImplausibleDate,
    InvalidPeriod,
    NotResponsible,
    UnknownDistrict,
    UnknownOffice,
)
from services.intake.domain.rules import age, birthday, triage
from services.runtime.decision import Addressed, Refusal
from tests.unit.intake.given import (
    ANNA,
    BERTA,
    HOME,
    IDENTITY,
    Intake,
    events,
    hlu,
    marks,
    registration,
    with_anna,
)


def test_a_registration_tells_where_the_client_belongs_and_what_they_receive() -> None:
    outcome = Intake().told(registration())
    assert outcome.result == {"person_id": ANNA, "status": "registered"}
    assert events(outcome) == ["ClientRegistered", "HouseholdChanged", "DepartmentsAssigned", "BenefitStarted"]
    registered = outcome.events[0]
    assert isinstance(registered, ClientRegistered)
    assert (registered.office, registered.birth_month) == ("region-west", "1965-04")


def test_name_and_address_go_to_the_identity_topic_only() -> None:
    outcome = Intake().told(registration())
    addressed = [one for one in outcome.events if isinstance(one, Addressed)]
    assert [one.topic for one in addressed] == [topics.IDENTITY]
    assert isinstance(addressed[0].event, IdentityRecorded)
    told = "".join(one.model_dump_json() for one in outcome.events if isinstance(one, ClientRegistered))
    assert "Müller" not in told
    assert "1965-04-30" not in told


def test_who_is_known_is_not_registered_again() -> None:
    intake = with_anna()
    again = intake.told(registration())
    assert again.result == {"person_id": ANNA, "status": "known"}
    assert not again.events


def test_who_had_departed_is_registered_again_under_the_same_id() -> None:
    intake = with_anna()
    intake.told(Depart(person_id=ANNA, reason=DepartureReason.LEFT_CITY))
    intake.today = date(2001, 6, 1)
    back = intake.told(replace(registration(), benefits=(hlu(since=intake.today),)))
    assert back.result["status"] == "registered"
    assert intake.states[ANNA].is_client(intake.today)
    assert intake.states[ANNA].benefits[-1].since == intake.today


def test_the_office_is_the_responsible_one_whether_named_or_not() -> None:
    assert with_anna(office="region-west").states == with_anna().states


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"district": "atlantis"}, UnknownDistrict),
        ({"office": "nowhere"}, UnknownOffice),
        ({"office": "groepelingen-walle"}, UnknownOffice),
        ({"office": "region-nord"}, NotResponsible),
        ({"registered_on": date(2001, 3, 2)}, ImplausibleDate),
        ({"registered_on": date(1960, 1, 1)}, ImplausibleDate),
        ({"identity": replace(IDENTITY, birth_date=date(2001, 3, 2))}, ImplausibleDate),
        ({"identity": replace(IDENTITY, birth_date=date(1801, 3, 2))}, ImplausibleDate),
        ({"benefits": (hlu(since=date(2010, 1, 1)),)}, ImplausibleDate),
        ({"benefits": (hlu(), hlu())}, BenefitInForce),
        (
            {"protection": ProtectionGrant(protection_class=ProtectionClass.ILL, valid_until=date(2001, 1, 1))},
            InvalidPeriod,
        ),
    ],
)
def test_a_registration_that_cannot_be_right_is_refused(wrong: dict[str, object], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        with_anna(**wrong)


def test_a_client_entered_late_is_at_the_office_of_then_and_follows_to_the_office_of_today() -> None:
    intake = Intake(today=date(2001, 10, 5))
    outcome = intake.told(replace(registration(), registered_on=date(2001, 9, 28)))
    moved = [one for one in outcome.events if isinstance(one, OfficeChanged)]
    assert [(one.previous_office, one.office, one.occurred_on) for one in moved] == [
        ("region-west", "groepelingen-walle", date(2001, 10, 2))
    ]


def test_two_benefits_of_different_kinds_start_together() -> None:
    hbl = BenefitGrant(kind=BenefitKind.HBL, monthly=marks(90_000), since=date(2001, 2, 1))
    client = with_anna(benefits=(hlu(), hbl)).states[ANNA]
    assert {benefit.kind for benefit in client.benefits} == {BenefitKind.HLU, BenefitKind.HBL}


def test_a_protection_holds_from_the_day_of_registration() -> None:
    grant = ProtectionGrant(protection_class=ProtectionClass.CHILD_UNDER_3, valid_until=date(2002, 8, 1))
    outcome = Intake().told(replace(registration(), protection=grant))
    (protection,) = [one for one in outcome.events if isinstance(one, ProtectionSet)]
    assert (protection.valid_from, protection.valid_until) == (date(2001, 3, 1), date(2002, 8, 1))


@pytest.mark.parametrize(
    ("years", "protection", "departments"),
    [
        (40, None, (Department.ECONOMIC_ASSISTANCE,)),
        (17, None, (Department.YOUNG_PEOPLE,)),
        (18, None, (Department.ECONOMIC_ASSISTANCE,)),
        (64, None, (Department.ECONOMIC_ASSISTANCE,)),
        (65, None, (Department.ADULTS,)),
        (40, ProtectionClass.ILL, (Department.ADULTS,)),
        (25, ProtectionClass.CHILD_UNDER_3, (Department.ECONOMIC_ASSISTANCE,)),
        (12, ProtectionClass.ILL, (Department.ADULTS, Department.YOUNG_PEOPLE)),
    ],
)
def test_triage_is_by_age_and_need(
    years: int, protection: ProtectionClass | None, departments: tuple[Department, ...]
) -> None:
    assert triage(years, {protection} if protection else ()) == departments


@pytest.mark.parametrize(
    ("years", "protection", "ability", "departments"),
    [
        (30, None, Ability.ABLE, {Department.ECONOMIC_ASSISTANCE}),
        (30, None, Ability.UNABLE, {Department.ADULTS}),
        (30, None, Ability.LIMITED, {Department.ADULTS}),
        (30, ProtectionClass.ILL, Ability.ABLE, {Department.ADULTS, Department.ECONOMIC_ASSISTANCE}),
        (17, None, Ability.NEEDS_QUALIFICATION, {Department.YOUNG_PEOPLE, Department.ECONOMIC_ASSISTANCE}),
        (17, None, Ability.UNABLE, {Department.YOUNG_PEOPLE}),
        (66, None, Ability.ABLE, {Department.ADULTS}),
    ],
)
def test_triage_considers_the_ability_to_work(
    years: int, protection: ProtectionClass | None, ability: Ability, departments: set[Department]
) -> None:
    assert set(triage(years, {protection} if protection else (), ability)) == departments


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2001, 12, 31)), st.integers(1, 100))
@example(date(1984, 2, 29), 18)
def test_a_birthday_is_the_first_day_of_a_higher_age(birth_date: date, years: int) -> None:
    day = birthday(birth_date, years)
    assert age(birth_date, day) == years
    assert age(birth_date, day - timedelta(days=1)) == years - 1


def test_departments_that_are_named_replace_triage() -> None:
    outcome = Intake().told(replace(registration(), departments=(Department.ADULTS, Department.YOUNG_PEOPLE)))
    (assigned,) = [one for one in outcome.events if isinstance(one, DepartmentsAssigned)]
    assert assigned.departments == (Department.ADULTS, Department.YOUNG_PEOPLE)


def test_a_year_of_life_is_completed_on_the_birthday() -> None:
    assert age(date(1983, 3, 2), date(2001, 3, 1)) == 17
    assert age(date(1983, 3, 1), date(2001, 3, 1)) == 18
    assert age(date(1984, 2, 29), date(2002, 2, 28)) == 17
    assert age(date(1984, 2, 29), date(2002, 3, 1)) == 18


def test_a_namesake_of_the_same_birthday_becomes_a_review_item_under_both_keys() -> None:
    intake = with_anna()
    elsewhere = replace(registration(BERTA), identity=replace(IDENTITY, street="Am Wall"), similar=((ANNA, 90),))
    found = [one for one in intake.told(elsewhere).events if isinstance(one, PossibleDuplicateFound)]
    assert [(one.person_id, one.other_id, one.similarity) for one in found] == [(BERTA, ANNA, 90), (ANNA, BERTA, 90)]


def test_a_reserved_id_that_was_never_registered_is_nobodys_duplicate() -> None:
    outcome = Intake().told(replace(registration(), similar=((BERTA, 90),)))
    assert "PossibleDuplicateFound" not in events(outcome)


def test_the_household_is_the_prepared_one() -> None:
    intake = with_anna(household=HouseholdChoice(number="12", head=False), household_id=HOME)
    membership = intake.states[ANNA].membership
    assert membership is not None
    assert (membership.household_id, membership.head) == (HOME, True)  # whoever is alone is head


def test_ids_of_benefits_are_handed_in() -> None:
    assert with_anna().states[ANNA].benefits[0].benefit_id == str(UUID(int=1001))
