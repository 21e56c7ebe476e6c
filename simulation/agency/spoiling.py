"""What other people's programs do to a record between their message and the broker."""

from enum import StrEnum
from typing import Final, assert_never

import orjson

from contracts.envelope import Headers
from contracts.topics import MAX_PARTNER_BODY

NEWER: Final = b"lotse.partners.in.ReferralForwarded.v1"
"""A kind of message that the contracts do not have."""


class Spoiling(StrEnum):
    CUT_OFF = "cut off"
    BROKEN_TEXT = "broken text"
    NO_ENVELOPE = "no envelope"
    NEWER_TYPE = "newer type"
    TOO_LARGE = "too large"
    NEWER_FIELD = "newer field"
    """Tolerated: it is applied like any other."""


def spoil(how: Spoiling, headers: Headers, value: bytes) -> tuple[Headers, bytes]:
    """Headers and body as they reach the broker."""
    match how:
        case Spoiling.CUT_OFF:
            return headers, value[: len(value) // 2]
        case Spoiling.BROKEN_TEXT:
            return headers, value[:-1] + b"\xff}"
        case Spoiling.NO_ENVELOPE:
            return [], value
        case Spoiling.NEWER_TYPE:
            return [(name, NEWER if name == "ce_type" else text) for name, text in headers], value
        case Spoiling.TOO_LARGE:
            return headers, _with(value, attachment="x" * MAX_PARTNER_BODY)
        case Spoiling.NEWER_FIELD:
            return headers, _with(value, channel="letter")
        case _:
            assert_never(how)


def _with(value: bytes, **fields: str) -> bytes:
    return orjson.dumps(orjson.loads(value) | fields)
