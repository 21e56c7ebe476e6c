"""Every type of an agency's message with every mistake that can be made of it, generated from models and examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from contracts.envelope import Envelope
from contracts.event import Event, ReferralMessage
from contracts.golden import examples
from contracts.topics import MAX_PARTNER_BODY, partner_in
from contracts.words import RejectionCode

Header = tuple[str, bytes | None]
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
WRONG: Final[tuple[Any, ...]] = ([], {"a": 1}, "x" * 5_000)
"""No field of any message takes a list, an object or so long a text."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A record of `agency`. `code`: the answer that it must get; None: whatever the referral's state leads to."""

    name: str
    agency: str
    key: bytes | None
    value: bytes | None
    headers: list[Header]
    code: RejectionCode | None = None
    readable: bool = True


def good(model: type[Event], agency: str, /, **given: Any) -> dict[str, Any]:
    """A complete message, with these of its fields."""
    value: dict[str, Any] = examples(partner_in(agency), model)["complete"]["value"]
    return value | {name: said for name, said in given.items() if name in value}


def record(model: type[Event], agency: str, value: dict[str, Any], message_id: str) -> Mutant:
    """A well-formed record of it."""
    event = model.model_validate(value)
    envelope = Envelope(message_id, "/test", event.type_name(), event.subject, f"{value['occurred_on']}T00:00:00+02:00")
    body = json.dumps(value).encode()
    return Mutant(message_id, agency, event.subject.encode(), body, [*envelope.headers()])


def mutants(model: type[Event], agency: str, other: str, /, **given: Any) -> Iterator[Mutant]:
    """Mistakes in a message of `agency`; `other` is the one that has nothing to do with it."""
    value = good(model, agency, **given)
    base = model.__name__
    sound = record(model, agency, value, f"{base}-sound")
    for name, body in _bodies(model, value):
        yield _unreadable(f"{base}-{name}", sound, value=body)
    yield _unreadable(f"{base}-too-large", sound, value=_padded(value), code=RejectionCode.TOO_LARGE)
    yield _unreadable(f"{base}-no-key", sound, key=b"")
    yield _unreadable(f"{base}-other-key", sound, key=b"other")
    yield _unreadable(f"{base}-key-not-utf8", sound, key=b"\xff\xfe")
    for name, headers in _headers(sound.headers):
        code = RejectionCode.UNKNOWN_TYPE if name == "version" else RejectionCode.MALFORMED
        yield _unreadable(f"{base}-header-{name}", sound, headers=headers, code=code)
    yield from _readable(model, agency, other, value)


def _bodies(model: type[Event], value: dict[str, Any]) -> Iterator[tuple[str, bytes | None]]:
    for name, field in model.model_fields.items():
        if field.is_required():
            yield f"without-{name}", _json({key: said for key, said in value.items() if key != name})
        for number, wrong in enumerate(WRONG):
            yield f"{name}-wrong-{number}", _json(value | {name: wrong})
    yield "cut-short", _json(value)[:-1]
    yield "not-utf8", _json(value).replace(b'"', b'"\xff', 1)
    yield "a-list", b"[]"
    yield "empty", b""
    yield "nothing", None


def _headers(sound: list[Header]) -> Iterator[tuple[str, list[Header]]]:
    yield "none", []
    for name in ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"):
        yield f"without-{name}", [pair for pair in sound if pair[0] != name]
        yield f"null-{name}", [(key, None if key == name else said) for key, said in sound]
        yield f"not-utf8-{name}", [(key, b"\xff\xfe" if key == name else said) for key, said in sound]
    yield "version", [(key, (said or b"")[:-1] + b"9" if key == "ce_type" else said) for key, said in sound]


def _readable(model: type[Event], agency: str, other: str, value: dict[str, Any]) -> Iterator[Mutant]:
    """What is a message all the same: said of what is not one's own, too early, twice, or with more than is asked."""
    base = model.__name__
    more = record(model, agency, value | {"unknown_field": {"of": ["an", "agency"]}}, f"{base}-more")
    yield from (more, more)  # the second is a repeat
    if issubclass(model, ReferralMessage):
        unknown = RejectionCode.UNKNOWN_REFERRAL
        yield _coded(record(model, other, value, f"{base}-foreign"), unknown)
        yield _coded(record(model, agency, value | {"referral_id": NOBODY}, f"{base}-unknown"), unknown)
    elif "agency" in model.model_fields:
        foreign = record(model, agency, value | {"agency": other}, f"{base}-foreign")
        yield _coded(foreign, RejectionCode.UNKNOWN_REFERRAL)


def _unreadable(name: str, sound: Mutant, *, code: RejectionCode = RejectionCode.MALFORMED, **changed: Any) -> Mutant:
    headers = [
        (key, name.encode() if (key, said) == ("ce_id", sound.name.encode()) else said)
        for key, said in changed.get("headers", sound.headers)
    ]
    key = changed.get("key", sound.key) or None
    return Mutant(name, sound.agency, key, changed.get("value", sound.value), headers, code, readable=False)


def _coded(sound: Mutant, code: RejectionCode) -> Mutant:
    return Mutant(sound.name, sound.agency, sound.key, sound.value, sound.headers, code)


def _padded(value: dict[str, Any]) -> bytes:
    return _json(value | {"padding": "x" * MAX_PARTNER_BODY})


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()
