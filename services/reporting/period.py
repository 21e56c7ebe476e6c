"""Months as figures use them: text like `2001-03`, their last days, and what can be said about one on a given day."""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Reason(StrEnum):
    """Why a figure is null: never a 0 that nobody counted."""

    NO_BUSINESS_DAY = "no_business_day"
    """No day has started yet: nothing is dated."""
    BEFORE_RECORDS = "before_records"
    """The month ended before the first client was registered."""
    NOT_STARTED = "not_started"
    """The month lies in the future."""
    MONTH_NOT_OVER = "month_not_over"
    """A comparison of last days needs the month's last day."""
    ZERO_DENOMINATOR = "zero_denominator"
    NO_MATURED_COHORT = "no_matured_cohort"
    """Nobody's start is long enough ago."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """Of the matured cohort nobody's outcome is known."""


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def shift(month: str, months: int) -> str:
    """The month so many months later (or earlier: negative)."""
    first = first_day(month)
    years, index = divmod(first.year * 12 + first.month - 1 + months, 12)
    return f"{years:04}-{index + 1:02}"


def months_from(first: str, last: str) -> tuple[str, ...]:
    """Every month from `first` to `last`, both inclusive."""
    found = []
    while first <= last:
        found.append(first)
        first = shift(first, 1)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Books:
    """What reporting has folded: since the first registration, up to the last day that started."""

    records_since: date | None
    as_of: date | None

    def reference_day(self, month: str) -> date | None:
        """The day whose stock and whose addresses a month is counted by: its last, or today's in the running month."""
        if self.silence(month) is not None or self.as_of is None:
            return None
        return min(last_day(month), self.as_of)

    def complete(self, month: str) -> bool:
        return self.as_of is not None and last_day(month) <= self.as_of

    def silence(self, month: str) -> Reason | None:
        """Why nothing can be said about a month; None if something can."""
        if self.as_of is None:
            return Reason.NO_BUSINESS_DAY
        if self.as_of < first_day(month):
            return Reason.NOT_STARTED
        if self.records_since is None or last_day(month) < self.records_since:
            return Reason.BEFORE_RECORDS
        return None
