"""Business dates: what is in force on a day, and months after a day."""

import calendar
from collections.abc import Sequence
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """A fact that holds from `since` until a later one replaces it."""

    @property
    def since(self) -> date: ...


D = TypeVar("D", bound=Dated)


def with_fact(history: Sequence[D], fact: D) -> tuple[D, ...]:
    """The history by date with one more fact; it replaces what was known for the same day."""
    return tuple(sorted((*(one for one in history if one.since != fact.since), fact), key=lambda one: one.since))


def in_force(history: Sequence[D], day: date) -> D | None:
    """The newest fact of a history, sorted by date, that has begun by `day`."""
    return next((one for one in reversed(history) if one.since <= day), None)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: six months after 31 August is 28 or 29 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
