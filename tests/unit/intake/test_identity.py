from dataclasses import replace
from typing import Any

import pytest

from tests.unit.intake.given import IDENTITY


@pytest.mark.parametrize(
    "same",
    [
        {"family_name": "MUELLER"},
        {"family_name": " müller "},
        {"family_name": "Mu\u0308ller"},
        {"street": "Hauptstr."},
        {"street": "HAUPT-STRASSE"},
        {"house_number": "7A"},
        {"phone": "0421 1234"},
    ],
)
def test_spellings_of_one_identity_are_one_person(same: dict[str, Any]) -> None:
    assert replace(IDENTITY, **same).digest == IDENTITY.digest


@pytest.mark.parametrize(
    "other",
    [
        {"given_name": "Anne"},
        {"family_name": "Muller"},
        {"house_number": "7 b"},
        {"street": "Hauptweg"},
        {"postcode": "28239"},
    ],
)
def test_another_name_or_address_is_another_identity(other: dict[str, Any]) -> None:
    assert replace(IDENTITY, **other).digest != IDENTITY.digest


def test_parts_of_an_identity_do_not_run_together() -> None:
    one = replace(IDENTITY, given_name="Anna", family_name="Berg")
    assert replace(IDENTITY, given_name="Annab", family_name="erg").digest != one.digest
