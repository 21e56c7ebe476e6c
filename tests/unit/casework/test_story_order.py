"""A story is told by business date, and on one day what causes before what follows from it."""

from datetime import date, timedelta
from itertools import permutations
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import topics
from services.casework.tables import TimelineEntry
from services.casework.told.order import in_order

DAY = date(2002, 2, 1)
PERSON, CASE, REFERRAL = topics.PERSON.name, topics.CASE.name, topics.REFERRAL.name


def entry(
    kind: str,
    topic: str,
    sequence: int,
    *,
    referral: str | None = None,
    person: str = "anna",
    day: date = DAY,
    **data: Any,
) -> TimelineEntry:
    return TimelineEntry(
        event_id=f"{topic}/{person}/{sequence}",
        person_id=person,
        occurred_on=day,
        topic=topic,
        sequence=sequence,
        type=kind,
        referral_id=referral,
        agency=None,
        data=data,
    )


def told(*entries: TimelineEntry) -> list[str]:
    """The same, whatever the order in which rows are read."""
    orders = {tuple(one.type for one in in_order(some)) for some in permutations(entries)}
    assert len(orders) == 1
    return list(orders.pop())


def test_intakes_facts_come_before_what_follows_from_them() -> None:
    assert told(entry("CaseOpened", CASE, 1), entry("AbilityAssessed", PERSON, 4)) == ["AbilityAssessed", "CaseOpened"]


def test_a_request_comes_before_its_answer_and_a_message_before_its_work_item() -> None:
    assert told(
        entry("ReconciliationOpened", CASE, 7, referral="r", message_id="m"),
        entry("ReferralRequested", CASE, 6, referral="r"),
        entry("ReferralDrafted", REFERRAL, 1, referral="r"),
        entry("PartnerMessageRejected", REFERRAL, 2, referral="r", message_id="m"),
        entry("CaseClosed", CASE, 8),
    ) == ["ReferralRequested", "ReferralDrafted", "PartnerMessageRejected", "ReconciliationOpened", "CaseClosed"]


def test_a_placement_comes_before_the_suggestion_and_the_end_before_its_lapse() -> None:
    assert told(
        entry("SuggestionMade", CASE, 3, referral="other", placement_id="p"),
        entry("SuggestionSettled", CASE, 4, outcome="lapsed"),
        entry("PlacementConfirmed", REFERRAL, 5, referral="r", placement_id="p"),
        entry("ReferralExpired", REFERRAL, 6, referral="other"),
    ) == ["PlacementConfirmed", "SuggestionMade", "ReferralExpired", "SuggestionSettled"]


def test_a_withdrawal_that_was_asked_for_comes_after_the_wish_and_before_a_new_request() -> None:
    assert told(
        entry("ReferralWithdrawalRequested", CASE, 3, referral="r"),
        entry("ReferralRequested", CASE, 4, referral="new", follows="r"),
        entry("ReferralWithdrawn", REFERRAL, 5, referral="r"),
        entry("ReferralDrafted", REFERRAL, 6, referral="new"),
    ) == ["ReferralWithdrawalRequested", "ReferralWithdrawn", "ReferralRequested", "ReferralDrafted"]


def test_an_earlier_day_comes_first_whenever_it_was_told() -> None:
    late = entry("BenefitStarted", PERSON, 9, day=DAY - timedelta(days=30))
    assert told(entry("CaseOpened", CASE, 1), late) == ["BenefitStarted", "CaseOpened"]


KINDS = [
    ("ReferralRequested", CASE),
    ("ReferralWithdrawalRequested", CASE),
    ("ReconciliationOpened", CASE),
    ("PartnerMessageRejected", REFERRAL),
    ("ReferralWithdrawn", REFERRAL),
    ("ReferralRejected", REFERRAL),
    ("ClientsMerged", PERSON),
]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("rst"), st.sampled_from("ab"), st.integers(0, 1))),
    st.integers(),
)
def test_nothing_is_lost_and_each_topic_keeps_its_order(
    rows: list[tuple[tuple[str, str], str, str, int]], seed: int
) -> None:
    """Also of days that contradict themselves."""
    numbers: dict[tuple[str, str], int] = {}
    entries = []
    for (kind, topic), referral, person, day in sorted(rows, key=lambda row: row[3]):
        numbers[topic, person] = numbers.get((topic, person), 0) + 1
        when, data = DAY + timedelta(days=day), {"message_id": referral}
        entries.append(entry(kind, topic, numbers[topic, person], referral=referral, person=person, day=when, **data))
    mixed = list(entries)
    Random(seed).shuffle(mixed)
    ordered = in_order(mixed)
    assert sorted(one.event_id for one in ordered) == sorted(one.event_id for one in entries)
    assert [one.occurred_on for one in ordered] == sorted(one.occurred_on for one in entries)
    for topic, person in numbers:
        kept = [one.sequence for one in ordered if (one.topic, one.person_id) == (topic, person)]
        assert kept == sorted(kept)
