"""The documents are AsyncAPI 3, name every topic, and an agency's tells nothing of others or of the city's inside.

`asyncapi/3.0.0.json` is the AsyncAPI Initiative's own schema (Apache License 2.0, beside it), without its white space.
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.exceptions import best_match

from contracts import topics
from contracts.city import City, read_city
from contracts.generate import CITY, HERE

OFFICIAL = json.loads((Path(__file__).parent / "asyncapi" / "3.0.0.json").read_text(encoding="utf-8"))
BREMEN = read_city(CITY)
AGENCIES = BREMEN.agency_ids
INSIDE = re.compile(
    r"intake|casework|reporting|referrals\.referral|person_id|household|case_id|case_manager|protect|office|DistrictId"
    r"|benefit|amount|correlation|causation|traceparent|basis|plan_|dlq|domain\.md|sex|birth",
    re.IGNORECASE,
)
"""Words of the city's inside, in names, types, codes and descriptions alike."""


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "asyncapi" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def resolve(whole: dict[str, Any], reference: str) -> Any:
    part: Any = whole
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def references(part: Any) -> list[str]:
    match part:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [found for value in part.values() for found in references(value)]
        case list():
            return [found for value in part for found in references(value)]
        case _:
            return []


@pytest.mark.parametrize("name", ["city", *AGENCIES])
def test_a_document_is_asyncapi_3(name: str) -> None:
    problem = best_match(jsonschema.Draft7Validator(OFFICIAL).iter_errors(document(name)))
    assert problem is None, f"{list(problem.absolute_path)}: {problem.message}"


def test_the_official_schema_finds_what_is_wrong() -> None:
    wrong = document("city")
    wrong["operations"]["intake writes intake.person.v1"]["action"] = "publish"
    assert not jsonschema.Draft7Validator(OFFICIAL).is_valid(wrong)


@pytest.mark.parametrize("name", ["city", *AGENCIES])
def test_every_reference_leads_somewhere(name: str) -> None:
    whole = document(name)
    for reference in references(whole):
        assert resolve(whole, reference) is not None


def test_there_is_one_document_for_the_city_and_one_for_each_agency() -> None:
    assert {path.stem for path in (HERE / "asyncapi").iterdir()} == {"city", *AGENCIES}


def test_the_city_document_has_every_topic_with_its_producer_and_consumers() -> None:
    whole = document("city")
    expected = topics.all_topics(AGENCIES)
    assert set(whole["channels"]) == {topic.name for topic in expected}
    for topic in expected:
        assert whole["operations"][f"{topic.producer} writes {topic.name}"]["action"] == "send"
        assert all(f"{one} reads {topic.name}" in whole["operations"] for one in topic.consumers)


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_document_has_its_two_topics_and_the_calendar(agency: str) -> None:
    whole = document(agency)
    assert set(whole["channels"]) == {f"partners.{agency}.out.v1", f"partners.{agency}.in.v1", "calendar.day.v1"}
    actions = {
        one["channel"]["$ref"].removeprefix("#/channels/"): one["action"] for one in whole["operations"].values()
    }
    assert actions == {
        f"partners.{agency}.out.v1": "receive",
        f"partners.{agency}.in.v1": "send",
        "calendar.day.v1": "receive",
    }


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_document_has_exactly_the_messages_of_its_topics(agency: str) -> None:
    expected = (topics.partner_out(agency), topics.partner_in(agency), topics.DAY)
    assert set(document(agency)["components"]["messages"]) == {name for topic in expected for name in topic.models}


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_document_tells_nothing_of_the_inside(agency: str) -> None:
    assert INSIDE.findall(json.dumps(document(agency), ensure_ascii=False)) == []


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_document_names_no_other_agency(agency: str) -> None:
    text = json.dumps(document(agency), ensure_ascii=False).lower()
    for other in BREMEN.agencies:
        assert (other.name.lower() in text, other.id in text) == (
            (True, True) if other.id == agency else (False, False)
        )


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_document_says_key_retention_and_sizes(agency: str) -> None:
    channels = document(agency)["channels"]
    told, heard = channels[f"partners.{agency}.out.v1"], channels[f"partners.{agency}.in.v1"]
    assert told["bindings"]["kafka"]["topicConfiguration"]["retention.ms"] == 30 * topics.DAY_MS
    assert "Kept 30 days." in told["description"]
    assert heard["bindings"]["kafka"]["topicConfiguration"]["max.message.bytes"] == topics.MEBIBYTE
    assert f"more than {topics.MAX_PARTNER_BODY} bytes" in heard["description"]
    assert "referral_id" in heard["description"]


@pytest.mark.parametrize("agency", AGENCIES)
def test_what_an_agency_reads_is_open_and_what_it_writes_is_closed(agency: str) -> None:
    for name, message in document(agency)["components"]["messages"].items():
        assert (message["payload"].get("additionalProperties") is False) == name.startswith("lotse.partners.in.")


@pytest.mark.parametrize("agency", AGENCIES)
def test_the_examples_in_an_agency_document_are_records_of_its_topics(agency: str) -> None:
    whole = document(agency)
    for topic in (topics.partner_out(agency), topics.partner_in(agency), topics.DAY):
        for name in topic.models:
            for example in whole["components"]["messages"][name]["examples"]:
                event = topic.decode(example["headers"]["ce_type"], json.dumps(example["payload"]).encode())
                assert event.subject == example["headers"]["ce_subject"]


def test_another_city_has_documents_of_its_own_agencies() -> None:
    assert isinstance(BREMEN, City)
    assert len(AGENCIES) >= 2
