"""What the services and the calendar really put on the wire is what the schemas of headers and values say."""

import json
from collections.abc import Iterable
from datetime import date

import jsonschema
import pytest

from contracts import headers, topics
from contracts.event import Event
from contracts.events.calendar import DayStarted
from contracts.generate import HERE, described
from contracts.schema import closed, file_of
from contracts.topics import Layout, Topic
from lotse.daylog import record
from services.runtime.outgoing import Outgoing, unpack

OURS = [(topic, event) for topic, event in described() if topic.producer in topics.SERVICES]


def said(pairs: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    return {name: value.decode() for name, value in pairs if value is not None}


@pytest.mark.parametrize(("topic", "event"), OURS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_service_writes_the_headers_and_the_value_of_the_contract(topic: Topic, event: type[Event]) -> None:
    example = json.loads((HERE / "examples" / f"{file_of(event)}.complete.json").read_text(encoding="utf-8"))
    outgoing = Outgoing(topic, event.model_validate(example["value"]), "a1", 1, "c1", "c2")
    name, _, key, packed, value = outgoing.row(
        source=headers.source_of(topic), sequence=1, recorded=date(2001, 3, 1), layout=Layout()
    )
    written = said(unpack(packed))
    assert (name, key) == (topic.name, example["key"].encode())
    jsonschema.validate(written, headers.schema(topic))
    assert set(written) <= set(headers.schema(topic)["properties"])
    jsonschema.validate(json.loads(value or b""), closed(event))


def test_the_calendar_writes_the_headers_and_the_value_of_the_contract() -> None:
    pairs, key, value = record(date(2001, 3, 1))
    example = json.loads((HERE / "examples" / f"{file_of(DayStarted)}.complete.json").read_text(encoding="utf-8"))
    written = {name: content for name, content in said(pairs).items() if name != "ce_id"}
    assert written == {name: content for name, content in example["headers"].items() if name != "ce_id"}
    assert (key.decode(), json.loads(value)) == (example["key"], example["value"])
