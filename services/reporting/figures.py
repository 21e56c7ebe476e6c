"""What the statements of queries.py count, as numbers that add up over months and offices."""

from collections import Counter
from collections.abc import Iterable, Sequence
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

ELSEWHERE = "unknown"
"""Where a person counts for whom no office was ever told."""
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
        self.paid.update(other.paid)
        self.referrals.update(other.referrals)
        self.sustained.update(other.sustained)

    @property
    def paid_in_dem(self) -> int:
        """Pfennig: summed per currency first, the sum converted once, half up (domain.md section 6)."""
        total = Money(minor=0, currency=Currency.DEM)
        for currency in Currency:
            minor = sum(amount for (code, _), amount in self.paid.items() if code == currency)
            total += Money(minor=minor, currency=currency).to(Currency.DEM)
        return total.minor


def total(found: Iterable[Figures]) -> Figures:
    together = Figures()
    for one in found:
        together.add(one)
    return together


def percent(part: int, whole: int) -> float:
    """Two decimals, half up; `whole` is not 0."""
    exact = Decimal(part) * 100 / Decimal(whole)
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


class Table:
    """Figures by month and office, filled by one statement after another."""

    def __init__(self, db: AsyncConnection, books: Books) -> None:
        self._db, self._books = db, books
        self.cells: dict[tuple[str, str], Figures] = {}

    def of(self, months: Sequence[str], office: str | None = None) -> Figures:
        """The sum over months, of one office or of the city."""
        wanted = set(months)
        return total(cell for (month, where), cell in self.cells.items() if month in wanted and office in {None, where})

    async def stock(self, months: Sequence[str]) -> None:
        for month, office, persons, households in await self._rows(queries.STOCK, months):
            cell = self._cell(month, office)
            cell.recipients, cell.households = persons, households

    async def expenditure(self, months: Sequence[str]) -> None:
        for month, office, kind, currency, minor in await self._rows(queries.EXPENDITURE, months):
            self._cell(month, office).paid[currency, kind] = minor

    async def registered(self, months: Sequence[str]) -> None:
        for month, office, persons in await self._rows(queries.REGISTERED, months):
            self._cell(month, office).registered = persons

    async def cases(self, months: Sequence[str]) -> None:
        for month, office, persons in await self._rows(queries.CASES, months):
            self._cell(month, office).cases_open = persons

    async def referrals(self, months: Sequence[str]) -> None:
        for month, office, state, count in await self._rows(queries.REFERRALS, months):
            self._cell(month, office).referrals[state] = count

    async def placements(self, months: Sequence[str]) -> None:
        kinds = queries.INTEGRATION_KINDS
        for month, office, jobs, integrations in await self._rows(queries.PLACEMENTS, months, integrations=kinds):
            cell = self._cell(month, office)
            cell.placements, cell.integrations = jobs, integrations

    async def sustained(self, months: Sequence[str]) -> None:
        bound = {"integrations": queries.INTEGRATION_KINDS, "as_of": self._books.as_of or date.min}
        for month, office, after, outcome, count in await self._rows(queries.SUSTAINED, months, **bound):
            self._cell(month, office).sustained[after, outcome] = count

    def _cell(self, month: str, office: str | None) -> Figures:
        return self.cells.setdefault((month, office or ELSEWHERE), Figures())

    async def _rows(self, figure: str, months: Sequence[str], **bound: Any) -> Sequence[Sequence[Any]]:
        """Months of which nothing can be said (`Books.silence`) are left out."""
        dated = {month: day for month in months if (day := self._books.reference_day(month))}
        statement = text(f"{queries.FACTS}{figure}")
        found = await self._db.execute(statement, {"months": list(dated), "days": list(dated.values()), **bound})
        return found.all()


@dataclass(frozen=True, slots=True)
class Progress:
    """The books, and how much they rest on: subjects whose messages wait for a redrive, and events folded."""

    books: Books
    parked: int
    events: int


async def progress(db: AsyncConnection) -> Progress:
    row = (await db.execute(text(queries.BOOKS), {"topics": list(FOLDED)})).one()
    return Progress(Books(records_since=row[0], as_of=row[1]), parked=row[2], events=row[3])
