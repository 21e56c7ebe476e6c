"""Every type of an agency's message, mutated: generated from the contracts, so that a new type is covered by itself."""

import json
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.event import Event
from contracts.events import partners
from contracts.events import referrals as facts
from contracts.golden import examples
from contracts.topics import MAX_PARTNER_BODY, Undecodable, partner_in
from contracts.words import RejectionCode
from services.referrals.domain.machine import State
from tests.unit.referrals.given import ARBEITSAMT, BAG, DAY, FIRST, SECOND, START, Referrals, in_service, uid

TOPIC: Final = partner_in(ARBEITSAMT)
GOOD: Final = {
    model.type_name(): examples(TOPIC, model)["complete"]["value"] | {"occurred_on": START.isoformat()}
    for model in TOPIC.events
}
"""A complete message of each type, said today."""
DAYS: Final = ("0001-01-01", "9999-12-31", "2001-02-30", *((START + n * DAY).isoformat() for n in (-400, -8, 8, 900)))

types = st.sampled_from([*GOOD, "lotse.partners.in.Nonsense.v1", "lotse.partners.in.ReferralReceived.v2", ""])
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(DAYS),
    st.just("x" * 5_000),
    st.just("x" * MAX_PARTNER_BODY),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


@st.composite
def records(draw: st.DrawFn) -> tuple[str, str, str, bytes, str]:
    """Agency, key, type, body and id of a record with up to three mistakes."""
    type_name = draw(types)
    value: dict[str, Any] = dict(GOOD.get(type_name, GOOD["lotse.partners.in.ReferralReceived.v1"]))
    key = draw(st.sampled_from([FIRST, FIRST, FIRST, SECOND, uid("unknown"), "", "nonsense"]))
    if "referral_id" in value:
        value["referral_id"] = key
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from([*value, "unknown_field"]))
        if draw(st.booleans()):
            value.pop(name, None)
        else:
            value[name] = draw(junk)
    body = json.dumps(value).encode()
    body = draw(st.sampled_from([body, body, body, body, body[:-1], b"\xff" + body, b"", b"null", b"[]"]))
    agency = draw(st.sampled_from([ARBEITSAMT, ARBEITSAMT, ARBEITSAMT, BAG]))
    message_id = draw(st.sampled_from(["result-1", "a", "b", "c", "d", "e", "f"]))
    return agency, key, type_name, body, message_id


def hear(referrals: Referrals, agency: str, key: str, type_name: str, body: bytes, message_id: str) -> list[Event]:
    """As the runtime hands it over; returns all that was said to it."""
    before = len(referrals.spoken)
    try:
        event = TOPIC.decode(type_name, body)
        if event.subject != key:
            raise Undecodable("malformed", "key and the value's own id differ")
    except Undecodable as error:
        referrals.unreadable(error.code, key=key, message_id=message_id, agency=agency, offset=before)
    else:
        assert isinstance(event, partners.PartnerMessage)
        referrals.partner_event(event, agency=agency, message_id=message_id)
    return referrals.spoken[before:]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(records(), min_size=1, max_size=6))
def test_whatever_an_agency_sends_is_answered_once_and_told_to_whom_it_concerns(
    sent: list[tuple[str, str, str, bytes, str]],
) -> None:
    referrals = in_service()
    rejected: set[tuple[str, bool]] = set()
    for agency, key, type_name, body, message_id in sent:
        said = hear(referrals, agency, key, type_name, body, message_id)
        final = [one for one in said if isinstance(one, partners.MessageRejected)]
        told = [one for one in said if isinstance(one, facts.PartnerMessageRejected)]
        others = [one for one in said if isinstance(one, partners.Answer) and one not in final]
        assert final or others
        if final and key == FIRST and agency == ARBEITSAMT:
            assert isinstance(final[0].code, RejectionCode)
            known = {(one.message_id, one.readable) for one in referrals.said(facts.PartnerMessageRejected)}
            assert known & {(message_id, True), (message_id, False)}
        for one in told:
            assert one.referral_id == FIRST
            if one.agency == ARBEITSAMT:
                assert (one.message_id, one.readable) not in rejected
                rejected.add((one.message_id, one.readable))
            else:
                assert one.readable
                assert one.code is RejectionCode.UNKNOWN_REFERRAL
    if all(agency == BAG for agency, *_ in sent):
        assert referrals.state() == State.IN_SERVICE


def test_a_good_message_of_every_type_is_understood() -> None:
    for name, value in GOOD.items():
        assert TOPIC.decode(name, json.dumps(value).encode()).type_name() == name
