"""The golden files hold for producers (they would write exactly this) and for consumers (they read exactly this)."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts import envelope, headers, topics
from contracts.city import read_city
from contracts.generate import CITY, HERE, described
from contracts.schema import file_of
from contracts.story import AGENCY
from contracts.topics import Topic

FILES = sorted((HERE / "examples").rglob("*.json"))
TOPICS = {topic.name: topic for topic in topics.event_topics((AGENCY,))}


@pytest.fixture(params=FILES, ids=lambda path: str(path.relative_to(HERE / "examples")))
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def record(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def topic(record: dict[str, Any]) -> Topic:
    return TOPICS[record["topic"]]


def wire(record: dict[str, Any]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in record["headers"].items()]


def test_a_consumer_reads_it(record: dict[str, Any], topic: Topic) -> None:
    read = envelope.read(wire(record))
    event = topic.decode(read.type, json.dumps(record["value"]).encode())
    assert event.subject == read.subject == record["key"]
    assert read.time == envelope.midnight(event.occurred_on)
    assert bool(read.sequence) == (not topic.producer.startswith("agency:"))


def test_its_value_and_headers_satisfy_the_published_schemas(path: Path, record: dict[str, Any], topic: Topic) -> None:
    name = path.relative_to(HERE / "examples").as_posix().rsplit(".", 2)[0]
    schema = json.loads((HERE / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(record["value"], schema, format_checker=jsonschema.FormatChecker())
    jsonschema.validate(record["headers"], headers.schema(topic), format_checker=jsonschema.FormatChecker())
    assert set(record["headers"]) <= set(headers.schema(topic)["properties"])


def test_a_producer_would_write_it(path: Path, record: dict[str, Any], topic: Topic) -> None:
    model = topic.models[record["headers"]["ce_type"]]
    written = json.loads(model.model_validate(record["value"]).model_dump_json())
    assert (written == record["value"]) == path.name.endswith(".complete.json")
    assert record["value"].items() <= written.items()


def test_every_event_has_a_complete_example_and_one_without_what_is_optional() -> None:
    named = {path.relative_to(HERE / "examples").as_posix() for path in FILES}
    for _, event in described():
        assert f"{file_of(event)}.complete.json" in named
        optional = {name for name, field in event.model_fields.items() if not field.is_required()}
        assert (f"{file_of(event)}.required.json" in named) == bool(optional)


def test_an_example_without_what_is_optional_has_required_fields_only(
    path: Path, record: dict[str, Any], topic: Topic
) -> None:
    model = topic.models[record["headers"]["ce_type"]]
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    everything = set(model.model_fields)
    assert set(record["value"]) == (required if path.name.endswith(".required.json") else everything)


def test_offices_districts_and_agencies_of_the_examples_exist() -> None:
    city = read_city(CITY)
    for path in FILES:
        value = json.loads(path.read_text(encoding="utf-8"))["value"]
        assert all(city.office(value[name]) for name in ("office", "previous_office") if name in value), path
        assert value.get("district", "groepelingen") in city.districts
        assert value.get("agency") is None or city.agency(value["agency"])
