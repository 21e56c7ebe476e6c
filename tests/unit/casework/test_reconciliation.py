"""C7: each partner message that cannot be applied gives exactly one work item."""

from typing import Any

import pytest

from contracts.events import referrals
from contracts.events.casework import ReconciliationOpened, ReconciliationResolved
from contracts.words import PlacementKind, RejectionCode, WithdrawReason
from services.casework.domain.person import UnknownItem
from services.casework.domain.reconciliation import ItemResolved, ResolveItem
from tests.unit.casework.given import ANNA, ARBEITSAMT, BAG, EMPLOYER, Casework, referred, uid


def rejected(casework: Casework, referral: str, code: RejectionCode, *, message_id: str = "m1", **fields: Any) -> None:
    casework.referral(
        referrals.PartnerMessageRejected,
        referral,
        message_id=message_id,
        message_type="lotse.partners.in.PlacementResultReported.v1",
        code=code,
        state="withdrawn",
        **fields,
    )


def late_result(casework: Casework, referral: str, *, message_id: str = "m1", **fields: Any) -> None:
    given: dict[str, Any] = {
        "kind": PlacementKind.REGULAR_JOB,
        "employer_id": EMPLOYER,
        "hours_per_week": 38,
        "credited": False,
    }
    casework.referral(
        referrals.PlacementReported, referral, placement_id=uid("job"), message_id=message_id, **given | fields
    )


@pytest.mark.parametrize("code", [*RejectionCode])
def test_a_message_that_could_not_be_applied_is_a_work_item(code: RejectionCode) -> None:
    casework, referral = referred()
    rejected(casework, referral, code)
    (item,) = casework.said(ReconciliationOpened)
    assert (item.person_id, item.referral_id, item.message_id, item.code) == (ANNA, referral, "m1", code)
    assert item.case_id == casework.case().case_id


@pytest.mark.parametrize(
    ("ends", "fields", "code"),
    [
        (referrals.ReferralWithdrawn, {"reason": WithdrawReason.PROTECTED}, RejectionCode.WITHDRAWN),
        (referrals.ReferralExpired, {}, RejectionCode.EXPIRED),
        (referrals.ReferralVoided, {}, RejectionCode.ILLEGAL_TRANSITION),
    ],
)
def test_a_result_after_the_end_is_a_work_item_that_says_which_end(
    ends: Any, fields: dict[str, Any], code: RejectionCode
) -> None:
    casework, referral = referred()
    casework.referral(ends, referral, **fields)
    late_result(casework, referral)
    assert [one.code for one in casework.said(ReconciliationOpened)] == [code]
    assert [one.credited for one in casework.states[ANNA].referrals.placements] == [False]


@pytest.mark.parametrize("first", ["result", "rejection"])
def test_a_late_result_told_as_placement_and_as_rejection_is_one_item(first: str) -> None:
    casework, referral = referred()
    casework.referral(referrals.ReferralExpired, referral)
    for _ in range(2):
        if first == "result":
            late_result(casework, referral)
        rejected(casework, referral, RejectionCode.EXPIRED)
        late_result(casework, referral)
    assert [one.code for one in casework.said(ReconciliationOpened)] == [RejectionCode.EXPIRED]


def test_two_messages_are_two_items() -> None:
    casework, referral = referred()
    rejected(casework, referral, RejectionCode.EXPIRED, message_id="m1")
    rejected(casework, referral, RejectionCode.EXPIRED, message_id="m2")
    assert len({one.item_id for one in casework.said(ReconciliationOpened)}) == 2


def test_another_agencys_message_of_the_same_id_is_an_item_of_its_own() -> None:
    casework, referral = referred()
    rejected(casework, referral, RejectionCode.UNKNOWN_REFERRAL, agency=BAG)
    rejected(casework, referral, RejectionCode.MISSING_REASON, agency=ARBEITSAMT)
    rejected(casework, referral, RejectionCode.UNKNOWN_REFERRAL, agency=BAG)
    assert [one.agency for one in casework.said(ReconciliationOpened)] == [BAG, ARBEITSAMT]


def test_the_correction_of_a_late_result_asks_for_nobody() -> None:
    casework, referral = referred()
    casework.referral(referrals.ReferralExpired, referral)
    late_result(casework, referral)
    late_result(casework, referral, message_id="m2", supersedes=uid("job"))
    assert [one.message_id for one in casework.said(ReconciliationOpened)] == ["m1"]


def test_a_credited_result_is_no_work_item() -> None:
    casework, referral = referred()
    late_result(casework, referral, credited=True)
    assert casework.said(ReconciliationOpened) == []


def test_a_work_item_is_resolved_once_by_somebody() -> None:
    casework, referral = referred()
    rejected(casework, referral, RejectionCode.EXPIRED)
    item_id = casework.said(ReconciliationOpened)[0].item_id
    casework.command(ResolveItem(item_id=item_id, resolved_by="vahr.fm1"))
    (resolved,) = casework.said(ReconciliationResolved)
    assert (resolved.item_id, resolved.resolved_by) == (item_id, "vahr.fm1")
    with pytest.raises(ItemResolved):
        casework.command(ResolveItem(item_id=item_id, resolved_by="vahr.fm2"))
    with pytest.raises(UnknownItem):
        casework.command(ResolveItem(item_id=uid("nobody's"), resolved_by="vahr.fm1"))


def test_a_message_about_a_referral_from_nowhere_is_a_defect_and_no_silence() -> None:
    casework, _ = referred()
    with pytest.raises(LookupError):
        casework.hears(
            referrals.PartnerMessageRejected,
            referral_id=uid("nowhere"),
            agency="arbeitsamt",
            message_id="m1",
            message_type="lotse.partners.in.ReferralAccepted.v1",
            code=RejectionCode.EXPIRED,
            state="expired",
        )
