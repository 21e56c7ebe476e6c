"""What may become known outside: the allow-list of every field that an agency can read, and what no log may keep.

The list is written by hand and compared with the schemas field by field: a field, a type or a code that is not on it
fails the build. Whoever adds a line here answers for domain.md section 7.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from contracts.event import Event
from contracts.schema import Schema, closed, inlined
from contracts.topics import Topic

_UUID: Final = "pattern ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_TEXT: Final = "text of 100"
_REFERRAL: Final = {"occurred_on": "date", "referral_id": _UUID}
_SERVICE: Final = "code job_placement qualification job_scheme vocational_training"
_ANSWER: Final = {
    "occurred_on": "date",
    "key": "text of 200",
    "topic": r"pattern ^partners\.[a-z][a-z0-9-]{0,39}\.in\.v1$",
    "partition": "integer",
    "offset": "integer",
    "message_id": "pattern ^[!-~]{1,200}$",
}
"""`key` and `message_id` only echo what the agency itself has sent."""

_CODES: Final = (
    "code malformed unknown_type too_large unknown_referral missing_reason illegal_transition withdrawn expired"
    " implausible_date no_such_result"
)
ALLOWED: Final[dict[str, dict[str, str]]] = {
    "lotse.calendar.DayStarted.v1": {"occurred_on": "date"},
    "lotse.partners.out.ReferralOffered.v1": {
        **_REFERRAL,
        "service": _SERVICE,
        "profile.qualification": "code none school vocational academic",
        "profile.languages[]": "pattern ^[a-z]{2}$",
        "profile.hours_per_week": "integer",
        "profile.mobility": "code district city region",
        "profile.work_permit": "boolean",
        "profile.earliest_start": "date",
        "answer_by": "date",
    },
    "lotse.partners.out.ReferralReminded.v1": {**_REFERRAL, "answer_by": "date"},
    "lotse.partners.out.ContactReleased.v1": {
        **_REFERRAL,
        "given_name": _TEXT,
        "family_name": _TEXT,
        "street": _TEXT,
        "house_number": _TEXT,
        "postcode": _TEXT,
        "phone": _TEXT,
    },
    "lotse.partners.out.ReferralWithdrawn.v1": _REFERRAL,
    "lotse.partners.out.StatusQueried.v1": {
        **_REFERRAL,
        "question": "code silence months_6 months_12",
        "result_id": "pattern ^[!-~]{1,200}$",
    },
    "lotse.partners.out.EraseRequested.v1": _REFERRAL,
    "lotse.partners.out.ReferralStands.v1": {
        **_REFERRAL,
        "state": "code requested received accepted in_service on_hold",
        "answers[].message_id": "pattern ^[!-~]{1,200}$",
        "answers[].held": "boolean",
        "answers[].code": _CODES,
    },
    "lotse.partners.out.MessageApplied.v1": _ANSWER,
    "lotse.partners.out.MessageDuplicate.v1": _ANSWER,
    "lotse.partners.out.MessageHeld.v1": {**_ANSWER, "held_until": "date"},
    "lotse.partners.out.MessageRejected.v1": {
        **_ANSWER,
        "code": _CODES,
    },
}
ECHO: Final = {"key"}
"""Text that an agency reads back from its own message."""
CONTACT: Final = {"given_name", "family_name", "street", "house_number", "postcode", "phone"}
HELD: Final = ("lotse.referrals.PartnerMessageHeld.v1", "held")
"""The one text on a topic kept for ever: JSON cut down to the coded fields of an agency's message."""
_SECRET: Final = re.compile(
    r"(person|household|head|member|amount|minor|currency|money|monthly|bank|iban|rent|diagnos\w*|illness|protect\w*"
    r"|debt|addict\w*|sanction|plan|step|goal|note|comment|remark|text|nationality|birth|sex|agency|office|case"
    r"|district|benefit|reason|basis|correlation\w*|causation\w*|trace\w*)"
)
"""Words of a field's name that must not go to an agency; as whole words, between underscores."""
_PERSONAL: Final = re.compile(
    r"(name|street|house|postcode|phone|mail|email|contact|address|iban|bank|note|comment|remark|text|diagnos\w*)"
)
_BIRTH: Final = "birth_date"
_PROSE: Final = "Frau Muster, Am Wall 1: krank"
"""A pattern that lets this through holds free text."""


def beyond(events: Iterable[type[Event]]) -> list[str]:
    """What agencies could read of these events although the allow-list does not have it, one line a field."""
    return [line for event in events for line in _beyond(event)]


def _beyond(event: type[Event]) -> Iterator[str]:
    name = event.type_name()
    allowed = ALLOWED.get(name, {})
    for path, kind in fields(event):
        if _named(_SECRET, path):
            yield f"{name}: {path} is a name that no agency may see"
        elif path not in allowed:
            yield f"{name}: {path} is not on the allow-list of contracts/disclosure.py"
        elif not _same(allowed[path], kind):
            yield f"{name}: {path} is {kind}, the allow-list of contracts/disclosure.py has {allowed[path]}"
        elif _is_text(kind) and path not in (ECHO | CONTACT if "ContactReleased" in name else ECHO):
            yield f"{name}: {path} is free text"


def kept(topics: Iterable[Topic]) -> list[str]:
    """Names, addresses, birth dates and free text that a topic would keep for ever, one line a field."""
    return [
        f"{topic.name}: {event.__name__}.{path} ({kind}) would be kept for ever"
        for topic in topics
        if topic.retention_days is None and not topic.compacted
        for event in topic.events
        for path, kind in fields(event)
        if (event.type_name(), path) != HELD and (_is_text(kind) or _named(_PERSONAL, path) or path.endswith(_BIRTH))
    ]


def fields(event: type[Event]) -> Iterator[tuple[str, str]]:
    """Every field that can hold a value, to any depth, with what kind of value: `profile.languages[]`, `date`."""
    yield from _fields("", inlined(closed(event)))


def _fields(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    inner: Any
    match schema:
        case {"properties": dict(inner)}:
            for name, part in inner.items():
                yield from _fields(f"{path}.{name}".lstrip("."), part)
        case {"items": dict(inner)}:
            yield from _fields(f"{path}[]", inner)
        case {"anyOf": list(inner)}:
            for part in inner:
                if part != {"type": "null"}:
                    yield from _fields(path, part)
        case {"patternProperties": dict(inner)}:
            for part in inner.values():
                yield from _fields(f"{path}{{}}", part)
        case _:
            yield path, _kind(schema)


def _kind(schema: Schema) -> str:
    match schema:
        case {"enum": list(values)}:
            return "code " + " ".join(str(value) for value in values)
        case {"const": value}:
            return f"code {value}"
        case {"type": "string", "format": "date"}:
            return "date"
        case {"type": ("integer" | "boolean") as name}:
            return str(name)
        case {"type": "string", "pattern": str(pattern)} if not re.search(pattern, _PROSE):
            return f"pattern {pattern}"
        case {"type": "string", "maxLength": int(length)}:
            return f"text of {length}"
        case {"type": "string"}:
            return "text"
        case _:
            return f"anything ({schema})"


def _is_text(kind: str) -> bool:
    return kind.startswith(("text", "anything"))


def _same(allowed: str, kind: str) -> bool:
    """Codes may stand in any order."""
    if allowed.startswith("code "):
        return set(allowed.split()) == set(kind.split())
    return allowed == kind


def _named(words: re.Pattern[str], path: str) -> bool:
    return any(words.fullmatch(word) for word in re.split(r"[._\[\]{}]+", path))
