"""Any headers are an envelope or a `MalformedEnvelope`, and what is written is read again."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import MAX_HEADER_BYTES, Envelope, MalformedEnvelope, midnight, read, readable_id

Headers = list[tuple[str, bytes | None]]

ATTRIBUTES = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_recordedtime",
    "ce_sequence",
    "ce_correlationid",
    "ce_causationid",
    "traceparent",
    "content-type",
)
REQUIRED = ATTRIBUTES[:6]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200)
ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200)
envelopes = st.builds(
    Envelope,
    id=ids,
    source=texts,
    type=texts,
    subject=texts,
    time=texts,
    recorded=st.none() | texts,
    sequence=st.none() | st.integers(min_value=0, max_value=10**18 - 1),
    correlation=st.none() | texts,
    causation=st.none() | texts,
    traceparent=st.none() | texts,
)
names = st.sampled_from(ATTRIBUTES) | st.text(max_size=20)
anything = st.lists(st.tuples(names, st.none() | st.binary(max_size=300)), max_size=20)

GOOD: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"a1"),
    ("ce_source", b"/lotse/intake"),
    ("ce_type", b"lotse.intake.ClientRegistered.v1"),
    ("ce_subject", b"s"),
    ("ce_time", b"2001-03-01T00:00:00+01:00"),
]


def with_header(name: str, value: bytes | None) -> Headers:
    return [*((n, v) for n, v in GOOD if n != name), (name, value)]


@given(envelope=envelopes)
def test_what_is_written_is_read_again(envelope: Envelope) -> None:
    assert read(envelope.headers()) == envelope


@given(headers=anything)
def test_any_headers_are_an_envelope_or_malformed(headers: Headers) -> None:
    with contextlib.suppress(MalformedEnvelope):
        read(headers)


@given(name=st.sampled_from(ATTRIBUTES), value=st.none() | st.binary(max_size=300))
def test_one_arbitrary_header_among_good_ones_is_read_or_malformed(name: str, value: bytes | None) -> None:
    with contextlib.suppress(MalformedEnvelope):
        read(with_header(name, value))


@given(headers=anything)
def test_the_id_of_any_headers_is_readable_or_none(headers: Headers) -> None:
    found = readable_id(headers)
    assert found is None or found.isascii()


@given(envelope=envelopes, others=st.lists(st.tuples(st.text(max_size=20), st.none() | st.binary()), max_size=5))
def test_headers_of_others_are_ignored_whatever_they_hold(envelope: Envelope, others: Headers) -> None:
    foreign = [(name, value) for name, value in others if name not in ATTRIBUTES]
    assert read([*foreign, *envelope.headers()]) == envelope


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_attribute_is_named(name: str) -> None:
    with pytest.raises(MalformedEnvelope, match=name):
        read([header for header in GOOD if header[0] != name])


@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name != "content-type"])
@pytest.mark.parametrize("value", [None, b"\xff\xfe", b"a\0b", b"x" * (MAX_HEADER_BYTES + 1)])
def test_a_null_broken_or_huge_attribute_is_named_and_not_quoted(name: str, value: bytes | None) -> None:
    with pytest.raises(MalformedEnvelope, match=name) as refused:
        read(with_header(name, value))
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("name", [name for name in REQUIRED if name != "ce_specversion"])
def test_an_empty_attribute_is_a_missing_one(name: str) -> None:
    with pytest.raises(MalformedEnvelope, match=f"{name} is missing"):
        read(with_header(name, b""))


@pytest.mark.parametrize("value", [b"", b"-1", b"1.0", b"one", b"1e3", "١".encode(), b"9" * 19])
def test_a_sequence_is_a_whole_number(value: bytes) -> None:
    with pytest.raises(MalformedEnvelope, match="ce_sequence"):
        read(with_header("ce_sequence", value))


@pytest.mark.parametrize("value", ["Erika Mustermann", "é", "x" * 201, "a\n"])
def test_an_id_has_no_room_for_prose(value: str) -> None:
    headers = with_header("ce_id", value.encode())
    with pytest.raises(MalformedEnvelope, match="ce_id"):
        read(headers)
    assert readable_id(headers) is None


def test_the_id_is_readable_although_nothing_else_is() -> None:
    assert readable_id([("ce_id", b"a1"), ("ce_type", None)]) == "a1"
    assert readable_id([]) is None


def test_an_agency_needs_no_sequence_recorded_day_or_content_type() -> None:
    found = read(GOOD)
    assert (found.sequence, found.recorded, found.correlation) == (None, None, None)


def test_the_last_of_several_headers_of_one_name_counts() -> None:
    assert read([*GOOD, ("ce_id", b"a2")]).id == "a2"


def test_a_day_begins_at_midnight_in_bremen_in_winter_and_in_summer() -> None:
    assert midnight(date(2001, 3, 24)) == "2001-03-24T00:00:00+01:00"
    assert midnight(date(2001, 3, 26)) == "2001-03-26T00:00:00+02:00"
    assert midnight(date(2001, 10, 28)) == "2001-10-28T00:00:00+02:00"
