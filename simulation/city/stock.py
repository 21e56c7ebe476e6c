"""How many people receive aid, and what it costs: the facts of domain.md section 1 as the city's input.

Recipients: 48,470 in March 2001 and 46,560 in March 2002, 3.94 % fewer; expenditure of the past year, April 2001 to
March 2002: 676.9 million DM (press release of the senator, 24.04.2002). All of them times the scale.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

FIRST_MONTH: Final = (2001, 3)
LAST_MONTH: Final = (2002, 3)
RECIPIENTS_FIRST: Final = 48_470
RECIPIENTS_LAST: Final = 46_560
EXPENDITURE_PFENNIG: Final = 67_690_000_000
"""Hilfe zum Lebensunterhalt and Hilfe in besonderen Lebenslagen together, in a year."""
MONTHLY_INFLOW: Final = Fraction(3, 100)
"""Persons a month who begin to receive aid, of the stock: our own assumption."""
CASELOAD: Final = 75


def _month_index(month: tuple[int, int]) -> int:
    return month[0] * 12 + month[1] - 1


def month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _unrounded(month: tuple[int, int]) -> Fraction:
    """At full scale, at the month's end: a straight line between the two Marches, level before and after."""
    first, last = _month_index(FIRST_MONTH), _month_index(LAST_MONTH)
    at = min(max(_month_index(month), first), last) - first
    return RECIPIENTS_FIRST + Fraction((RECIPIENTS_LAST - RECIPIENTS_FIRST) * at, last - first)


def rounded(value: Fraction) -> int:
    """Half up, as the figures are published."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def target(day: date, scale: Fraction) -> int:
    """Persons with a benefit in force at the end of `day`: exact at month ends, a straight line in between."""
    end = month_end(day)
    before = day.replace(day=1) - timedelta(days=1)
    start, goal = _unrounded((before.year, before.month)), _unrounded((end.year, end.month))
    return rounded((start + (goal - start) * Fraction(day.day, end.day)) * scale)


def monthly_per_person() -> Fraction:
    """Pfennig a person and month, such that a year's twelve payment runs spend the year's expenditure.

    The run on the 1st pays whoever received aid at the end of the month before.
    """
    paid = sum(_unrounded((2001 + (2 + k) // 12, (2 + k) % 12 + 1)) for k in range(12))
    return Fraction(EXPENDITURE_PFENNIG) / paid


def caseload_limit(scale: Fraction) -> int:
    """Cases a case manager may have in a city of this scale."""
    return max(1, rounded(CASELOAD * scale))
