"""What the statements of queries.py count, as numbers that add up over months and offices."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import topics
from contracts.words import Currency, Money
from services.reporting import queries
from services.reporting.period import Books

FOLDED = (topics.PERSON.name, topics.CASE.name, topics.REFERRAL.name)


@dataclass(slots=True)
class Figures:
    """The counts of one office and month, or of a sum of them. Stocks are of the month's reference day."""

    recipients: int = 0
    households: int = 0
    registered: int = 0
    cases_open: int = 0
    placements: int = 0
    integrations: int = 0
    payees: int = 0
    """Persons to whom anything was paid for the month: over several months no number of persons."""
    paid: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Minor units by currency and kind."""
    referrals: Counter[str] = field(default_factory=Counter)
    """By state."""
    sustained: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Matured integrations by months since the start and outcome."""

    def add(self, other: "Figures") -> None:
        self.recipients += other.recipients
        self.households += other.households
        self.registered += other.registered
        self.cases_open += other.cases_open
        self.placements += other.placements
        self.integrations += other.integrations
        self.payees += other.payees
        self.paid.update(other.paid)
        self.referrals.update(other.referrals)
        self.sustained.update(other.sustained)

    def paid_in(self, currency: Currency) -> int:
        """Minor units: summed per currency first, the sum converted once, half up (domain.md section 6)."""
        total = Money(minor=0, currency=currency)
        for code in Currency:
            minor = sum(amount for (paid, _), amount in self.paid.items() if paid == code)
            total += Money(minor=minor, currency=code).to(currency)
        return total.minor

    @property
    def paid_in_dem(self) -> int:
        """Pfennig."""
        return self.paid_in(Currency.DEM)


def total(found: Iterable[Figures]) -> Figures:
    together = Figures()
    for one in found:
        together.add(one)
    return together


def percent(part: int, whole: float) -> float:
    """Two decimals, half up; `whole` is not 0."""
    exact = Decimal(part) * 100 / Decimal(whole)
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


class Table:
    """Figures by month and office."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], Figures] = {}

    def of(self, months: Iterable[str], office: str | None = None) -> Figures:
        """The sum over months, of one office or of the city."""
        wanted = set(months)
        return total(cell for (month, where), cell in self.cells.items() if month in wanted and office in {None, where})

    def take(self, figure: str, month: str, office: str, label: str, sublabel: str, number: int) -> None:
        """A row of queries.py."""
        cell = self.cells.setdefault((month, office), Figures())
        match figure:
            case "paid":
                cell.paid[label, sublabel] = number
            case "referrals":
                cell.referrals[label] = number
            case "sustained":
                cell.sustained[int(label), sublabel] = number
            case _:
                setattr(cell, figure, number)


async def tabulate(db: AsyncConnection, books: Books, months: Iterable[str], *, by_office: bool) -> Table:
    """All figures of these months, at most 62; months of which nothing can be said (`Books.silence`) are left out."""
    dated = {month: day for month in sorted(set(months)) if (day := books.reference_day(month))}
    table = Table()
    if not dated:
        return table
    statement = text(queries.BY_OFFICE if by_office else queries.AS_CITY)
    for row in await db.execute(statement, await bound(db, books, dated)):
        table.take(*row)
    return table


async def bound(db: AsyncConnection, books: Books, dated: Mapping[str, date]) -> dict[str, Any]:
    """What the statements of queries.py and measures.py are given: months with their reference days, ascending."""
    await db.execute(text("set local work_mem = '64MB'"))
    return {
        "months": list(dated),
        "days": list(dated.values()),
        "as_of": books.as_of,
        "integrations": queries.INTEGRATION_KINDS,
        "full_time": queries.FULL_TIME,
    }


@dataclass(frozen=True, slots=True)
class Progress:
    """The books, and how much they rest on: subjects whose messages wait for a redrive, and events folded."""

    books: Books
    parked: int
    events: int


async def progress(db: AsyncConnection) -> Progress:
    row = (await db.execute(text(queries.BOOKS), {"topics": list(FOLDED)})).one()
    return Progress(Books(records_since=row[0], as_of=row[1]), parked=row[2], events=row[3])
