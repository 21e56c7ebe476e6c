"""CloudEvents 1.0, binary mode, to and from a Kafka record (domain.md section 7).

The attributes are `ce_*` headers in UTF-8, the value is plain JSON. Our own topics carry all of them; on partner topics
there is no correlation, causation or trace, because those would link one client's two agencies.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from contracts.words import MESSAGE_ID

BERLIN: Final = ZoneInfo("Europe/Berlin")
Headers = list[tuple[str, bytes]]
MAX_HEADER_BYTES: Final = 4096


class MalformedEnvelope(ValueError):
    """A record's headers are no CloudEvents envelope. The message names the header, never its content."""


@lru_cache(maxsize=4096)
def midnight(day: date) -> str:
    """The instant at which a business day begins in Germany, RFC 3339 with its offset."""
    return datetime.combine(day, time(), BERLIN).isoformat()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a message besides its data.

    `time`: when it happened; `recorded`: the business day on which its producer learned it (the record's Kafka
    timestamp
    is the wall clock); `sequence`: dense per topic and subject, None where partners write.
    """

    id: str
    source: str
    type: str
    subject: str
    time: str
    recorded: str | None = None
    sequence: int | None = None
    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None

    def headers(self) -> Headers:
        found: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
            ("ce_subject", self.subject.encode()),
            ("ce_time", self.time.encode()),
            ("content-type", b"application/json"),
        ]
        if self.recorded is not None:
            found.append(("ce_recordedtime", self.recorded.encode()))
        if self.sequence is not None:
            found.append(("ce_sequence", b"%d" % self.sequence))
        if self.correlation is not None:
            found.append(("ce_correlationid", self.correlation.encode()))
        if self.causation is not None:
            found.append(("ce_causationid", self.causation.encode()))
        if self.traceparent is not None:
            found.append(("traceparent", self.traceparent.encode()))
        return found


def read(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """The envelope of a record. Raises `MalformedEnvelope` for a missing, null, oversized or non-UTF-8 attribute.

    Headers that are not ours are ignored whatever they hold.
    """
    raw = dict(headers)
    if (version := _text(raw, "ce_specversion")) != "1.0":
        raise MalformedEnvelope("ce_specversion is missing" if version is None else "ce_specversion is not 1.0")
    sequence = _text(raw, "ce_sequence")
    if sequence is not None and not (sequence.isascii() and sequence.isdigit() and len(sequence) < 19):
        raise MalformedEnvelope("ce_sequence is not a whole number")
    if not re.fullmatch(MESSAGE_ID, message_id := _required(raw, "ce_id")):
        raise MalformedEnvelope("ce_id is not 1 to 200 visible ASCII characters")
    return Envelope(
        id=message_id,
        source=_required(raw, "ce_source"),
        type=_required(raw, "ce_type"),
        subject=_required(raw, "ce_subject"),
        time=_required(raw, "ce_time"),
        recorded=_text(raw, "ce_recordedtime"),
        sequence=None if sequence is None else int(sequence),
        correlation=_text(raw, "ce_correlationid"),
        causation=_text(raw, "ce_causationid"),
        traceparent=_text(raw, "traceparent"),
    )


def readable_id(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """The `ce_id` if nothing else of the envelope can be read; None if not even that."""
    found = _readable(headers, "ce_id")
    return found if found and re.fullmatch(MESSAGE_ID, found) else None


def readable_type(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """The same for `ce_type`."""
    return _readable(headers, "ce_type")


def _readable(headers: Iterable[tuple[str, bytes | None]], name: str) -> str | None:
    try:
        return _text(dict(headers), name)
    except MalformedEnvelope:
        return None


def _text(raw: dict[str, bytes | None], name: str) -> str | None:
    if name not in raw:
        return None
    value = raw[name]
    if value is None or len(value) > MAX_HEADER_BYTES:
        raise MalformedEnvelope(f"{name} is null or longer than {MAX_HEADER_BYTES} bytes")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise MalformedEnvelope(f"{name} is not UTF-8") from None
    if "\0" in text:
        raise MalformedEnvelope(f"{name} contains a NUL")
    return text


def _required(raw: dict[str, bytes | None], name: str) -> str:
    text = _text(raw, name)
    if not text:
        raise MalformedEnvelope(f"{name} is missing")
    return text
