from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.intake import BenefitPaid
from contracts.words import BenefitEndReason, BenefitKind, Currency, Money
from services.intake.domain.aid import payable
from services.intake.domain.commands import (
    BenefitGrant,
    ChangeBenefit,
    EndBenefit,
    EndBenefits,
    MergeClients,
    PayHousehold,
    Share,
    StartBenefit,
)
from services.intake.domain.refusals import (
    BenefitAlreadyEnded,
    BenefitInForce,
    BenefitNotInForce,
    ImplausibleDate,
    OutOfOrder,
    UnknownBenefit,
)
from tests.unit.intake.given import (
    ANNA,
    BERTA,
    CARLA,
    HOME,
    TODAY,
    Intake,
    events,
    hlu,
    marks,
    with_anna,
    with_anna_and_berta,
)

MAY = date(2001, 5, 1)
HBL = BenefitGrant(kind=BenefitKind.HBL, monthly=marks(120_000), since=TODAY)


def benefit_of(intake: Intake, person_id: str = ANNA) -> str:
    return intake.states[person_id].benefits[0].benefit_id


def ending(intake: Intake, on: date) -> EndBenefit:
    return EndBenefit(person_id=ANNA, benefit_id=benefit_of(intake), reason=BenefitEndReason.WORK, on=on)


def share(minor: int, currency: Currency = Currency.DEM, kind: BenefitKind = BenefitKind.HLU) -> Share:
    return Share(head=ANNA, kind=kind, minor=minor, currency=currency)


def paid(month: str, *shares: Share, today: date = TODAY) -> list[BenefitPaid]:
    outcome = Intake(today=today).told(PayHousehold(household_id=HOME, month=month, shares=shares))
    return [one for one in outcome.events if isinstance(one, BenefitPaid)]


def test_one_benefit_of_a_kind_at_a_time() -> None:
    intake = with_anna()
    with pytest.raises(BenefitInForce):
        intake.told(StartBenefit(person_id=ANNA, grant=hlu(since=MAY)))
    assert events(intake.told(StartBenefit(person_id=ANNA, grant=HBL))) == ["BenefitStarted"]


def test_a_benefit_that_begins_before_one_already_granted_is_refused() -> None:
    with pytest.raises(BenefitInForce):
        with_anna().told(StartBenefit(person_id=ANNA, grant=hlu(since=date(2001, 1, 1))))


def test_a_new_benefit_begins_on_the_day_the_old_one_ends() -> None:
    intake = with_anna()
    intake.told(ending(intake, MAY))
    assert events(intake.told(StartBenefit(person_id=ANNA, grant=hlu(since=MAY)))) == ["BenefitStarted"]


def test_a_benefit_of_the_merged_record_counts_as_the_persons() -> None:
    intake = with_anna_and_berta()
    intake.told(EndBenefits(person_id=ANNA, reason=BenefitEndReason.ERROR, on=MAY))
    intake.told(MergeClients(survivor_id=ANNA, loser_id=BERTA))
    with pytest.raises(BenefitInForce):
        intake.told(StartBenefit(person_id=ANNA, grant=hlu(since=MAY)))


def test_a_benefit_is_no_longer_in_force_on_the_day_it_ends() -> None:
    intake = with_anna()
    intake.told(ending(intake, MAY))
    (benefit,) = intake.states[ANNA].benefits
    assert benefit.in_force(date(2001, 4, 30))
    assert not benefit.in_force(MAY)


def test_an_end_can_be_brought_forward_but_not_put_off() -> None:
    intake = with_anna()
    intake.told(ending(intake, MAY))
    intake.told(ending(intake, date(2001, 4, 1)))
    with pytest.raises(BenefitAlreadyEnded):
        intake.told(ending(intake, MAY))


def test_a_benefit_does_not_end_before_it_began() -> None:
    intake = with_anna()
    with pytest.raises(BenefitNotInForce):
        intake.told(ending(intake, date(2001, 2, 1)))


def test_a_changed_amount_is_a_step_from_its_day_on() -> None:
    intake = with_anna()
    change = ChangeBenefit(person_id=ANNA, benefit_id=benefit_of(intake), monthly=marks(70_000), on=MAY)
    intake.told(change)
    assert [one.since for one in intake.states[ANNA].benefits[0].amounts] == [TODAY, MAY]
    assert not intake.told(replace(change, on=date(2001, 6, 1))).events
    with pytest.raises(OutOfOrder):
        intake.told(replace(change, monthly=marks(1), on=date(2001, 4, 1)))
    with pytest.raises(BenefitNotInForce):
        intake.told(replace(change, on=date(2001, 2, 1)))


def test_a_benefit_that_nobody_has_is_unknown() -> None:
    with pytest.raises(UnknownBenefit):
        with_anna().told(EndBenefit(person_id=ANNA, benefit_id=CARLA, reason=BenefitEndReason.WORK))


def test_all_benefits_end_at_once_and_again_nothing() -> None:
    intake = with_anna(benefits=(hlu(), HBL))
    ending_all = EndBenefits(person_id=ANNA, reason=BenefitEndReason.OTHER_INCOME, on=MAY)
    assert events(intake.told(ending_all)) == ["BenefitEnded", "BenefitEnded"]
    assert not intake.told(ending_all).events


def test_a_benefit_yet_to_begin_ends_on_its_first_day() -> None:
    intake = with_anna(benefits=(hlu(since=MAY),))
    intake.told(EndBenefits(person_id=ANNA, reason=BenefitEndReason.ERROR))
    (benefit,) = intake.states[ANNA].benefits
    assert benefit.ended_on == MAY
    assert not benefit.in_force(MAY)


def test_a_month_is_paid_once_a_kind_in_one_sum() -> None:
    payments = paid("2001-03", share(60_000), share(40_000), share(90_000, kind=BenefitKind.HBL))
    assert [(one.kind, one.amount) for one in payments] == [
        (BenefitKind.HBL, marks(90_000)),
        (BenefitKind.HLU, marks(100_000)),
    ]
    assert {one.person_id for one in payments} == {ANNA}


def test_nothing_owed_is_nothing_paid() -> None:
    assert paid("2001-03") == []


def test_december_is_paid_in_marks_and_january_in_euro_whatever_the_amount_was_set_in() -> None:
    winter = date(2001, 12, 1)
    (december,) = paid("2001-12", share(195_583), today=winter)
    (january,) = paid("2002-01", share(195_583), today=winter)
    assert december.amount == marks(195_583)
    assert january.amount == Money(minor=100_000, currency=Currency.EUR)


def test_each_currency_is_converted_once_as_a_sum() -> None:
    (payment,) = paid("2002-01", share(1), share(1), share(500, Currency.EUR), today=date(2002, 1, 1))
    assert payment.amount == Money(minor=501, currency=Currency.EUR)


@given(st.lists(st.integers(min_value=1, max_value=10_000_000), min_size=1, max_size=8))
def test_a_sum_in_euro_is_never_further_than_half_a_cent_from_the_marks(amounts: list[int]) -> None:
    (payment,) = paid("2002-02", *(share(minor) for minor in amounts), today=date(2002, 2, 1))
    assert abs(payment.amount.minor * 195_583 - sum(amounts) * 100_000) <= 195_583 / 2


def test_a_month_is_payable_up_to_the_next() -> None:
    payable("2001-12", date(2001, 11, 30))
    payable("2002-01", date(2001, 12, 1))
    with pytest.raises(ImplausibleDate):
        payable("2002-02", date(2001, 12, 31))
