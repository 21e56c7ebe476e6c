"""The report and the months as they are told: numbers where they can be, else null and the reason."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.figures import Figures, Progress, Table, percent
from services.reporting.period import Books, Reason, months_from, shift

DEFINITIONS: Final = (
    "Defined by today's German law for the successor system (ordinance on key figures under § 48a SGB II; statistics "
    "of the Federal Employment Agency), which is later than 2002. Not a release: small cells are not suppressed."
)
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
Expenditure = dict[str, dict[str, int]]
"""Currency -> kind -> minor units."""


_STOCKS: Final = ("recipients", "households", "cases_open", "clients_registered", "referrals")
_FLOWS: Final = (
    "expenditure_dem_minor",
    "expenditure",
    "placements",
    "integrations",
    "sustained_6_months",
    "sustained_12_months",
)


class Sustained(BaseModel):
    """Integrations of the period whose six or twelve months are over. `rate`: per cent of the known outcomes."""

    matured: int
    sustained: int
    failed: int
    unknown: int
    rate: float | None
    reason: Reason | None


class Covered(BaseModel):
    """The days of the asked period that the books cover, both inclusive."""

    since: date
    until: date


class Report(BaseModel):
    """Stocks are of `reference_day` in `month`, flows of the months `from` to `to`. `reasons` explains a null."""

    model_config = ConfigDict(populate_by_name=True)

    from_month: str = Field(serialization_alias="from")
    to_month: str = Field(serialization_alias="to")
    month: str
    office: str | None
    as_of: date | None
    reference_day: date | None
    complete: bool
    """Whether the month, and the last month of the period, are over."""
    covered: Covered | None
    recipients: int | None
    households: int | None
    recipients_year_before: int | None
    change_on_year: float | None
    """Per cent, two decimals."""
    cases_open: int | None
    clients_registered: int | None
    referrals: dict[str, int] | None
    expenditure_dem_minor: int | None
    expenditure: Expenditure | None
    placements: int | None
    integrations: int | None
    sustained_6_months: Sustained | None
    sustained_12_months: Sustained | None
    events: int
    parked: int
    reasons: dict[str, Reason]
    definitions: str = DEFINITIONS


class MonthFigures(BaseModel):
    recipients: int
    households: int
    cases_open: int
    referrals: dict[str, int]
    expenditure_dem_minor: int
    expenditure: Expenditure
    placements: int
    integrations: int


class Month(BaseModel):
    """`city` is null of a month of which nothing can be said, with the reason, and where one office was asked for."""

    month: str
    reference_day: date | None
    complete: bool
    reason: Reason | None
    city: MonthFigures | None
    offices: dict[str, MonthFigures]


class Months(BaseModel):
    as_of: date | None
    months: list[Month]
    definitions: str = DEFINITIONS


async def report(
    db: AsyncConnection, known: Progress, *, first: str, last: str, month: str, office: str | None
) -> Report:
    """The figures of a period, with the stock at the end of `month` and a year before, of the city or of one office."""
    books, table = known.books, Table(db, known.books)
    before, period = shift(month, -12), months_from(first, last)
    await table.stock([before, month])
    for fill in (table.cases, table.referrals, table.registered):
        await fill([month])
    for fill in (table.expenditure, table.placements, table.sustained):
        await fill(period)
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
    books, table = known.books, Table(db, known.books)
    period = months_from(first, last)
    for fill in (table.stock, table.expenditure, table.cases, table.referrals, table.placements):
        await fill(period)
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
        referrals=_by_state(found),
        expenditure_dem_minor=found.paid_in_dem,
        expenditure=_expenditure(found),
        placements=found.placements,
        integrations=found.integrations,
    )
