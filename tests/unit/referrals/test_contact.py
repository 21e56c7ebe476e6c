"""The gate at the second step of disclosure: what is known to forbid it when an acceptance comes keeps the contact in.

Most of what forbids withdraws in the moment in which it is heard, and the acceptance comes too late. What begins or
ends by the calendar is heard long before: a client who was parked on that day has not been weighed yet (R7, R10).
"""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.event import Event
from contracts.events import intake, partners
from contracts.topics import PERSON
from contracts.words import RejectionCode
from tests.unit.referrals.given import ANNA, ARBEITSAMT, BAG, BERTA, DAY, SECOND, START, Referrals, uid

LATER = START + 5 * DAY
HLU: dict[str, Any] = {"benefit_id": uid("hlu"), "kind": "hlu", "monthly": {"minor": 50_000, "currency": "DEM"}}
WITHDRAWN = ["ReferralWithdrawn", "EraseRequested"]


def protected_from_a_day(referrals: Referrals) -> None:
    referrals.protect(since=LATER)


def aid_ends_on_a_day(referrals: Referrals) -> None:
    referrals.hears(intake.BenefitStarted, **HLU)
    referrals.hears(intake.BenefitEnded, benefit_id=uid("hlu"), reason="work", on=LATER)


def leaves_on_a_day(referrals: Referrals) -> None:
    referrals.hears(intake.ClientDeparted, reason="left_city", on=LATER)


def nothing(_: Referrals) -> None:
    """The legal basis alone decides."""


forbidding = pytest.mark.parametrize(
    ("what", "basis"),
    [
        pytest.param(protected_from_a_day, {}, id="protection begins"),
        pytest.param(aid_ends_on_a_day, {}, id="aid ends"),
        pytest.param(leaves_on_a_day, {}, id="the client leaves"),
        pytest.param(nothing, {"valid_until": LATER - DAY}, id="the basis ends"),
    ],
)


def offered(what: Callable[[Referrals], None] = nothing, *, identity: bool = True, **basis: Any) -> Referrals:
    referrals = Referrals()
    referrals.client(sequence_only=True)
    referrals.basis(**basis)
    if identity:
        referrals.identity()
    referrals.request()
    what(referrals)
    assert referrals.told() == ["ReferralOffered"]
    return referrals


def accept(referrals: Referrals) -> Event:
    return referrals.partner(partners.ReferralAccepted)


@forbidding
def test_an_acceptance_on_a_day_not_yet_weighed_is_taken_and_no_contact_leaves(
    what: Callable[[Referrals], None], basis: dict[str, Any]
) -> None:
    referrals = offered(what, **basis)
    referrals.today = LATER
    assert isinstance(accept(referrals), partners.MessageApplied)
    assert referrals.told()[1:] == ["MessageApplied"]
    referrals.day(LATER)
    assert referrals.state() == "withdrawn"
    assert referrals.told()[2:] == WITHDRAWN


@forbidding
def test_the_day_before_the_same_acceptance_releases_it(
    what: Callable[[Referrals], None], basis: dict[str, Any]
) -> None:
    referrals = offered(what, **basis)
    referrals.today = LATER - DAY
    accept(referrals)
    assert referrals.told()[1:] == ["ContactReleased", "MessageApplied"]


@forbidding
def test_a_late_identity_releases_nothing_on_such_a_day(
    what: Callable[[Referrals], None], basis: dict[str, Any]
) -> None:
    referrals = offered(what, identity=False, **basis)
    accept(referrals)
    referrals.today = LATER
    referrals.identity()
    assert referrals.told()[1:] == ["MessageApplied"]


@forbidding
def test_neither_does_an_agency_that_asks_again(what: Callable[[Referrals], None], basis: dict[str, Any]) -> None:
    referrals = offered(what, **basis)
    referrals.today = LATER
    accept(referrals)
    referrals.partner(partners.ResyncRequested)
    assert referrals.told()[1:] == ["MessageApplied", "MessageApplied"]


@forbidding
def test_once_the_day_is_weighed_the_acceptance_comes_too_late(
    what: Callable[[Referrals], None], basis: dict[str, Any]
) -> None:
    referrals = offered(what, **basis)
    referrals.days(LATER)
    answer = accept(referrals)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.WITHDRAWN
    assert "ContactReleased" not in referrals.told()


def test_a_basis_that_was_the_other_records_is_missing_once_they_are_parted() -> None:
    referrals = Referrals()
    referrals.client(ANNA, sequence_only=True)
    referrals.identity(ANNA)
    referrals.client(BERTA)
    referrals.merge(survivor=BERTA, loser=ANNA)
    referrals.request(person=ANNA)
    parted: dict[str, Any] = {"merge_id": uid("merge"), "survivor_id": BERTA, "loser_id": ANNA}
    for key in (ANNA, BERTA):
        referrals.hears(intake.ClientsUnmerged, key, **parted)
    assert isinstance(accept(referrals), partners.MessageApplied)
    assert "ContactReleased" not in referrals.told()
    referrals.day(START + DAY)
    assert referrals.told()[-2:] == WITHDRAWN


def test_protection_under_the_other_key_of_a_merged_client_counts() -> None:
    referrals = Referrals()
    referrals.client(ANNA)
    referrals.client(BERTA)
    referrals.merge(survivor=BERTA, loser=ANNA)
    referrals.request(person=ANNA)
    referrals.protect(BERTA, since=LATER)
    referrals.today = LATER
    assert isinstance(accept(referrals), partners.MessageApplied)
    assert "ContactReleased" not in referrals.told()


def test_a_basis_for_one_agency_releases_nothing_to_the_other() -> None:
    """Both had the offer under a general basis; what is left after its end names one of them."""
    referrals = offered(valid_until=LATER - DAY)
    referrals.basis(name="narrow", agency=BAG)
    referrals.request(SECOND, agency=BAG)
    referrals.today = LATER
    accept(referrals)
    referrals.partner(partners.ReferralAccepted, SECOND, agency=BAG)
    assert "ContactReleased" not in referrals.told(ARBEITSAMT)
    assert "ContactReleased" in referrals.told(BAG)


def test_a_draft_of_which_intake_may_know_more_was_never_offered_and_cannot_be_accepted() -> None:
    referrals = Referrals(behind=frozenset({PERSON.name}))
    referrals.client()
    referrals.request()
    answer = accept(referrals)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.UNKNOWN_REFERRAL
    assert "ContactReleased" not in referrals.told()
