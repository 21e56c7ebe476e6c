from dataclasses import replace

import pytest

from contracts.events.intake import ClientsMerged, ClientsUnmerged
from contracts.words import BenefitEndReason, DepartureReason
from services.intake import handlers
from services.intake.domain.commands import Depart, DismissDuplicate, EndBenefits, MergeClients, UndoMerge
from services.intake.domain.refusals import MergeEnded, SamePerson, UnknownClient, UnknownMerge
from tests.unit.intake.given import (
    ANNA,
    BERTA,
    CARLA,
    IDENTITY,
    Intake,
    events,
    registration,
    with_anna,
    with_anna_and_berta,
)

MERGE = MergeClients(survivor_id=ANNA, loser_id=BERTA)


def merged() -> tuple[Intake, str]:
    intake = with_anna_and_berta()
    merge_id: str = intake.told(MERGE).result["merge_id"]
    return intake, merge_id


def test_a_merge_is_told_once_under_each_key_with_one_id() -> None:
    outcome = with_anna_and_berta().told(MERGE)
    told = [one for one in outcome.events if isinstance(one, ClientsMerged)]
    assert [one.person_id for one in told] == [ANNA, BERTA]
    assert len({one.merge_id for one in told}) == 1


def test_a_merged_id_leads_to_the_survivor() -> None:
    intake, _ = merged()
    assert intake.states[BERTA].canonical == ANNA
    assert intake.states[ANNA].canonical == ANNA


def test_a_merge_is_undone_once_and_for_good() -> None:
    intake, merge_id = merged()
    told = [one for one in intake.told(UndoMerge(merge_id=merge_id)).events if isinstance(one, ClientsUnmerged)]
    assert [one.person_id for one in told] == [ANNA, BERTA]
    assert intake.states[BERTA].canonical == BERTA
    with pytest.raises(MergeEnded):
        intake.told(UndoMerge(merge_id=merge_id))


def test_an_undone_merge_is_a_review_item_once_under_both_keys() -> None:
    intake, merge_id = merged()
    intake.told(UndoMerge(merge_id=merge_id))
    assert (intake.states[ANNA].possible_duplicates, intake.states[BERTA].possible_duplicates) == ((BERTA,), (ANNA,))
    again = intake.told(MERGE).result["merge_id"]
    assert events(intake.told(UndoMerge(merge_id=again))) == ["ClientsUnmerged", "ClientsUnmerged"]


def test_two_persons_who_were_dismissed_are_no_review_item_after_a_merge_that_was_undone() -> None:
    intake, merge_id = merged()
    intake.told(UndoMerge(merge_id=merge_id))
    intake.told(DismissDuplicate(person_id=BERTA, other_id=ANNA, author="a.clerk"))
    again = intake.told(MERGE).result["merge_id"]
    intake.told(UndoMerge(merge_id=again))
    assert intake.states[ANNA].dismissed_duplicates == (BERTA,)
    assert intake.states[BERTA].dismissed_duplicates == (ANNA,)


def test_an_ended_merge_stays_ended_whatever_comes_after() -> None:
    intake = with_anna_and_berta()
    outcome = intake.told(MERGE)
    intake.told(UndoMerge(merge_id=outcome.result["merge_id"]))
    intake.heard(one for one in outcome.events if isinstance(one, ClientsMerged))
    assert intake.states[BERTA].canonical == BERTA


def test_after_an_undone_merge_the_other_way_round_is_possible() -> None:
    intake, merge_id = merged()
    intake.told(UndoMerge(merge_id=merge_id))
    intake.told(MergeClients(survivor_id=BERTA, loser_id=ANNA))
    assert (intake.states[ANNA].canonical, intake.states[BERTA].canonical) == (BERTA, BERTA)


def test_ids_that_were_merged_stand_for_whom_they_lead_to() -> None:
    intake, _ = merged()
    intake.told(replace(registration(CARLA), identity=replace(IDENTITY, given_name="Carla")))
    outcome = intake.told(MergeClients(survivor_id=CARLA, loser_id=BERTA))
    assert [one.loser_id for one in outcome.events if isinstance(one, ClientsMerged)] == [ANNA, ANNA]
    assert intake.clients().canonical(BERTA).person_id == CARLA


def test_nobody_is_merged_with_themselves_or_with_who_is_unknown() -> None:
    intake, _ = merged()
    with pytest.raises(SamePerson):
        intake.told(MERGE)
    with pytest.raises(UnknownClient):
        with_anna().told(MERGE)
    with pytest.raises(UnknownMerge):
        with_anna().told(UndoMerge(merge_id=CARLA))


def test_a_command_to_the_merged_id_is_carried_out_for_the_person() -> None:
    intake, _ = merged()
    ended = intake.told(EndBenefits(person_id=BERTA, reason=BenefitEndReason.WORK))
    assert {one.subject for one in ended.events if not hasattr(one, "topic")} == {ANNA, BERTA}


def test_the_person_departs_under_every_key() -> None:
    intake, _ = merged()
    intake.told(Depart(person_id=BERTA, reason=DepartureReason.LEFT_CITY))
    assert not any(intake.states[one].is_client(intake.today) for one in (ANNA, BERTA))


def test_registering_the_merged_identity_again_finds_the_survivor() -> None:
    intake, _ = merged()
    outcome = handlers.decide(intake.clients(), registration(BERTA), intake.context())
    assert outcome.result == {"person_id": ANNA, "status": "known"}
