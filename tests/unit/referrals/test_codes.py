"""Every code by which an offer is refused or taken back occurs: a code that nothing leads to would be none."""

from collections.abc import Callable

import pytest

from contracts.events import intake
from contracts.events import referrals as facts
from contracts.events.casework import ReferralWithdrawalRequested
from contracts.topics import PERSON
from contracts.words import BenefitEndReason, BenefitKind, Currency, DepartureReason, Money, RefusalCode, WithdrawReason
from tests.unit.referrals.given import ANNA, BERTA, FIRST, SECOND, Referrals, offered, uid


def departs(referrals: Referrals, reason: DepartureReason = DepartureReason.LEFT_CITY) -> None:
    referrals.hears(intake.ClientDeparted, reason=reason)


def loses_basis(referrals: Referrals) -> None:
    referrals.hears(intake.DisclosureBasisRevoked, basis_id=uid("basis"))


def has_a_twin(referrals: Referrals) -> None:
    referrals.client(BERTA)
    referrals.request(SECOND, person=BERTA)
    referrals.merge()


def loses_aid(referrals: Referrals) -> None:
    referrals.hears(
        intake.BenefitStarted,
        benefit_id=uid("aid"),
        kind=BenefitKind.HLU,
        monthly=Money(minor=50_000, currency=Currency.DEM),
    )
    referrals.hears(intake.BenefitEnded, benefit_id=uid("aid"), reason=BenefitEndReason.NO_LONGER_NEEDED)


def taken_back(reason: WithdrawReason) -> Callable[[Referrals], None]:
    def by_case_manager(referrals: Referrals) -> None:
        referrals.hears(ReferralWithdrawalRequested, case_id=uid("case"), referral_id=FIRST, reason=reason)

    return by_case_manager


REFUSED: dict[RefusalCode, Callable[[Referrals], None]] = {
    RefusalCode.PROTECTED: Referrals.protect,
    RefusalCode.NO_BASIS: loses_basis,
    RefusalCode.OPEN_TWIN: lambda referrals: referrals.request(SECOND),
    RefusalCode.DEPARTED: departs,
    RefusalCode.WITHDRAWN: loses_aid,
}
WITHDRAWN: dict[WithdrawReason, Callable[[Referrals], None]] = {
    WithdrawReason.PROTECTED: Referrals.protect,
    WithdrawReason.MOVED_AWAY: departs,
    WithdrawReason.AID_ENDED: loses_aid,
    WithdrawReason.PLACED_ELSEWHERE: taken_back(WithdrawReason.PLACED_ELSEWHERE),
    WithdrawReason.PLAN_CHANGED: taken_back(WithdrawReason.PLAN_CHANGED),
    WithdrawReason.BASIS_REVOKED: loses_basis,
    WithdrawReason.DUPLICATE: has_a_twin,
    WithdrawReason.ERROR: lambda referrals: departs(referrals, DepartureReason.VOID),
}


@pytest.mark.parametrize("code", RefusalCode)
def test_every_code_of_a_refusal_occurs(code: RefusalCode) -> None:
    referrals = Referrals()
    referrals.client()
    REFUSED[code](referrals)
    referrals.request(FIRST)
    assert [one.code for one in referrals.said(facts.ReferralRefused)] == [code]


def test_a_draft_that_its_case_manager_takes_back_is_refused_as_withdrawn() -> None:
    referrals = Referrals(behind=frozenset({PERSON.name}))
    referrals.client()
    referrals.request(FIRST)
    referrals.withdraw(FIRST, person=ANNA)
    assert [one.code for one in referrals.said(facts.ReferralRefused)] == [RefusalCode.WITHDRAWN]


@pytest.mark.parametrize("reason", WithdrawReason)
def test_every_reason_of_a_withdrawal_occurs(reason: WithdrawReason) -> None:
    referrals = offered()
    WITHDRAWN[reason](referrals)
    assert [one.reason for one in referrals.said(facts.ReferralWithdrawn)] == [reason]
