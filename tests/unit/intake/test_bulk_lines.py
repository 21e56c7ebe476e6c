import json

import pytest
from pydantic import ValidationError

from services.intake.bodies.bulk import UnknownCommand, parse
from services.intake.domain import commands as told
from tests.unit.intake.given import ANNA, BERTA

PERSON = {
    "command": "register",
    "given_name": "Anna",
    "family_name": "Müller",
    "birth_date": "1965-04-30",
    "sex": "female",
    "address": {"street": "Hauptstraße", "house_number": "7a", "postcode": "28237", "district": "groepelingen"},
}


def line(**fields: object) -> told.Command:
    return parse(json.dumps(fields).encode(), "a.clerk")


def fields_of(error: ValidationError) -> set[str]:
    return {".".join(map(str, one["loc"])) for one in error.errors()}


def test_the_least_that_registers_a_person() -> None:
    command = line(**PERSON)
    assert isinstance(command, told.Register)
    assert command.household == told.HouseholdChoice(head=True)
    assert (command.office, command.departments, command.benefits) == (None, None, ())


def test_a_member_is_not_the_head_unless_the_file_says_so() -> None:
    command = line(**PERSON, household={"number": "4711"})
    assert isinstance(command, told.Register)
    assert command.household == told.HouseholdChoice(number="4711", head=False)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"command": "end_benefits", "reason": "work"}, told.EndBenefits),
        ({"command": "end_benefit", "benefit_id": BERTA, "reason": "work"}, told.EndBenefit),
        ({"command": "protect", "class": "ill"}, told.SetProtection),
        ({"command": "clear_protection", "protection_id": BERTA}, told.ClearProtection),
        ({"command": "record_basis", "kind": "consent"}, told.RecordBasis),
        ({"command": "revoke_basis", "basis_id": BERTA}, told.RevokeBasis),
        ({"command": "depart", "reason": "death", "on": "2001-03-02"}, told.Depart),
        ({"command": "join_household"}, told.JoinHousehold),
        ({"command": "assign_departments", "departments": ["adults"]}, told.AssignDepartments),
        ({"command": "correct", "given_name": "Anne"}, told.Correct),
        (
            {
                "command": "start_benefit",
                "kind": "hlu",
                "monthly": {"minor": 1, "currency": "DEM"},
                "since": "2001-03-01",
            },
            told.StartBenefit,
        ),
        (
            {"command": "change_benefit", "benefit_id": BERTA, "monthly": {"minor": 1, "currency": "EUR"}},
            told.ChangeBenefit,
        ),
    ],
)
def test_every_command_to_one_client_is_possible_in_bulk(fields: dict[str, object], kind: type) -> None:
    command = line(person_id=ANNA, **fields)
    assert isinstance(command, kind)
    assert command.targets == (ANNA,)


@pytest.mark.parametrize("fields", [{"command": "abolish"}, {"person_id": ANNA}, {"command": None}, {"command": 5}])
def test_an_unknown_command_is_refused_by_name(fields: dict[str, object]) -> None:
    with pytest.raises(UnknownCommand) as refused:
        line(**fields)
    assert "abolish" not in str(refused.value)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'"register"', b"\xff\xfe", b'{"command": "register"'])
def test_a_line_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises((ValidationError, UnknownCommand)):
        parse(raw, "a.clerk")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_name": ""}, "register.given_name"),
        ({"given_name": "A\u0000"}, "register.given_name"),
        ({"given_name": "x" * 101}, "register.given_name"),
        ({"birth_date": "1965-02-30"}, "register.birth_date"),
        ({"sex": "unknown"}, "register.sex"),
        ({"nationality": "de"}, "register.nationality"),
        ({"benefits": [{"kind": "hlu", "monthly": {"minor": 1.5, "currency": "DEM"}, "since": "2001-01-01"}]},
         "register.benefits.0.monthly.minor"),
        ({"benefits": [{"kind": "hlu", "monthly": {"minor": 10**12, "currency": "DEM"}, "since": "2001-01-01"}]},
         "register.benefits.0.monthly.minor"),
        ({"address": {"street": "x"}}, "register.address.district"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        line(**{**PERSON, **wrong})
    assert field in fields_of(refused.value)


def test_a_person_id_that_is_no_id_is_refused() -> None:
    with pytest.raises(ValidationError):
        line(command="depart", person_id="anna", reason="death")
