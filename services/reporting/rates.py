"""Rates of a period (domain.md section 6), each with what it divides; null with a reason where there is none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import measures
from services.reporting.figures import Progress, bound, percent
from services.reporting.period import Books, Reason, first_day, months_from, shift
from services.reporting.views import DEFINITIONS

YEAR: Final = 12


class Rate(BaseModel):
    """Per cent, two decimals. The denominator of a mean stock may be a fraction."""

    numerator: int
    denominator: float
    rate: float | None
    reason: Reason | None = None


class Waiting(BaseModel):
    """Plans agreed in the period, and the days from the agreement to the first request of a referral."""

    plans: int
    median_days: float | None
    never_referred: Rate


class MonthRates(BaseModel):
    """`exits`: who left aid in the month, of the stock of the month before. `activation`: on the reference day, of the
    clients able to work who are not protected."""

    month: str
    able_to_work: int | None
    exits: Rate | None
    activation: Rate | None
    reason: Reason | None


class Rates(BaseModel):
    """`integration`: of the twelve months that end with `to`, over the mean stock able to work on their last days."""

    model_config = ConfigDict(populate_by_name=True)

    from_month: str = Field(serialization_alias="from")
    to_month: str = Field(serialization_alias="to")
    office: str | None
    as_of: date | None
    distinct_recipients: int | None
    integration: Rate | None
    acceptance: Rate | None
    declined_by_client: int | None
    loop_closure: Rate | None
    waiting: Waiting | None
    entries: dict[str, int] | None
    """Starts that are no integration: by kind, and part-time jobs beside continuing aid."""
    months: list[MonthRates]
    reasons: dict[str, Reason]
    definitions: str = DEFINITIONS


ENTRIES: Final = ("job_schemes", "minor_jobs", "qualification_measures", "jobs_beside_aid")


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers by figure and month, of an office or the city."""

    found: Mapping[tuple[str, str], int]

    def of(self, figure: str, *months: str) -> int:
        return sum(self.found.get((figure, month), 0) for month in months)


async def rates(db: AsyncConnection, known: Progress, *, first: str, last: str, office: str | None) -> Rates:
    """The rates of the months `first` to `last`, at most 60."""
    books, period = known.books, months_from(first, last)
    dated = _dated(books, min(shift(first, -1), shift(last, -YEAR)), last)
    told = [month for month in period if month in dated]
    silence = None if told else books.silence(last) or books.silence(first)
    if silence:
        return _silent(books, period, office, silence)
    given = await bound(db, books, dated)
    found = Counts(await _totals(db, given, office))
    integration = _integration(books, found, last)
    return Rates(
        from_month=first,
        to_month=last,
        office=office,
        as_of=books.as_of,
        distinct_recipients=await _distinct(db, given, told, office),
        integration=None if isinstance(integration, Reason) else integration,
        acceptance=_acceptance(found, told),
        declined_by_client=found.of("referrals_declined_by_client", *told),
        loop_closure=_rate(found.of("loops_closed", *told), found.of("loops_due", *told)),
        waiting=await _waiting(db, given, told, office),
        entries={name: found.of(name, *told) for name in ENTRIES},
        months=[_month(books, found, month) for month in period],
        reasons={"integration": integration} if isinstance(integration, Reason) else {},
    )


def _silent(books: Books, period: Sequence[str], office: str | None, why: Reason) -> Rates:
    months = [_month(books, Counts({}), month) for month in period]
    names = ("distinct_recipients", "integration", "acceptance", "declined_by_client", "loop_closure", "waiting")
    return Rates(
        from_month=period[0],
        to_month=period[-1],
        office=office,
        as_of=books.as_of,
        distinct_recipients=None,
        integration=None,
        acceptance=None,
        declined_by_client=None,
        loop_closure=None,
        waiting=None,
        entries=None,
        months=months,
        reasons=dict.fromkeys((*names, "entries"), why),
    )


def _dated(books: Books, first: str, last: str) -> dict[str, date]:
    """Months in order with their reference days: those of which anything can be said, and so without a gap."""
    return {month: day for month in months_from(first, last) if (day := books.reference_day(month))}


def _integration(books: Books, found: Counts, last: str) -> Rate | Reason:
    year = months_from(shift(last, 1 - YEAR), last)
    if silence := next((reason for month in year if (reason := books.silence(month))), None):
        return silence
    return _rate(found.of("integrations", *year), found.of("able_to_work", *year) / YEAR)


def _acceptance(found: Counts, months: Sequence[str]) -> Rate:
    """Accepted by what the agency decided or let expire; what the client declined stands apart."""
    accepted = found.of("referrals_accepted", *months)
    against = found.of("referrals_declined_by_partner", *months) + found.of("referrals_expired", *months)
    return _rate(accepted, accepted + against)


def _month(books: Books, found: Counts, month: str) -> MonthRates:
    silence, before = books.silence(month), shift(month, -1)
    if silence:
        return MonthRates(month=month, able_to_work=None, exits=None, activation=None, reason=silence)
    known_before = books.silence(before) is None
    return MonthRates(
        month=month,
        able_to_work=found.of("able_to_work", month),
        exits=_rate(found.of("exits", month), found.of("recipients", before)) if known_before else None,
        activation=_rate(found.of("activated", month), found.of("able_unprotected", month)),
        reason=None if known_before else Reason.BEFORE_RECORDS,
    )


def _rate(numerator: int, denominator: float) -> Rate:
    if not denominator:
        return Rate(numerator=numerator, denominator=0, rate=None, reason=Reason.ZERO_DENOMINATOR)
    return Rate(numerator=numerator, denominator=round(denominator, 2), rate=percent(numerator, denominator))


async def _totals(
    db: AsyncConnection, given: Mapping[str, object], office: str | None
) -> Mapping[tuple[str, str], int]:
    found = Counter[tuple[str, str]]()
    for figure, month, where, _, _, number in await db.execute(text(measures.TOTALS), given):
        if office in {None, where}:
            found[figure, month] += number
    return found


async def _distinct(db: AsyncConnection, given: Mapping[str, object], months: Sequence[str], office: str | None) -> int:
    """Persons with aid on any day of the months: not the mean stock. Of an office: who is there on the last day."""
    period = {"first_day": first_day(months[0]), "last": months[-1]}
    rows = await db.execute(text(measures.DISTINCT), {**given, **period})
    return sum(number for where, number in rows if office in {None, where})


async def _waiting(
    db: AsyncConnection, given: Mapping[str, object], months: Sequence[str], office: str | None
) -> Waiting:
    waits = Counter[int | None]()
    for month, where, days, number in await db.execute(text(measures.WAITS), given):
        if month in months and office in {None, where}:
            waits[days] += number
    never = waits.pop(None, 0)
    days = sorted(found for found in waits.elements() if found is not None)
    half = len(days) // 2
    median = (days[half] + days[-half - 1]) / 2 if days else None
    return Waiting(plans=len(days) + never, median_days=median, never_referred=_rate(never, len(days) + never))
