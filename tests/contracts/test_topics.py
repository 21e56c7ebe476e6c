"""The registry is complete: every topic has both ends, every event a topic and a meaning."""

import inspect
import typing
from collections import Counter

import pytest

import contracts.events
from contracts import topics
from contracts.event import Event
from contracts.events import calendar, casework, intake, partners, referrals, reporting
from contracts.topics import Layout, Topic, Width

AGENCIES = ("arbeitsamt", "bremer-arbeit")
TOPICS = topics.event_topics(AGENCIES)
MODULES = (calendar, casework, intake, partners, referrals, reporting)
KNOWN = {*topics.SERVICES, "calendar", "agencies", "operator", "public", *(f"agency:{agency}" for agency in AGENCIES)}


def concrete(module: object) -> list[type[Event]]:
    """The events of a module: those of its `Event` classes that no other is built on."""
    own = [one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, Event)]
    return [one for one in own if one.__module__ == module.__name__ and not one.__subclasses__()]  # type: ignore[attr-defined]


EVENTS = [event for module in MODULES for event in concrete(module)]


def of_topics(events: list[type[Event]]) -> Counter[type[Event]]:
    return Counter({event: sum(event in topic.events for topic in TOPICS) for event in events})


@pytest.mark.parametrize("topic", topics.all_topics(AGENCIES), ids=lambda topic: topic.name)
def test_a_topic_has_a_producer_and_a_consumer(topic: Topic) -> None:
    assert topic.producer in KNOWN
    assert topic.consumers
    assert set(topic.consumers) <= KNOWN


def test_every_module_of_events_is_looked_at() -> None:
    names = {name for name in vars(contracts.events) if inspect.ismodule(getattr(contracts.events, name))}
    assert names == {module.__name__.rpartition(".")[2] for module in MODULES}


def test_every_event_is_on_a_topic() -> None:
    assert [event.__name__ for event, count in of_topics(EVENTS).items() if not count] == []


def test_an_event_of_the_city_is_on_one_topic_only() -> None:
    inner = [event for event in EVENTS if event.__module__ != partners.__name__]
    assert [event.__name__ for event, count in of_topics(inner).items() if count != 1] == []


def test_an_event_without_a_topic_would_be_found() -> None:
    class Invented(Event):
        """On no topic."""

        family = "intake"

    assert of_topics([Invented])[Invented] == 0


def test_a_topic_holds_one_family_whose_types_are_unique() -> None:
    for topic in TOPICS:
        assert len({event.family for event in topic.events}) == 1, topic.name
        assert len(topic.models) == len(topic.events), topic.name


def test_names_of_topics_are_unique_and_versioned() -> None:
    names = [topic.name for topic in topics.all_topics(AGENCIES)]
    assert len(set(names)) == len(names)
    assert all(topic.name.rpartition(".v")[2].isdigit() for topic in TOPICS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type_name())
def test_every_event_says_what_it_means(event: type[Event]) -> None:
    assert event.__dict__.get("__doc__"), f"{event.__name__} has no docstring"


def test_every_topic_of_persons_has_the_same_partitions_and_key() -> None:
    persons = {topic for topic in TOPICS if topic.width is Width.PERSON}
    assert {topic.name for topic in persons} == {
        "intake.person.v1",
        "intake.identity.v1",
        "casework.case.v1",
        "referrals.referral.v1",
    }
    assert {(topic.key, topic.partitions(Layout())) for topic in persons} == {("person_id", 12)}


def test_referrals_alone_reads_what_agencies_say() -> None:
    assert {topic.consumers for topic in TOPICS if topic.name.endswith(".in.v1")} == {("referrals",)}


def test_names_and_addresses_are_read_by_casework_and_referrals_alone() -> None:
    assert topics.IDENTITY.consumers == ("casework", "referrals")
    assert topics.IDENTITY.config["cleanup.policy"] == "compact"


def test_what_agencies_read_and_write_and_their_dead_letters_are_kept_thirty_days() -> None:
    month = str(30 * topics.DAY_MS)
    told = [way(agency) for agency in AGENCIES for way in (topics.partner_out, topics.partner_in)]
    letters = [topics.partner_in(agency).dead_letters("referrals") for agency in AGENCIES]
    letters += [topics.IDENTITY.dead_letters(service) for service in topics.IDENTITY.consumers]
    assert {topic.config["retention.ms"] for topic in [*told, *letters]} == {month}
    assert {topic.config["retention.ms"] for topic in topics.CITY} == {"-1"}


def test_each_consuming_service_has_its_dead_letters_which_hold_any_record() -> None:
    letters = {topic.name: topic for topic in topics.all_topics(AGENCIES) if topic.name.endswith(".dlq")}
    for topic in TOPICS:
        for service in set(topic.consumers) & set(topics.SERVICES):
            assert letters[f"{topic.name}.{service}.dlq"].max_bytes >= 2 * topic.max_bytes


def test_a_third_agency_is_configuration() -> None:
    names = {topic.name for topic in topics.all_topics((*AGENCIES, "handwerkskammer"))}
    assert {"partners.handwerkskammer.out.v1", "partners.handwerkskammer.in.v1"} <= names


def test_unions_for_exhaustive_matches_have_the_newest_version_only() -> None:
    unions = (
        intake.IntakePersonEvent,
        casework.CaseworkEvent,
        referrals.ReferralsEvent,
        partners.PartnerMessage,
        partners.CityMessage,
        reporting.ReportingEvent,
    )
    for union in unions:
        assert all("upcast" not in vars(event) for event in typing.get_args(union))
