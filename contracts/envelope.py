"""CloudEvents 1.0, binary mode, to and from a Kafka record (domain.md section 7).

The attributes are `ce_*` headers in UTF-8, the value is plain JSON. Our own topics carry all of them; on partner topics
there is no correlation, causation or trace, because those would link one client's two agencies.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from contracts.words import MESSAGE_ID

BERLIN: Final = ZoneInfo("Europe/Berlin")
Headers = list[tuple[str, bytes]]
MAX_HEADER_BYTES: Final = 4096
_REQUIRED: Final = ("ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
_READ: Final = frozenset(
    {
        *_REQUIRED,
        "ce_specversion",
        "ce_recordedtime",
        "ce_sequence",
        "ce_correlationid",
        "ce_causationid",
        "traceparent",
    }
)
_IS_ID: Final = re.compile(MESSAGE_ID).fullmatch


class MalformedEnvelope(ValueError):
    """A record's headers are no CloudEvents envelope. The message names the header, never its content."""


@lru_cache(maxsize=4096)
def midnight(day: date) -> str:
    """The instant at which a business day begins in Germany, RFC 3339 with its offset."""
    return datetime.combine(day, time(), BERLIN).isoformat()


class Envelope(NamedTuple):
    """What is known of a message besides its data.

    `time`: when it happened; `recorded`: the business day on which its producer learned it (the record's Kafka
    timestamp is the wall clock); `sequence`: dense per topic and subject, None where partners write.
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
    said = {name: _text(name, value) for name, value in dict(headers).items() if name in _READ}.get
    if (version := said("ce_specversion")) != "1.0":
        raise MalformedEnvelope("ce_specversion is missing" if version is None else "ce_specversion is not 1.0")
    sequence = said("ce_sequence")
    if sequence is not None and not (sequence.isascii() and sequence.isdigit() and len(sequence) < 19):
        raise MalformedEnvelope("ce_sequence is not a whole number")
    message_id, source, kind, subject, time = (said(name) for name in _REQUIRED)
    if not (message_id and source and kind and subject and time):
        missing = ", ".join(name for name in _REQUIRED if not said(name))
        raise MalformedEnvelope(f"{missing} is missing")
    if not _IS_ID(message_id):
        raise MalformedEnvelope("ce_id is not 1 to 200 visible ASCII characters")
    return Envelope(
        message_id,
        source,
        kind,
        subject,
        time,
        said("ce_recordedtime"),
        None if sequence is None else int(sequence),
        said("ce_correlationid"),
        said("ce_causationid"),
        said("traceparent"),
    )


def readable_id(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """The `ce_id` if nothing else of the envelope can be read; None if not even that."""
    found = _readable(headers, "ce_id")
    return found if found and _IS_ID(found) else None


def readable_type(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """The same for `ce_type`."""
    return _readable(headers, "ce_type")


def _readable(headers: Iterable[tuple[str, bytes | None]], name: str) -> str | None:
    try:
        raw = dict(headers)
        return _text(name, raw[name]) if name in raw else None
    except MalformedEnvelope:
        return None


def _text(name: str, value: bytes | None) -> str:
    if value is None or len(value) > MAX_HEADER_BYTES:
        raise MalformedEnvelope(f"{name} is null or longer than {MAX_HEADER_BYTES} bytes")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise MalformedEnvelope(f"{name} is not UTF-8") from None
    if "\0" in text:
        raise MalformedEnvelope(f"{name} contains a NUL")
    return text
