"""AsyncAPI 3 documents from the topic registry: one for the city, one per agency.

An agency's document holds its own two topics and the calendar, and nothing that tells of the city's inside or of other
agencies. What it reads is described open (unknown fields are to be ignored), what it writes closed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from contracts import golden, headers
from contracts.city import Agency, City
from contracts.event import Event
from contracts.schema import Schema, closed, opened
from contracts.topics import COMPACTION_LAG_MS, DAY, DAY_MS, Layout, Topic, all_topics, partner_in, partner_out

_BINDING: Final = "0.5.0"
_SOURCES: Final = re.compile(r"\s*\((?:domain\.md [^)]*|[A-Z]\d+|\d\.\d+)\)")
"""References to the city's own papers, such as `(domain.md I1)` or `(8.2)`."""
_READING: Final = (
    "Consumers ignore fields, headers and message types that they do not know; producers write only what is described "
    "here."
)


@dataclass
class _Parts:
    """The `components` of a document, filled as topics refer to them."""

    layout: Layout
    outside: str | None = None
    """The agency for whom the document is; None: the city."""
    messages: dict[str, Any] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)

    def message(self, topic: Topic, event: type[Event]) -> dict[str, str]:
        name = event.type_name()
        if name not in self.messages:
            self.messages[name] = self._message(topic, event)
        return {"$ref": f"#/components/messages/{name}"}

    def _message(self, topic: Topic, event: type[Event]) -> Schema:
        payload = self.payload(event, reads=self.outside is not None and not topic.producer.startswith("agency:"))
        summary = payload.pop("description", "")
        key = {"type": "string", "description": f"The {topic.key}; the same as `ce_subject`."}
        message = {
            "name": event.type_name(),
            "title": event.type_name().split(".")[-2],
            "summary": summary.split("\n\n")[0],
            "description": summary,
            "contentType": "application/json",
            "headers": self.headers(topic, event),
            "payload": payload,
            "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING}},
        }
        if self.outside is not None:
            message["examples"] = [
                {"name": name, "headers": example["headers"], "payload": example["value"]}
                for name, example in golden.examples(topic, event).items()
            ]
        return message

    def payload(self, event: type[Event], *, reads: bool) -> Schema:
        """The event's schema, its definitions moved to the document's components."""
        schema = opened(closed(event)) if reads else closed(event)
        if self.outside is not None:
            schema = _without_sources(schema)
        schema = _moved(schema)
        for name, definition in schema.pop("$defs", {}).items():
            if self.schemas.setdefault(name, definition) != definition:
                raise ValueError(f"two definitions are called {name}: rename one")
        return {name: part for name, part in schema.items() if name not in {"$schema", "$id", "title"}}

    def headers(self, topic: Topic, event: type[Event]) -> Schema:
        schema = headers.schema(topic)
        name = _camel("Headers", topic)
        self.schemas[name] = schema
        own = {"type": "object", "properties": {"ce_type": {"const": event.type_name()}}}
        return {"allOf": [{"$ref": f"#/components/schemas/{name}"}, own]}

    def channel(self, topic: Topic) -> Schema:
        return {
            "address": topic.name,
            "description": _facts(topic),
            "messages": {event.type_name(): self.message(topic, event) for event in topic.events},
            "bindings": {"kafka": _kafka(topic, self.layout)},
        }


def city_document(city: City) -> Schema:
    """Everything, dead letters included."""
    parts = _Parts(city.layout)
    channels, operations = {}, {}
    for topic in all_topics(city.agency_ids):
        channels[topic.name] = parts.channel(topic)
        if not topic.events:
            channels[topic.name]["messages"]["dead letter"] = {"$ref": "#/components/messages/dead-letter"}
        operations[f"{topic.producer} writes {topic.name}"] = _operation("send", topic)
        operations |= {f"{one} reads {topic.name}": _operation("receive", topic) for one in topic.consumers}
    parts.messages["dead-letter"] = {
        "name": "dead-letter",
        "summary": "A record that could not be applied: its untouched key, headers and bytes, and its fate in headers.",
        "headers": headers.DEAD_LETTER,
    }
    about = f"Every topic of the city and its partners. {_READING} Golden examples: contracts/examples/."
    return _document(f"Lotse, {city.name}", about, channels, operations, parts)


def agency_document(city: City, agency: Agency) -> Schema:
    """What one agency may see, told from its side."""
    outgoing, incoming = partner_out(agency.id), partner_in(agency.id)
    parts = _Parts(city.layout, outside=agency.id)
    channels = {topic.name: parts.channel(topic) for topic in (outgoing, incoming, DAY)}
    operations = {
        "hear the city": _operation("receive", outgoing),
        "tell the city": _operation("send", incoming),
        "read the calendar": _operation("receive", DAY),
    }
    about = (
        f"What the city and {agency.name} say to each other about referred clients, told from the agency's side. "
        f"{_READING} Every record that you write is answered under its own key: MessageApplied, MessageDuplicate or "
        "MessageRejected, each final, or MessageHeld at first. How to connect: contracts/README.md."
    )
    return _document(f"Lotse for {agency.name}", about, channels, operations, parts)


def _document(title: str, about: str, channels: Schema, operations: Schema, parts: _Parts) -> Schema:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1", "description": about},
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{host}:{port}",
                "protocol": "kafka",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "19092"}},
            }
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": parts.messages, "schemas": dict(sorted(parts.schemas.items()))},
    }


def _operation(action: str, topic: Topic) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _facts(topic: Topic) -> str:
    """Key, order, retention and size in words."""
    days = topic.retention_days
    kept = "for ever" if days is None else f"{days} days"
    order = "in the order written, per key"
    facts = [f"Key: {topic.key}.", f"Records stay {order}.", f"Kept {'compacted, ' if topic.compacted else ''}{kept}."]
    facts.append(f"The broker accepts records of up to {topic.max_bytes} bytes.")
    if topic.max_body < topic.max_bytes:
        facts.append(f"A value of more than {topic.max_body} bytes is answered with `too_large`.")
    return " ".join(facts)


def _kafka(topic: Topic, layout: Layout) -> Schema:
    return {
        "topic": topic.name,
        "partitions": topic.partitions(layout),
        "topicConfiguration": {
            "cleanup.policy": ["compact" if topic.compacted else "delete"],
            "retention.ms": -1 if topic.retention_days is None else topic.retention_days * DAY_MS,
            "max.message.bytes": topic.max_bytes,
            **({"max.compaction.lag.ms": COMPACTION_LAG_MS} if topic.compacted else {}),
        },
        "bindingVersion": _BINDING,
    }


def _camel(prefix: str, topic: Topic) -> str:
    """Partner topics of one direction have one name, whichever agency."""
    parts: Sequence[str] = topic.name.split(".")
    return prefix + "".join(part.capitalize() for part in parts if part not in {topic.agency, "v1"})


def _moved(part: Any) -> Any:
    match part:
        case {"$ref": str(reference), **rest}:
            return {"$ref": reference.replace("#/$defs/", "#/components/schemas/"), **rest}
        case dict():
            return {name: _moved(value) for name, value in part.items()}
        case list():
            return [_moved(value) for value in part]
        case _:
            return part


def _without_sources(part: Any) -> Any:
    match part:
        case {"description": str(text)}:
            own = _SOURCES.sub("", text)
            return {name: own if name == "description" else _without_sources(value) for name, value in part.items()}
        case dict():
            return {name: _without_sources(value) for name, value in part.items()}
        case list():
            return [_without_sources(value) for value in part]
        case _:
            return part
