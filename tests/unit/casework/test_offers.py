"""C5: referring, and taking that back."""

from dataclasses import replace

import pytest

from contracts.events import referrals
from contracts.events.casework import ReferralRequested, ReferralWithdrawalRequested
from contracts.events.intake import BenefitPaid
from contracts.words import Currency, DeclinedBy, Money, RefusalCode, RejectReason, WithdrawReason
from services.casework.domain.casebook import CaseIsClosed, NotAssigned
from services.casework.domain.intake import Protection
from services.casework.domain.offers import (
    ClientProtected,
    NoPlan,
    NothingToFollow,
    OpenReferral,
    ReferralEnded,
    ServiceNotOffered,
    TakeBack,
    UnknownAgency,
)
from services.casework.domain.person import UnknownReferral
from services.runtime.decision import Refusal
from tests.unit.casework.given import ANNA, ARBEITSAMT, BAG, PROFILE, Casework, assigned, planned, referred, uid


def test_a_referral_carries_the_assessment_as_profile_and_rests_on_intakes_newest_record() -> None:
    casework = planned()
    asked = casework.refer()
    assert asked.profile == PROFILE
    assert asked.intake_sequence == 4
    assert casework.said(ReferralRequested) == [asked]


def test_payments_do_not_count_as_news_of_a_client() -> None:
    casework = planned()
    paid = Money(minor=50_000, currency=Currency.DEM)
    month, household = "2001-11", uid("household")
    casework.hears(BenefitPaid, payment_id=uid("paid"), household_id=household, kind="hlu", month=month, amount=paid)
    assert casework.refer().intake_sequence == 4


def test_a_client_is_referred_from_an_agreed_plan_only() -> None:
    casework = assigned()
    with pytest.raises(NoPlan):
        casework.refer()


@pytest.mark.parametrize(
    ("agency", "service", "refusal"),
    [
        ("nobody", "job_placement", UnknownAgency),
        (ARBEITSAMT, "job_scheme", ServiceNotOffered),
        (BAG, "vocational_training", ServiceNotOffered),
    ],
)
def test_an_agency_is_asked_for_what_it_offers(agency: str, service: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        planned().refer(agency, service=service)


def test_a_second_open_referral_to_one_agency_is_refused_and_the_other_agency_is_allowed() -> None:
    casework = planned()
    casework.refer()
    with pytest.raises(OpenReferral):
        casework.refer()
    casework.refer(BAG)
    assert len(casework.said(ReferralRequested)) == 2


def test_after_a_rejection_another_referral_may_follow_the_first() -> None:
    casework, first = referred()
    with pytest.raises(OpenReferral):
        casework.refer(follows=first)
    casework.referral(
        referrals.ReferralRejected,
        first,
        message_id="m1",
        reason=RejectReason.NO_CAPACITY,
        declined_by=DeclinedBy.PARTNER,
    )
    assert casework.refer(follows=first).follows == first


def test_only_an_ended_referral_of_the_same_client_can_be_followed() -> None:
    casework, first = referred()
    for follows in (first, uid("somebody else's")):
        with pytest.raises(NothingToFollow):
            casework.refer(BAG, follows=follows)


def test_a_refused_draft_leaves_the_agency_open_for_another() -> None:
    casework = planned()
    asked = casework.refer()
    casework.drafted(asked)
    casework.referral(referrals.ReferralRefused, asked.referral_id, code=RefusalCode.NO_BASIS)
    assert casework.refer().referral_id != asked.referral_id


def test_nobody_is_referred_while_protected() -> None:
    casework = planned()
    casework.protects()
    with pytest.raises(CaseIsClosed):
        casework.refer()


def test_a_case_that_waits_for_its_case_manager_refers_nobody() -> None:
    casework = Casework()
    casework.able_client()
    with pytest.raises(NotAssigned):
        casework.refer()


def test_an_offer_is_taken_back_once_with_a_reason() -> None:
    casework, referral = referred()
    command = TakeBack(referral_id=referral, reason=WithdrawReason.PLAN_CHANGED)
    casework.command(command)
    assert casework.command(command).events == ()
    (asked,) = casework.said(ReferralWithdrawalRequested)
    assert (asked.referral_id, asked.reason) == (referral, "plan_changed")


def test_nothing_is_taken_back_that_has_ended_or_never_was() -> None:
    casework, referral = referred()
    casework.referral(referrals.ReferralExpired, referral)
    with pytest.raises(ReferralEnded):
        casework.command(TakeBack(referral_id=referral, reason=WithdrawReason.PLAN_CHANGED))
    with pytest.raises(UnknownReferral):
        casework.command(TakeBack(referral_id=uid("nobody's"), reason=WithdrawReason.PLAN_CHANGED))


def test_a_protected_client_is_refused_even_before_the_case_is_closed() -> None:
    casework = planned()
    client = casework.states[ANNA]
    protection = Protection(protection_id=uid("ill"), valid_from=casework.today, valid_until=None)
    casework.states[ANNA] = replace(client, intake=replace(client.intake, protections=(protection,)))
    with pytest.raises(ClientProtected):
        casework.refer()
