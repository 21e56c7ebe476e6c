"""Which headers the records of a topic carry, as JSON Schema, and who signs as their source."""

from typing import Any, Final

from contracts.topics import DAY, Topic
from contracts.words import MESSAGE_ID

Schema = dict[str, Any]
_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_ATTRIBUTES: Final[dict[str, Schema]] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {
        "type": "string",
        "pattern": MESSAGE_ID,
        "description": "The message's id. A message sent again keeps it.",
    },
    "ce_source": {**_TEXT, "description": "Who speaks."},
    "ce_type": {**_TEXT, "description": "The message type with its version."},
    "ce_subject": {**_TEXT, "description": "The record's key."},
    "ce_time": {"type": "string", "format": "date-time", "description": "Berlin midnight of `occurred_on`, RFC 3339."},
    "content-type": {"const": "application/json"},
    "ce_recordedtime": {
        "type": "string",
        "format": "date",
        "description": "The business day on which the producer learned it.",
    },
    "ce_sequence": {
        "type": "string",
        "pattern": "^[0-9]{1,18}$",
        "description": "1, 2, 3 ... of the topic and the subject, without a gap: the same number again is a repeat. "
        "Of a day: its proleptic Gregorian ordinal. Of an identity: a version, of which the newest wins.",
    },
    "ce_correlationid": {**_TEXT, "description": "What all that follows from one cause has in common."},
    "ce_causationid": {**_TEXT, "description": "The `ce_id` of the message that led to this one."},
    "traceparent": {**_TEXT, "description": "W3C Trace Context."},
}
_ALWAYS: Final = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
_LINKS: Final = ("ce_correlationid", "ce_causationid", "traceparent")


def linked(topic: Topic) -> bool:
    """Whether records tell what they follow from; never to or from agencies: it would link one client's two."""
    return topic.agency is None and topic != DAY


def source_of(topic: Topic) -> str:
    """The `ce_source` of a topic's records."""
    if topic.producer.startswith("agency:"):
        return f"agency/{topic.agency}"
    return topic.producer if topic == DAY else f"/lotse/{topic.producer}"


def schema(topic: Topic) -> Schema:
    """The headers of a topic's records. `content-type` and others that are not named here may be there too."""
    theirs = topic.producer.startswith("agency:")
    required = _ALWAYS if theirs else (*_ALWAYS, "ce_recordedtime", "ce_sequence")
    names: tuple[str, ...] = (*_ALWAYS, "content-type", "ce_recordedtime")
    names += () if theirs else ("ce_sequence",)
    names += _LINKS if linked(topic) else ()
    return {"type": "object", "required": list(required), "properties": {name: _ATTRIBUTES[name] for name in names}}


DEAD_LETTER: Final[Schema] = {
    "type": "object",
    "required": ["dl_reason", "dl_topic", "dl_partition", "dl_offset", "dl_attempts", "dl_first_failure"],
    "properties": {
        "dl_reason": {**_TEXT, "description": "Why it could not be applied; never its content."},
        "dl_topic": {**_TEXT, "description": "Where it came from, with `dl_partition` and `dl_offset`."},
        "dl_partition": {"type": "string", "pattern": "^[0-9]+$"},
        "dl_offset": {"type": "string", "pattern": "^[0-9]+$"},
        "dl_attempts": {"type": "string", "pattern": "^[0-9]+$"},
        "dl_first_failure": {"type": "string", "format": "date-time"},
    },
}
"""Headers of a dead letter, added to those that the record came with."""
