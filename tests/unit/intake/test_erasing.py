from dataclasses import replace

import pytest

from contracts import topics
from contracts.events.intake import ClientErased, ClientRegistered, HouseholdChanged, PossibleDuplicateFound
from contracts.words import BenefitEndReason, DepartureReason, Sex
from services.intake import handlers
from services.intake.domain.client import Client
from services.intake.domain.commands import Depart, EndBenefits, Erase, ErasureBasis, ErasureReason, MergeClients
from services.intake.domain.refusals import AidInForce, NamedMeanwhile, UnknownClient
from services.intake.tables import ErasureRow
from services.runtime.decision import Tombstone
from tests.unit.intake.given import ANNA, BERTA, CARLA, TODAY, Intake, with_anna, with_anna_and_berta


def erasure(person_id: str = ANNA, *others: str) -> Erase:
    return Erase(
        person_id=person_id,
        reason=ErasureReason.NO_LONGER_NEEDED,
        basis=ErasureBasis.SGB_X_84,
        author="a.clerk",
        relatives=(ANNA, BERTA),
        others=others,
    )


def without_aid(intake: Intake) -> Intake:
    for person_id in tuple(intake.states):
        intake.told(EndBenefits(person_id=person_id, reason=BenefitEndReason.NO_LONGER_NEEDED, on=TODAY))
    return intake


def test_nobody_is_erased_while_aid_is_in_force() -> None:
    with pytest.raises(AidInForce):
        with_anna().told(erasure())


def test_nobody_is_erased_whose_other_record_receives_aid() -> None:
    intake = with_anna_and_berta()
    intake.told(MergeClients(survivor_id=ANNA, loser_id=BERTA))
    intake.told(EndBenefits(person_id=ANNA, reason=BenefitEndReason.NO_LONGER_NEEDED, on=TODAY))
    intake.states[BERTA] = with_anna_and_berta().states[BERTA]
    intake.states[BERTA] = replace(intake.states[BERTA], merges=intake.states[ANNA].merges)
    with pytest.raises(AidInForce):
        intake.told(erasure())


def test_whoever_departed_is_erased_with_a_tombstone_and_says_who_ordered_it() -> None:
    intake = with_anna()
    intake.told(Depart(person_id=ANNA, reason=DepartureReason.LEFT_CITY))
    outcome = intake.told(erasure())
    assert outcome.events == (
        ClientErased(person_id=ANNA, occurred_on=TODAY, others=()),
        Tombstone(topics.IDENTITY, ANNA),
    )
    assert [(row.person_id, row.author) for row in outcome.rows if isinstance(row, ErasureRow)] == [(ANNA, "a.clerk")]


def test_all_records_of_a_person_are_erased_and_others_who_were_taken_for_them_are_told() -> None:
    intake = without_aid(with_anna_and_berta())
    intake.told(MergeClients(survivor_id=ANNA, loser_id=BERTA))
    found = PossibleDuplicateFound(person_id=BERTA, other_id=CARLA, similarity=90, occurred_on=TODAY)
    intake.heard([found, found.model_copy(update={"person_id": CARLA, "other_id": BERTA})])
    with pytest.raises(NamedMeanwhile):
        intake.told(erasure(BERTA))
    told = [one for one in intake.told(erasure(BERTA, CARLA)).events if isinstance(one, ClientErased)]
    assert [(one.person_id, one.others) for one in told] == [(ANNA, (CARLA,)), (BERTA, (CARLA,))]
    assert intake.states[CARLA].without(BERTA).possible_duplicates == ()


def test_an_erased_client_is_unknown_and_erased_only_once() -> None:
    intake = without_aid(with_anna())
    intake.told(erasure())
    assert intake.told(erasure()).events == ()
    with pytest.raises(UnknownClient):
        intake.told(Depart(person_id=ANNA, reason=DepartureReason.DEATH))


def test_nothing_that_is_heard_later_brings_a_client_back() -> None:
    intake = without_aid(with_anna())
    told = handlers.decide(intake.clients(*erasure().targets), erasure(), intake.context()).events
    intake.heard(one for one in told if isinstance(one, ClientErased))
    gone = intake.states[ANNA]
    intake.heard(
        [
            ClientRegistered(
                person_id=ANNA, occurred_on=TODAY, office="vahr", district="vahr", sex=Sex.FEMALE, birth_month="1970-01"
            )
        ]
    )
    assert intake.states[ANNA] == gone
    assert gone == Client(person_id=ANNA, memberships=gone.memberships, departed_on=TODAY, erased_on=TODAY)


def test_the_head_of_a_household_is_followed_from_the_day_of_the_erasure_on() -> None:
    intake = without_aid(with_anna_and_berta())
    household = intake.states[ANNA].memberships[0].household_id
    intake.heard(
        HouseholdChanged(person_id=person_id, occurred_on=TODAY, household_id=household, head=person_id == ANNA)
        for person_id in (ANNA, BERTA)
    )
    intake.today = TODAY.replace(month=6)
    followed = [one for one in intake.told(erasure()).events if isinstance(one, HouseholdChanged)]
    assert [(one.person_id, one.occurred_on, one.head) for one in followed] == [(BERTA, intake.today, True)]
