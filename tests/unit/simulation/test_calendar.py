"""The calendar's pure parts: Berlin's days, what is missing, and what "settled" means."""

from datetime import UTC, date, datetime

from contracts import envelope, topics
from contracts.events.calendar import DayStarted
from lotse.clock import business_day, missing, until_midnight
from lotse.daylog import record
from lotse.settled import Word, unsettled, word_of

CONSUMED = {"intake": ["calendar.day.v1"], "agency.a": ["partners.a.out.v1"]}
ENDS = {"calendar.day.v1/0": 3, "partners.a.out.v1/0": 7, "partners.a.out.v1/1": 0}
DONE = {"intake": Word({"calendar.day.v1/0": 3}), "agency.a": Word({"partners.a.out.v1/0": 7})}


def test_a_summer_evening_in_utc_is_already_tomorrow_in_bremen() -> None:
    assert business_day(datetime(2001, 7, 1, 22, 30, tzinfo=UTC)) == date(2001, 7, 2)


def test_midnight_is_23_hours_away_when_summer_time_begins() -> None:
    assert until_midnight(datetime(2001, 3, 24, 23, 0, tzinfo=UTC)) == 23 * 3600


def test_midnight_is_25_hours_away_when_summer_time_ends() -> None:
    assert until_midnight(datetime(2001, 10, 27, 22, 0, tzinfo=UTC)) == 25 * 3600


def test_every_day_of_a_downtime_is_missing_in_order() -> None:
    found = list(missing(date(2001, 12, 30), date(2002, 1, 2)))
    assert found == [date(2001, 12, 31), date(2002, 1, 1), date(2002, 1, 2)]


def test_a_new_calendar_begins_today_and_a_clock_set_back_publishes_nothing() -> None:
    assert list(missing(None, date(2001, 3, 1))) == [date(2001, 3, 1)]
    assert list(missing(date(2001, 3, 2), date(2001, 3, 1))) == []


def test_a_day_is_the_same_record_whenever_it_is_published() -> None:
    headers, key, value = record(date(2001, 3, 1))
    found = envelope.read(headers)
    assert (headers, key, value) == record(date(2001, 3, 1))
    assert (found.sequence, found.subject.encode()) == (date(2001, 3, 1).toordinal(), key)
    assert topics.DAY.decode(found.type, value) == DayStarted(occurred_on=date(2001, 3, 1))


def test_all_is_settled_when_everybody_has_read_everything_and_has_nothing_to_send() -> None:
    assert unsettled(DONE, ENDS, CONSUMED) == {}


def test_a_place_that_a_consumer_never_mentioned_counts_as_unread() -> None:
    words = DONE | {"agency.a": Word({})}
    assert unsettled(words, ENDS, CONSUMED) == {"agency.a": "agency.a has 7 records to read"}


def test_a_service_that_does_not_answer_is_named() -> None:
    assert list(unsettled(DONE | {"intake": None}, ENDS, CONSUMED).values()) == ["intake does not answer"]


def test_a_message_in_an_outbox_and_a_timer_are_not_settled() -> None:
    said = {"offsets": {"calendar.day.v1/0": 3}, "outbox": 2, "due": 1, "stopped": {}}
    words = DONE | {"intake": word_of(said)}
    assert unsettled(words, ENDS, CONSUMED) == {"intake": "intake has 2 messages to send; has 1 timers to fire"}


def test_a_stopped_partition_is_told() -> None:
    said = {"offsets": {}, "outbox": 0, "due": 0, "stopped": {"calendar.day.v1/0": "a day is lost"}}
    assert "a day is lost" in word_of(said).undone
