"""What each message becomes: dated facts, keyed so that the same event writes the same row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from contracts import topics
from contracts.topics import Topic
from services.reporting.handlers import project
from services.reporting.store import (
    TABLES,
    BenefitEnd,
    CaseMove,
    Characteristic,
    HouseholdMembership,
    Merge,
    Payment,
    PaymentReversal,
    PlacementConfirmation,
    PlacementReport,
    ReferralMove,
    Registration,
    ResponsibleOffice,
    Unmerge,
)
from services.runtime.decision import Message

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
ONE, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
THING, GROUP = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def message(topic: Topic, name: str, /, sequence: int = 5, **given: Any) -> Message:
    """A message as it would be decoded; `person_id` is ONE unless given."""
    full = next(full for full in topic.models if full.split(".")[-2] == name)
    event = topic.models[full].model_validate({"person_id": ONE, "occurred_on": "2001-10-02"} | given)
    return Message(topic, event, event.subject, f"{name}-{sequence}", sequence)


def facts(topic: Topic, name: str, /, sequence: int = 5, **given: Any) -> list[object]:
    return list(project(message(topic, name, sequence=sequence, **given)))


def examples() -> Iterator[tuple[Topic, str, Path]]:
    for topic in (topics.PERSON, topics.CASE, topics.REFERRAL, topics.DAY):
        for name in topic.models:
            _, family, kind, version = name.split(".")
            for path in sorted((EXAMPLES / family).glob(f"{kind}.{version}.*.json")):
                yield topic, name, path


@pytest.mark.parametrize(("topic", "name", "path"), [pytest.param(*one, id=one[2].name) for one in examples()])
def test_every_published_message_becomes_facts_of_our_tables(topic: Topic, name: str, path: Path) -> None:
    event = topic.decode(name, orjson.dumps(orjson.loads(path.read_bytes())["value"]))
    made = list(project(Message(topic, event, event.subject, "m", 1)))
    assert {type(fact) for fact in made} <= set(TABLES)
    assert made == list(project(Message(topic, event, event.subject, "again", 1)))


def test_no_table_is_fed_by_two_topics() -> None:
    fed: dict[type, set[str]] = {}
    for topic, name, path in examples():
        event = topic.decode(name, orjson.dumps(orjson.loads(path.read_bytes())["value"]))
        copies = [event, event.model_copy(update={"person_id": getattr(event, "loser_id", event.subject)})]
        for copy in copies:
            for fact in project(Message(topic, copy, copy.subject, "m", 1)):
                fed.setdefault(type(fact), set()).add(topic.name)
    assert set(fed) == set(TABLES)
    assert all(len(found) == 1 for found in fed.values())


def test_a_registration_tells_the_first_office_and_who_is_counted_where() -> None:
    found = facts(
        topics.PERSON, "ClientRegistered", office="vahr", district="vahr", sex="male", birth_month="1960-02", sequence=1
    )
    day = message(topics.PERSON, "ClientCorrected").event.occurred_on
    assert found == [
        Registration(person_id=ONE, sequence=1, registered_on=day),
        Characteristic(person_id=ONE, sequence=1, sex="male", birth_month="1960-02"),
        ResponsibleOffice(person_id=ONE, sequence=1, since=day, office="vahr"),
    ]


def test_leaving_a_household_is_a_fact() -> None:
    (found,) = facts(topics.PERSON, "HouseholdChanged", household_id=None, head=False)
    assert isinstance(found, HouseholdMembership)
    assert (found.household_id, found.head, found.sequence) == (None, False, 5)


def test_an_end_of_a_benefit_does_not_overwrite_an_earlier_end() -> None:
    ends = [
        fact
        for sequence in (5, 6)
        for fact in facts(topics.PERSON, "BenefitEnded", sequence=sequence, benefit_id=THING, reason="work")
    ]
    keys = {(fact.person_id, fact.sequence) for fact in ends if isinstance(fact, BenefitEnd)}
    assert keys == {(ONE, 5), (ONE, 6)}


def test_a_payment_counts_for_its_month_whenever_it_was_made() -> None:
    (found,) = facts(
        topics.PERSON,
        "BenefitPaid",
        payment_id=THING,
        household_id=GROUP,
        kind="hbl",
        month="2001-08",
        amount={"minor": 12345, "currency": "DEM"},
    )
    assert isinstance(found, Payment)
    assert (found.payment_id, found.month, found.minor, found.currency, found.kind) == (
        THING,
        "2001-08",
        12345,
        "DEM",
        "hbl",
    )


def test_what_is_taken_back_names_its_payment() -> None:
    (found,) = facts(
        topics.PERSON,
        "PaymentReversed",
        payment_id=THING,
        household_id=GROUP,
        kind="hlu",
        month="2001-08",
        amount={"minor": 12345, "currency": "DEM"},
        author="a.clerk",
    )
    assert isinstance(found, PaymentReversal)
    assert found.payment_id == THING


@pytest.mark.parametrize(("kind", "table"), [("ClientsMerged", Merge), ("ClientsUnmerged", Unmerge)])
def test_a_merge_is_told_by_the_losers_copy_alone(kind: str, table: type) -> None:
    merge: dict[str, Any] = {"merge_id": THING, "survivor_id": ONE, "loser_id": OTHER}
    assert facts(topics.PERSON, kind, person_id=ONE, **merge) == []
    (found,) = facts(topics.PERSON, kind, person_id=OTHER, **merge)
    assert isinstance(found, table)


@pytest.mark.parametrize(
    ("kind", "more", "is_open"),
    [
        ("CaseOpened", {"office": "vahr"}, True),
        ("CaseReopened", {"office": "vahr"}, True),
        ("CaseClosed", {"reason": "aid_ended"}, False),
    ],
)
def test_a_case_is_open_or_closed(kind: str, more: dict[str, Any], is_open: object) -> None:
    (found,) = facts(topics.CASE, kind, case_id=THING, **more)
    assert isinstance(found, CaseMove)
    assert found.is_open is is_open


@pytest.mark.parametrize(
    ("kind", "more", "state"),
    [
        ("ReferralReceived", {"message_id": "m"}, "received"),
        ("ServiceResumed", {"message_id": "m"}, "in_service"),
        ("ReferralRefused", {"code": "protected"}, "void"),
        ("ReferralVoided", {}, "void"),
        ("ReferralExpired", {}, "expired"),
    ],
)
def test_a_transition_is_the_state_it_leads_to(kind: str, more: dict[str, Any], state: str) -> None:
    (found,) = facts(topics.REFERRAL, kind, referral_id=THING, agency="arbeitsamt", **more)
    assert isinstance(found, ReferralMove)
    assert (found.referral_id, found.state) == (THING, state)


def test_a_placement_is_reported_and_confirmed_in_two_facts() -> None:
    about: dict[str, Any] = {"referral_id": GROUP, "agency": "arbeitsamt", "placement_id": THING}
    (reported,) = facts(
        topics.REFERRAL,
        "PlacementReported",
        **about,
        message_id="m",
        kind="subsidised_job",
        employer_id=None,
        hours_per_week=20,
        credited=False,
    )
    (confirmed,) = facts(topics.REFERRAL, "PlacementConfirmed", **about, confirmed_by="start")
    assert isinstance(reported, PlacementReport)
    assert isinstance(confirmed, PlacementConfirmation)
    assert (reported.kind, reported.credited, reported.employer_id) == ("subsidised_job", False, None)
    assert reported.placement_id == confirmed.placement_id
