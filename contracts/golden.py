"""Golden examples: for every event version a record with all fields and, where some are optional, one without those.

Tests of producers and of consumers read the same files.
"""

import json
from typing import Any, Final, get_args

from contracts.envelope import Envelope, midnight
from contracts.event import Event
from contracts.headers import linked, source_of
from contracts.schema import file_of
from contracts.story import DAYS, OF_EVENT, OTHER_DAY, VALUES, example_id
from contracts.topics import Topic

Example = dict[str, Any]
_TRACE: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def examples(topic: Topic, event: type[Event]) -> dict[str, Example]:
    """`complete` and, of an event with optional fields, `required`: topic, key, headers and value of a record."""
    found = {"complete": _record(topic, event, complete=True)}
    if any(not field.is_required() for field in event.model_fields.values()):
        found["required"] = _record(topic, event, complete=False)
    return found


def files(topic: Topic, event: type[Event]) -> dict[str, str]:
    """The examples as texts by their file names below `examples/`."""
    return {
        f"{file_of(event)}.{name}.json": json.dumps(example, ensure_ascii=False, indent=2) + "\n"
        for name, example in examples(topic, event).items()
    }


def _record(topic: Topic, event: type[Event], *, complete: bool) -> Example:
    value = _value(topic, event, complete=complete)
    message = event.model_validate(value)
    return {
        "topic": topic.name,
        "key": message.subject,
        "headers": {name: content.decode() for name, content in _envelope(topic, message, complete).headers()},
        "value": value,
    }


def _value(topic: Topic, event: type[Event], *, complete: bool) -> dict[str, Any]:
    found = {}
    for name, field in event.model_fields.items():
        if complete or (field.is_required() and type(None) not in get_args(field.annotation)):
            found[name] = _of(topic, event, name)
        elif field.is_required():
            found[name] = None
    return found


def _of(topic: Topic, event: type[Event], name: str) -> Any:
    """Agencies are told of themselves only, so their examples name the topic's own."""
    base = event.type_name().split(".")[-2]
    if name == "occurred_on":
        return DAYS.get(base, OTHER_DAY)
    if name == "held":
        return _held()
    if name == "topic" and topic.agency is not None:
        return f"partners.{topic.agency}.in.v1"
    if name == "agency" and topic.agency is not None:
        return topic.agency
    own = OF_EVENT.get(base, {})
    if name not in own and name not in VALUES:
        raise KeyError(f"{event.type_name()}: give {name} a value in contracts/story.py")
    return own.get(name, VALUES.get(name))


def _held() -> str:
    """The message that `PartnerMessageHeld` holds, as it stands in its own example."""
    names = ("referral_id", "result_id", "end_date")
    held = {"occurred_on": DAYS["PlacementEnded"], **{name: VALUES[name] for name in names}, "reason": "employer_ended"}
    return json.dumps(held, separators=(",", ":"))


def _envelope(topic: Topic, message: Event, complete: bool) -> Envelope:  # noqa: FBT001 - handed through
    base = message.type_name().split(".")[-2]
    theirs = topic.producer.startswith("agency:")
    return Envelope(
        id=VALUES["result_id"] if theirs and base == "PlacementResultReported" else example_id(message.type_name()),
        source=source_of(topic),
        type=message.type_name(),
        subject=message.subject,
        time=midnight(message.occurred_on),
        recorded=message.occurred_on.isoformat() if complete or not theirs else None,
        sequence=None if theirs else message.occurred_on.toordinal() if base == "DayStarted" else 1,
        correlation=example_id("correlation") if linked(topic) else None,
        causation=example_id("causation") if linked(topic) and complete else None,
        traceparent=_TRACE if linked(topic) and complete else None,
    )
