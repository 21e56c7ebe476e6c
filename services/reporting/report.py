"""From counts to the report: sums over months and offices, rates, and why there is no number where there is none."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.figures import Figures, Progress, percent, tabulate
from services.reporting.period import Books, Reason, months_from, shift
from services.reporting.views import Covered, Expenditure, Month, MonthFigures, Months, Report, Sustained

STATES: Final = (
    "draft",
    "requested",
    "received",
    "accepted",
    "in_service",
    "on_hold",
    "completed",
    "failed",
    "discontinued",
    "rejected",
    "withdrawn",
    "expired",
    "void",
)
"""Of a referral (domain.md section 4)."""
_STOCKS: Final = ("recipients", "households", "cases_open", "clients_registered", "referrals")
_FLOWS: Final = (
    "expenditure_dem_minor",
    "expenditure",
    "placements",
    "integrations",
    "sustained_6_months",
    "sustained_12_months",
)


async def report(
    db: AsyncConnection, known: Progress, *, first: str, last: str, month: str, office: str | None
) -> Report:
    """The figures of a period, with the stock at the end of `month` and a year before, of the city or of one office."""
    books, before, period = known.books, shift(month, -12), months_from(first, last)
    table = await tabulate(db, books, (before, month, *period), by_office=office is not None)
    now, year_before = table.of([month], office), table.of([before], office)
    figures = {
        **_stocks(books, month, now),
        "recipients_year_before": books.silence(before) or year_before.recipients,
        "change_on_year": _change(books, month, now.recipients, year_before.recipients),
        **_flows(books, period, table.of(period, office)),
    }
    numbers: dict[str, Any] = {name: None if isinstance(value, Reason) else value for name, value in figures.items()}
    return Report(
        from_month=first,
        to_month=last,
        month=month,
        office=office,
        as_of=books.as_of,
        reference_day=books.reference_day(month),
        complete=books.complete(month) and books.complete(last),
        covered=_covered(books, period),
        events=known.events,
        parked=known.parked,
        reasons={name: value for name, value in figures.items() if isinstance(value, Reason)},
        **numbers,
    )


async def months(db: AsyncConnection, known: Progress, *, first: str, last: str, office: str | None) -> Months:
    """Every month from `first` to `last`, of the city and of each office (or of one) that anything can be told of."""
    books, period = known.books, months_from(first, last)
    table = await tabulate(db, books, period, by_office=True)
    found = [
        Month(
            month=month,
            reference_day=books.reference_day(month),
            complete=books.complete(month),
            reason=(silence := books.silence(month)),
            city=None if silence or office else _month(table.of([month])),
            offices={
                w: _month(cell) for (m, w), cell in sorted(table.cells.items()) if m == month and office in {None, w}
            },
        )
        for month in period
    ]
    return Months(as_of=books.as_of, months=found)


def _stocks(books: Books, month: str, found: Figures) -> dict[str, Any]:
    """Figures by name, or the reason why there is none."""
    return {
        "recipients": found.recipients,
        "households": found.households,
        "cases_open": found.cases_open,
        "clients_registered": found.registered,
        "referrals": _by_state(found),
    } | dict.fromkeys(_STOCKS if books.silence(month) else (), books.silence(month))


def _flows(books: Books, period: Sequence[str], found: Figures) -> dict[str, Any]:
    """The same of what happened in the months that can be told of."""
    told = any(books.silence(month) is None for month in period)
    return {
        "expenditure_dem_minor": found.paid_in_dem,
        "expenditure": _expenditure(found),
        "placements": found.placements,
        "integrations": found.integrations,
        "sustained_6_months": _sustained(found, 6),
        "sustained_12_months": _sustained(found, 12),
    } | dict.fromkeys(() if told else _FLOWS, books.silence(period[-1]) or books.silence(period[0]))


def _change(books: Books, month: str, now: int, before: int) -> float | Reason:
    """N(month) / N(same month, year before) - 1, in per cent."""
    if silence := books.silence(month) or books.silence(shift(month, -12)):
        return silence
    if not books.complete(month):
        return Reason.MONTH_NOT_OVER
    return percent(now - before, before) if before else Reason.ZERO_DENOMINATOR


def _sustained(found: Figures, after: int) -> Sustained | Reason:
    outcomes = {outcome: found.sustained[after, outcome] for outcome in ("sustained", "failed", "unknown")}
    matured, known = sum(outcomes.values()), outcomes["sustained"] + outcomes["failed"]
    if not matured:
        return Reason.NO_MATURED_COHORT
    rate = percent(outcomes["sustained"], known) if known else None
    return Sustained(matured=matured, **outcomes, rate=rate, reason=None if known else Reason.OUTCOME_UNKNOWN)


def _covered(books: Books, period: Sequence[str]) -> Covered | None:
    days = [day for month in period if (day := books.reference_day(month))]
    if not days or books.records_since is None:
        return None
    return Covered(since=max(days[0].replace(day=1), books.records_since), until=days[-1])


def _by_state(found: Figures) -> dict[str, int]:
    return {state: found.referrals[state] for state in STATES}


def _expenditure(found: Figures) -> Expenditure:
    by_currency: Expenditure = {}
    for (currency, kind), minor in sorted(found.paid.items()):
        by_currency.setdefault(currency, {})[kind] = minor
    return by_currency


def _month(found: Figures) -> MonthFigures:
    return MonthFigures(
        recipients=found.recipients,
        households=found.households,
        cases_open=found.cases_open,
        clients_registered=found.registered,
        referrals=_by_state(found),
        expenditure_dem_minor=found.paid_in_dem,
        expenditure=_expenditure(found),
        placements=found.placements,
        integrations=found.integrations,
    )
