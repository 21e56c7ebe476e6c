"""How many people receive aid, and what it costs: the facts of a city's year (`demo.toml`) as the city's input.

Recipients at the end of the first and of the last month, expenditure of the twelve payment runs after the first one.
All of them times the scale.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from simulation.facts import YearFacts

MONTHLY_INFLOW: Final = Fraction(3, 100)
"""Persons a month who begin to receive aid, of the stock: our own assumption."""
RUNS: Final = 12


def month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def target(year: YearFacts, day: date, scale: Fraction) -> int:
    """Persons with a benefit in force at the end of `day`: exact at month ends, a straight line in between."""
    month, end = _index(day), month_end(day)
    start, goal = _unrounded(year, month - 1), _unrounded(year, month)
    return rounded((start + (goal - start) * Fraction(day.day, end.day)) * scale)


def monthly_per_person(year: YearFacts) -> Fraction:
    """Pfennig a person and month, such that a year's twelve payment runs spend the year's expenditure.

    The run on the 1st pays whoever received aid at the end of the month before.
    """
    first = _index(year.first_day)
    return Fraction(year.expenditure_dm * 100) / sum(_unrounded(year, first + run) for run in range(RUNS))


def caseload_limit(full: int, scale: Fraction) -> int:
    """Cases a case manager may have in a city of this scale, where one of the full city may have `full`."""
    return max(1, rounded(full * scale))


def rounded(value: Fraction) -> int:
    """Half up, as the figures are published."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _unrounded(year: YearFacts, month: int) -> Fraction:
    """At full scale, at the month's end: a straight line between the facts' two months, level before and after."""
    first = _index(year.first_day)
    last = _index(date.fromisoformat(f"{year.last_month}-01"))
    at = min(max(month, first), last) - first
    return year.recipients_first + Fraction((year.recipients_last - year.recipients_first) * at, max(1, last - first))
