"""Days on which offices and agencies work: Monday to Friday. Public holidays are left out."""

from datetime import date, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


def works(day: date) -> bool:
    return day.weekday() < 5


def next_workday(day: date) -> date:
    """`day` itself, or the first working day after it."""
    while not works(day):
        day += DAY
    return day


def is_last_of_month(day: date) -> bool:
    """Whether no later day of its month is a working day."""
    later = day + DAY
    while later.month == day.month:
        if works(later):
            return False
        later += DAY
    return works(day)


def is_first_of_month(day: date) -> bool:
    return works(day) and next_workday(day.replace(day=1)) == day


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day if it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - DAY).day))
