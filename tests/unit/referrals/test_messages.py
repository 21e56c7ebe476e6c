from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import RejectionCode, ServiceKind
from services.referrals.domain.commands import IllegalTransition, NoSuchReferral, VoidReferral
from tests.unit.referrals.given import BAG, DAY, FIRST, START, accepted, in_service, offered, result, uid


def test_the_same_event_id_again_is_a_duplicate() -> None:
    referrals = offered()
    referrals.partner(partners.ReferralReceived, message_id="m")
    before = len(referrals.spoken)
    assert isinstance(referrals.partner(partners.ReferralReceived, message_id="m"), partners.MessageDuplicate)
    assert len(referrals.spoken) == before + 1


def test_a_rejected_message_again_gets_the_same_answer_and_no_second_work_item() -> None:
    referrals = offered()
    referrals.withdraw()
    for _ in range(2):
        answer = referrals.partner(partners.ReferralAccepted, message_id="late")
        assert isinstance(answer, partners.MessageRejected)
        assert answer.code is RejectionCode.WITHDRAWN
    assert len(referrals.said(facts.PartnerMessageRejected)) == 1


def test_one_id_for_messages_on_two_referrals_is_two_messages() -> None:
    referrals = offered()
    referrals.request(uid("other"), agency=BAG)
    for referral, agency in ((FIRST, "arbeitsamt"), (uid("other"), BAG)):
        answer = referrals.partner(partners.ReferralReceived, referral, agency=agency, message_id="m")
        assert isinstance(answer, partners.MessageApplied)


def test_an_unknown_and_a_foreign_referral_get_the_same_answer() -> None:
    referrals = offered()
    unknown = referrals.partner(partners.ReferralAccepted, uid("unknown"), agency=BAG)
    foreign = referrals.partner(partners.ReferralAccepted, agency=BAG)
    assert isinstance(unknown, partners.MessageRejected)
    differing = {"key", "offset", "message_id"}
    assert unknown.model_dump(exclude=differing) == foreign.model_dump(exclude=differing)
    assert referrals.told(BAG) == ["MessageRejected", "MessageRejected"]
    assert referrals.state() == "requested"


def test_a_foreign_message_is_noted_once_and_does_not_hide_the_agencys_own() -> None:
    referrals = offered()
    for _ in range(2):
        referrals.partner(partners.ReferralAccepted, agency=BAG, message_id="m")
    (noted,) = referrals.said(facts.PartnerMessageRejected)
    assert (noted.agency, noted.code) == (BAG, RejectionCode.UNKNOWN_REFERRAL)
    assert isinstance(referrals.partner(partners.ReferralAccepted, message_id="m"), partners.MessageApplied)


def test_a_refused_draft_is_unknown_to_the_agency() -> None:
    referrals = offered()
    referrals.request(uid("twin"))
    answer = referrals.partner(partners.ReferralAccepted, uid("twin"))
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.UNKNOWN_REFERRAL


def test_a_placements_or_persons_id_is_no_referral() -> None:
    referrals = accepted()
    result(referrals)
    for name in (referrals.placements[0].placement_id, uid("anna")):
        answer = referrals.partner(partners.ReferralReceived, name)
        assert isinstance(answer, partners.MessageRejected)
        assert answer.code is RejectionCode.UNKNOWN_REFERRAL


@pytest.mark.parametrize("said", [START + 8 * DAY, START - 8 * DAY, date(1970, 1, 1), date.max, date.min])
def test_a_partners_wrong_clock_is_refused(said: date) -> None:
    referrals = offered()
    answer = referrals.partner(partners.ReferralAccepted, on=said)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.IMPLAUSIBLE_DATE
    assert referrals.state() == "requested"


@pytest.mark.parametrize("said", [START + 7 * DAY, START - 7 * DAY])
def test_a_clock_that_is_a_little_wrong_is_tolerated(said: date) -> None:
    referrals = offered()
    assert isinstance(referrals.partner(partners.ReferralAccepted, on=said), partners.MessageApplied)


@pytest.mark.parametrize("review", [START - DAY, date(2003, 3, 2)])
def test_a_review_before_the_interruption_or_years_away_is_implausible(review: date) -> None:
    answer = in_service().partner(partners.ServiceHeld, review_on=review)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.IMPLAUSIBLE_DATE


@pytest.mark.parametrize("order", [("accept", "withdraw"), ("withdraw", "accept")])
def test_accepting_and_withdrawing_end_alike_in_either_order(order: tuple[str, str]) -> None:
    referrals = offered()
    moves: dict[str, Callable[[], Any]] = {
        "accept": lambda: referrals.partner(partners.ReferralAccepted),
        "withdraw": referrals.withdraw,
    }
    for move in order:
        moves[move]()
    assert referrals.state() == "withdrawn"
    told = referrals.told()
    assert (told.count("ReferralWithdrawn"), told.count("EraseRequested")) == (1, 1)
    assert ("ContactReleased" in told) is (order[0] == "accept")
    (answer,) = (one for one in referrals.spoken if isinstance(one, partners.Answer))
    assert isinstance(answer, partners.MessageApplied if order[0] == "accept" else partners.MessageRejected)


def test_a_rejection_asks_to_erase_and_the_confirmation_is_noted() -> None:
    referrals = offered()
    referrals.partner(partners.ReferralRejected, reason="client_declined", declined_by="client")
    assert referrals.told() == ["ReferralOffered", "EraseRequested", "MessageApplied"]
    assert isinstance(referrals.partner(partners.EraseConfirmed), partners.MessageApplied)
    assert referrals.referral().erased_on == START
    assert isinstance(referrals.partner(partners.EraseConfirmed), partners.MessageDuplicate)


def test_nothing_is_to_be_erased_while_the_agency_has_the_client() -> None:
    answer = accepted().partner(partners.EraseConfirmed)
    assert isinstance(answer, partners.MessageRejected)


def test_a_resync_tells_again_how_things_stand() -> None:
    referrals = accepted()
    before = len(referrals.told())
    assert isinstance(referrals.partner(partners.ResyncRequested), partners.MessageApplied)
    assert referrals.told()[before:] == ["ReferralOffered", "ContactReleased", "ReferralStands", "MessageApplied"]
    offers = referrals.to_partner(partners.ReferralOffered)
    assert offers[0].answer_by == offers[1].answer_by
    referrals.withdraw()
    before = len(referrals.told())
    referrals.partner(partners.ResyncRequested)
    assert referrals.told()[before:] == ["ReferralWithdrawn", "EraseRequested", "MessageApplied"]


def test_capacity_is_a_statement_about_no_person() -> None:
    referrals = offered()
    event = partners.CapacityAnnounced(occurred_on=START, service=ServiceKind.JOB_PLACEMENT, places=12)
    before = len(referrals.spoken)
    assert isinstance(referrals.partner_event(event, agency=BAG), partners.MessageApplied)
    assert len(referrals.spoken) == before + 1


@pytest.mark.parametrize("code", [RejectionCode.MALFORMED, RejectionCode.UNKNOWN_TYPE, RejectionCode.TOO_LARGE])
@pytest.mark.parametrize(("key", "message_id"), [("", None), ("key", "m")])
def test_what_cannot_be_read_is_answered_too(code: RejectionCode, key: str, message_id: str | None) -> None:
    (answer,) = offered().unreadable(code, key=key, message_id=message_id)
    assert isinstance(answer, partners.MessageRejected)
    assert (answer.code, answer.key, answer.message_id, answer.offset) == (code, key, message_id, 7)


@pytest.mark.parametrize("code", [RejectionCode.MALFORMED, RejectionCode.UNKNOWN_TYPE, RejectionCode.TOO_LARGE])
def test_what_cannot_be_read_under_a_referrals_key_is_told_to_its_case_manager_once(code: RejectionCode) -> None:
    referrals = in_service()
    told, answer = referrals.unreadable(code, key=FIRST, message_id="m")
    assert isinstance(told, facts.PartnerMessageRejected)
    assert (told.referral_id, told.message_id, told.code, told.state) == (FIRST, "m", code, "in_service")
    assert (told.readable, told.message_type) == (False, facts.UNKNOWN_MESSAGE)
    assert isinstance(answer, partners.MessageRejected)
    (again,) = referrals.unreadable(code, key=FIRST, message_id="m", offset=8)
    assert isinstance(again, partners.MessageRejected)


def test_what_cannot_be_read_and_has_no_id_is_named_by_its_place() -> None:
    referrals = offered()
    for offset in (7, 8):
        told, _ = referrals.unreadable(RejectionCode.MALFORMED, key=FIRST, offset=offset)
        assert isinstance(told, facts.PartnerMessageRejected)
        assert told.message_id == f"partners.arbeitsamt.in.v1/0/{offset}"


def test_what_could_not_be_read_is_heard_when_it_can() -> None:
    referrals = offered()
    referrals.unreadable(RejectionCode.UNKNOWN_TYPE, key=FIRST, message_id="m")
    assert isinstance(referrals.partner(partners.ReferralReceived, message_id="m"), partners.MessageApplied)


def test_what_cannot_be_read_says_nothing_of_another_agencys_referral_or_of_a_draft() -> None:
    referrals = offered()
    referrals.request(uid("twin"))
    for key, agency in ((FIRST, BAG), (uid("twin"), "arbeitsamt"), (uid("unknown"), "arbeitsamt")):
        (answer,) = referrals.unreadable(RejectionCode.MALFORMED, key=key, message_id="m", agency=agency)
        assert isinstance(answer, partners.MessageRejected)


def test_voiding_an_open_referral_stops_the_agency() -> None:
    referrals = in_service()
    before = len(referrals.told())
    referrals.command(VoidReferral(referral_id=FIRST))
    assert referrals.state() == "void"
    assert referrals.told()[before:] == ["ReferralWithdrawn", "EraseRequested"]
    with pytest.raises(IllegalTransition):
        referrals.command(VoidReferral(referral_id=FIRST))
    (refused,) = referrals.said(facts.MoveRefused)
    assert (refused.referral_id, refused.state, refused.move, refused.placement_id) == (FIRST, "void", "void", None)


def test_voiding_a_completed_referral_asks_to_erase() -> None:
    referrals = accepted()
    result(referrals)
    before = len(referrals.told())
    referrals.command(VoidReferral(referral_id=FIRST))
    assert referrals.told()[before:] == ["EraseRequested"]


def test_voiding_a_withdrawn_referral_tells_the_agency_nothing_new() -> None:
    referrals = offered()
    referrals.withdraw()
    before = len(referrals.told())
    referrals.command(VoidReferral(referral_id=FIRST))
    assert referrals.told()[before:] == []


def test_what_nobody_knows_cannot_be_voided() -> None:
    with pytest.raises(NoSuchReferral):
        offered().command(VoidReferral(referral_id=uid("unknown")))


def test_voiding_a_draft_means_that_it_never_leaves() -> None:
    referrals = offered()
    referrals.behind = frozenset({"intake.person.v1"})
    referrals.request(uid("draft"), agency=BAG)
    referrals.command(VoidReferral(referral_id=uid("draft")))
    referrals.behind = frozenset()
    referrals.days(START + timedelta(days=2))
    assert referrals.told(BAG) == []
