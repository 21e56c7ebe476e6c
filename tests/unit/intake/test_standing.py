from dataclasses import replace
from datetime import date

import pytest
from pydantic import TypeAdapter

from contracts.events.intake import AbilityAssessed
from contracts.words import Ability, BasisKind, DepartureReason, Mobility, ProtectionClass, Qualification
from services.intake.domain.client import Client
from services.intake.domain.commands import (
    AssessAbility,
    ClearProtection,
    Depart,
    MergeClients,
    ProtectionGrant,
    RecordBasis,
    RevokeBasis,
    SetProtection,
)
from services.intake.domain.refusals import (
    BasisAlreadyRevoked,
    Departed,
    ImplausibleDate,
    InvalidPeriod,
    OutOfOrder,
    ProtectionAlreadyCleared,
    UnknownAgency,
    UnknownBasis,
    UnknownProtection,
)
from services.intake.tables import AssessmentRow
from tests.unit.intake.given import ANNA, BERTA, CARLA, TODAY, events, with_anna, with_anna_and_berta

ASSESSMENT = AssessAbility(
    person_id=ANNA,
    ability=Ability.ABLE,
    qualification=Qualification.VOCATIONAL,
    languages=("de", "tr"),
    hours_per_week=38,
    mobility=Mobility.CITY,
    work_permit=True,
    author="a.clerk",
)
ILL = SetProtection(person_id=ANNA, protection=ProtectionGrant(protection_class=ProtectionClass.ILL), author="a.clerk")
CONSENT = RecordBasis(person_id=ANNA, kind=BasisKind.CONSENT, agency="arbeitsamt")


def test_an_assessment_is_dated_and_has_an_author() -> None:
    intake = with_anna()
    intake.told(ASSESSMENT)
    found = intake.states[ANNA].assessment
    assert found is not None
    assert (found.assessed_on, found.earliest_start, found.author) == (TODAY, TODAY, "a.clerk")


def test_an_assessment_replaces_an_earlier_one_never_a_later_one() -> None:
    intake = with_anna()
    intake.today = date(2001, 6, 1)
    intake.told(replace(ASSESSMENT, on=date(2001, 5, 1)))
    intake.told(replace(ASSESSMENT, ability=Ability.LIMITED))
    with pytest.raises(OutOfOrder):
        intake.told(replace(ASSESSMENT, on=date(2001, 5, 15)))
    with pytest.raises(ImplausibleDate):
        intake.told(replace(ASSESSMENT, on=date(2001, 6, 2)))


def test_a_protection_is_set_and_cleared_once_and_stays_in_the_history() -> None:
    intake = with_anna()
    protection_id = intake.told(ILL).result["protection_id"]
    clearing = ClearProtection(person_id=ANNA, protection_id=protection_id, author="a.clerk")
    assert events(intake.told(clearing)) == ["ProtectionCleared"]
    assert [one.cleared_on for one in intake.states[ANNA].protections] == [TODAY]
    with pytest.raises(ProtectionAlreadyCleared):
        intake.told(clearing)


def test_a_protection_names_who_set_it_and_who_cleared_it_and_when() -> None:
    intake = with_anna()
    intake.today = date(2001, 4, 2)
    backdated = replace(ILL.protection, valid_from=date(2001, 3, 15))
    protection_id = intake.told(replace(ILL, protection=backdated, author="b.doctor")).result["protection_id"]
    intake.today = date(2001, 5, 7)
    cleared = date(2001, 5, 1)
    intake.told(ClearProtection(person_id=ANNA, protection_id=protection_id, author="c.clerk", on=cleared))
    (found,) = intake.states[ANNA].protections
    assert (found.set_by, found.set_recorded_on, found.valid_from) == ("b.doctor", date(2001, 4, 2), date(2001, 3, 15))
    assert (found.cleared_by, found.clearing_recorded_on, found.cleared_on) == ("c.clerk", date(2001, 5, 7), cleared)


def test_what_was_protected_before_authors_were_kept_can_still_be_read() -> None:
    stored = {"protection_id": BERTA, "protection_class": "ill", "valid_from": "2001-03-01", "valid_until": None}
    found = TypeAdapter(Client).validate_python({"person_id": ANNA, "protections": [stored]})
    assert found.protections[0].set_by is None


def test_strengths_and_wishes_are_in_no_event() -> None:
    outcome = with_anna().told(replace(ASSESSMENT, strengths=("geduldig",), wishes=("Gärtnerin werden",)))
    (told,) = outcome.events
    assert isinstance(told, AbilityAssessed)
    assert "geduldig" not in told.model_dump_json()
    assert "rtnerin" not in told.model_dump_json()
    (row,) = outcome.rows
    assert isinstance(row, AssessmentRow)
    assert (row.assessed_on, row.author, row.strengths, row.wishes) == (
        TODAY,
        "a.clerk",
        ["geduldig"],
        ["Gärtnerin werden"],
    )


def test_a_protection_of_the_merged_record_is_cleared_where_it_stands() -> None:
    intake = with_anna_and_berta()
    protection_id = intake.told(ILL).result["protection_id"]
    intake.told(MergeClients(survivor_id=BERTA, loser_id=ANNA))
    intake.told(ClearProtection(person_id=BERTA, protection_id=protection_id, author="a.clerk"))
    assert intake.states[ANNA].protections[0].cleared_on == TODAY


def test_what_was_never_set_is_neither_cleared_nor_revoked() -> None:
    with pytest.raises(UnknownProtection):
        with_anna().told(ClearProtection(person_id=ANNA, protection_id=CARLA, author="a.clerk"))
    with pytest.raises(UnknownBasis):
        with_anna().told(RevokeBasis(person_id=ANNA, basis_id=CARLA))


def test_a_basis_is_recorded_for_an_agency_and_revoked_once() -> None:
    intake = with_anna()
    basis_id = intake.told(CONSENT).result["basis_id"]
    revoking = RevokeBasis(person_id=ANNA, basis_id=basis_id, on=date(2001, 4, 1))
    intake.told(revoking)
    assert intake.states[ANNA].bases[0].revoked_on == date(2001, 4, 1)
    with pytest.raises(BasisAlreadyRevoked):
        intake.told(revoking)


def test_a_basis_for_an_agency_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownAgency):
        with_anna().told(replace(CONSENT, agency="nobody"))


def test_validity_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidPeriod):
        with_anna().told(replace(CONSENT, valid_until=date(2001, 2, 1)))
    backwards = replace(ILL.protection, valid_from=date(2001, 5, 1), valid_until=date(2001, 4, 1))
    with pytest.raises(InvalidPeriod):
        with_anna().told(replace(ILL, protection=backwards))


def test_nothing_new_is_recorded_of_who_has_departed() -> None:
    intake = with_anna()
    intake.told(Depart(person_id=ANNA, reason=DepartureReason.LEFT_CITY))
    for command in (ASSESSMENT, ILL, CONSENT):
        with pytest.raises(Departed):
            intake.told(command)
