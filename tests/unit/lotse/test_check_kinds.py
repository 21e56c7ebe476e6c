"""What has not occurred is told from the contracts' registry, never from a list of ours."""

from collections.abc import Iterator

import pytest

from contracts import topics
from contracts.event import Event
from contracts.events import partners, referrals
from contracts.topics import event_topics
from contracts.words import DeclinedBy, RejectReason
from lotse.check.kinds import Kinds, coded, named
from tests.unit.lotse.log import DAY_1, IN, OUT, PERSON, REFERRAL, WrittenLog, applied, registered, uuid


def _all() -> Iterator[type[Event]]:
    return (event for topic in event_topics(["arbeitsamt", "bremer-arbeit"]) for event in topic.events)


def _rejected(reason: RejectReason) -> referrals.ReferralRejected:
    return referrals.ReferralRejected(
        occurred_on=DAY_1,
        person_id=PERSON,
        referral_id=REFERRAL,
        agency="arbeitsamt",
        message_id="m",
        reason=reason,
        declined_by=DeclinedBy.PARTNER,
    )


def test_before_anything_was_heard_every_kind_of_every_topic_is_absent() -> None:
    assert set(Kinds().absent()) == {named(kind) for kind in _all()}
    assert Kinds().absent_codes() == []


def test_a_kind_that_was_heard_is_counted_and_absent_no_more() -> None:
    kinds = Kinds()
    kinds.hear(_rejected(RejectReason.WAITLIST))
    kinds.hear(_rejected(RejectReason.WAITLIST))
    assert kinds.occurred() == {"referrals.ReferralRejected": 2}
    assert "referrals.ReferralRejected" not in kinds.absent()


def test_of_a_kind_that_was_heard_every_other_code_is_named() -> None:
    kinds = Kinds()
    kinds.hear(_rejected(RejectReason.WAITLIST))
    others = {f"referrals.ReferralRejected.reason: {reason}" for reason in RejectReason} - {
        "referrals.ReferralRejected.reason: waitlist"
    }
    assert set(kinds.absent_codes()) == others | {"referrals.ReferralRejected.declined_by: client"}


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        (partners.ServiceDiscontinued, "without_result", {"false", "true"}),
        (partners.ReferralRejected, "declined_by", {"partner", "client"}),
    ],
)
def test_codes_are_found_behind_options_and_in_yes_or_no(kind: type[Event], field: str, values: set[str]) -> None:
    assert coded(kind)[field] == values


def test_an_audit_hears_our_events_and_agencies_messages_but_not_what_cannot_be_read() -> None:
    log = WrittenLog()
    log.put(topics.PERSON, registered())
    log.put(IN, partners.ReferralReceived(referral_id=uuid(9), occurred_on=DAY_1), event_id="m-0")
    log.put(IN, partners.ReferralAccepted(referral_id=uuid(9), occurred_on=DAY_1), event_id="m-1", value=b"{")
    log.put(OUT, applied(0, message_id="m-0"))
    heard = log.audited().findings.kinds.occurred()
    assert heard == {
        "intake.ClientRegistered": 1,
        "partners.out.MessageApplied": 1,
        "partners.in.ReferralReceived": 1,
    }
