"""Months, their last days, and what can be said about one on a given day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.period import Books, Reason, first_day, last_day, month_of, months_from, shift

MONTHS = st.dates(date(1950, 1, 1), date(2100, 12, 31)).map(month_of)
BOOKS = Books(records_since=date(2001, 3, 1), as_of=date(2002, 3, 15))


def test_a_leap_year_has_a_longer_february() -> None:
    assert (last_day("2000-02"), last_day("2001-02"), last_day("2001-12")) == (
        date(2000, 2, 29),
        date(2001, 2, 28),
        date(2001, 12, 31),
    )


def test_the_press_releases_year_has_twelve_months() -> None:
    year = months_from("2001-04", "2002-03")
    assert (len(year), year[0], year[8], year[-1]) == (12, "2001-04", "2001-12", "2002-03")


@given(MONTHS, st.integers(-600, 600))
def test_a_shift_and_its_opposite_lead_back(month: str, months: int) -> None:
    assert shift(shift(month, months), -months) == month


@given(MONTHS)
def test_a_month_ends_the_day_before_the_next_begins(month: str) -> None:
    assert (first_day(shift(month, 1)) - last_day(month)).days == 1


@pytest.mark.parametrize(
    ("month", "day", "complete"),
    [("2001-03", date(2001, 3, 31), True), ("2002-02", date(2002, 2, 28), True), ("2002-03", date(2002, 3, 15), False)],
)
def test_a_month_is_counted_on_its_last_day_or_today(month: str, day: date, complete: object) -> None:
    assert BOOKS.reference_day(month) == day
    assert BOOKS.complete(month) is complete
    assert BOOKS.silence(month) is None


@pytest.mark.parametrize(
    ("books", "month", "reason"),
    [
        (BOOKS, "2001-02", Reason.BEFORE_RECORDS),
        (BOOKS, "2002-04", Reason.NOT_STARTED),
        (Books(records_since=date(2001, 3, 1), as_of=None), "2001-03", Reason.NO_BUSINESS_DAY),
        (Books(records_since=None, as_of=date(2002, 3, 15)), "2002-03", Reason.BEFORE_RECORDS),
    ],
)
def test_of_some_months_nothing_can_be_said(books: Books, month: str, reason: Reason) -> None:
    assert books.silence(month) is reason
    assert books.reference_day(month) is None
