"""Berlin's calendar days: when one ends, and which were missed. Pure; the instant is handed in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from contracts.envelope import BERLIN

DAY = timedelta(days=1)


def business_day(now: datetime) -> date:
    """The day in Germany at an instant."""
    return now.astimezone(BERLIN).date()


def until_midnight(now: datetime) -> float:
    """Seconds until the next day begins: 23 or 25 hours after the last midnight where summer time changes."""
    midnight = datetime.combine(business_day(now) + DAY, time(), BERLIN)
    return (midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds()


def missing(last: date | None, today: date) -> Iterator[date]:
    """Days still to be published, in order. A new calendar begins today; a clock set back publishes nothing."""
    day = today if last is None else last + DAY
    while day <= today:
        yield day
        day += DAY
