"""A value that is no message of its topic is refused with a code, and the refusal quotes nothing of it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import topics
from contracts.events import partners
from contracts.topics import Undecodable

REFERRAL = "5a3c9f6e-0a51-4f0e-9a53-0f1f0c5a9d11"
BAD: dict[str, tuple[str, bytes | None, str]] = {
    "no value": ("CapacityAnnounced", None, "malformed"),
    "no JSON": ("CapacityAnnounced", b"places: 3", "malformed"),
    "no object": ("CapacityAnnounced", b"[]", "malformed"),
    "broken UTF-8": ("CapacityAnnounced", b'{"service":"\xff"}', "malformed"),
    "half a surrogate": ("EraseConfirmed", b'{"occurred_on":"2001-03-01","referral_id":"\\ud800"}', "malformed"),
    "far too deep": ("CapacityAnnounced", b"[" * 100_000, "malformed"),
    "too large": ("CapacityAnnounced", b" " * (topics.MAX_PARTNER_BODY + 1), "too_large"),
    "unknown type": ("PoemRecited", b"{}", "unknown_type"),
    "a missing field": ("CapacityAnnounced", b'{"occurred_on":"2001-03-01","places":3}', "malformed"),
    "an unknown code": (
        "CapacityAnnounced",
        b'{"occurred_on":"2001-03-01","service":"magic","places":3}',
        "malformed",
    ),
    "a number in quotes": (
        "CapacityAnnounced",
        b'{"occurred_on":"2001-03-01","service":"job_scheme","places":"3"}',
        "malformed",
    ),
    "a truth for a number": (
        "CapacityAnnounced",
        b'{"occurred_on":"2001-03-01","service":"job_scheme","places":true}',
        "malformed",
    ),
    "a fraction": (
        "CapacityAnnounced",
        b'{"occurred_on":"2001-03-01","service":"job_scheme","places":3.0}',
        "malformed",
    ),
    "a number too big": (
        "CapacityAnnounced",
        b'{"occurred_on":"2001-03-01","service":"job_scheme","places":1000000000000000000000000000000}',
        "malformed",
    ),
    "seconds for a day": (
        "CapacityAnnounced",
        b'{"occurred_on":983404800,"service":"job_scheme","places":3}',
        "malformed",
    ),
    "no such day": (
        "CapacityAnnounced",
        b'{"occurred_on":"2001-02-29","service":"job_scheme","places":3}',
        "malformed",
    ),
    "a NUL in an id": (
        "PlacementStatusReported",
        f'{{"occurred_on":"2001-03-01","referral_id":"{REFERRAL}","result_id":"a\\u0000","insured":true}}'.encode(),
        "malformed",
    ),
}


@pytest.mark.parametrize(("name", "value", "code"), BAD.values(), ids=BAD)
def test_a_bad_value_is_refused_with_a_code_and_never_quoted(name: str, value: bytes | None, code: str) -> None:
    with pytest.raises(Undecodable) as refused:
        topics.partner_in("arbeitsamt").decode(f"lotse.partners.in.{name}.v1", value)
    assert refused.value.code == code
    assert "magic" not in str(refused.value)


def test_unknown_fields_of_an_agency_are_ignored() -> None:
    value = f'{{"occurred_on":"2001-03-01","referral_id":"{REFERRAL}","remark":"nice person","n":{{"m":[1]}}}}'.encode()
    event = topics.partner_in("arbeitsamt").decode("lotse.partners.in.ReferralAccepted.v1", value)
    assert event == partners.ReferralAccepted.model_validate({"occurred_on": "2001-03-01", "referral_id": REFERRAL})
    assert "nice" not in event.model_dump_json()


@given(value=st.binary() | st.text().map(str.encode), name=st.sampled_from(sorted(topics.partner_in("x").models)))
def test_whatever_an_agency_writes_is_a_message_or_undecodable(value: bytes, name: str) -> None:
    with contextlib.suppress(Undecodable):
        topics.partner_in("x").decode(name, value)
