"""All months that are over, by office, as of the end of the last one: read from the database, kept for a minute."""

import asyncio
import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.figures import Figures, Progress, Table, progress, tabulate
from services.reporting.period import Books, Reason, first_day, month_of, months_from

KEPT_SECONDS: Final = 60
_AT_ONCE: Final = 60
"""Months of one statement."""


@dataclass(frozen=True, slots=True)
class History:
    """Counted as of the end of the last month that is over, so that two days of one month show the same."""

    today: date | None
    """The last day that started."""
    books: Books
    months: tuple[str, ...]
    table: Table
    parked: bool
    """Whether messages of somebody wait for an operator."""
    final: frozenset[str] = frozenset()
    """The months that are released."""

    def silence(self, month: str) -> Reason | None:
        """Why nothing is told of a month; None if something is."""
        if self.today is not None and month_of(self.today) == month not in self.months:
            return Reason.MONTH_NOT_OVER
        return self.books.silence(month)

    def offices(self, month: str) -> dict[str, Figures]:
        return {office: found for (of, office), found in self.table.cells.items() if of == month}


async def read_history(db: AsyncConnection, known: Progress) -> History:
    """Counts everything: seconds, with a city's years."""
    today, since = known.books.as_of, known.books.records_since
    closed = Books(records_since=since, as_of=_end_of_last_month(today))
    first = month_of(since) if since else None
    last = month_of(closed.as_of) if closed.as_of else None
    months = months_from(first, last) if first and last else ()
    table = Table()
    for start in range(0, len(months), _AT_ONCE):
        found = await tabulate(db, closed, months[start : start + _AT_ONCE], by_office=True)
        table.cells.update(found.cells)
    final = frozenset((await db.execute(text("select distinct month from release_version"))).scalars())
    return History(
        today=today, books=closed, months=months, table=table, parked=known.parked > 0, final=final & frozenset(months)
    )


def _end_of_last_month(today: date | None) -> date | None:
    if today is None:
        return None
    following = today + timedelta(days=1)
    return first_day(month_of(following)) - timedelta(days=1)


class Kept:
    """The history read last. Many who ask at once wait for one reading; a day that starts makes a new one."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._history: History | None = None
        self._read_at = 0.0

    async def history(self, db: AsyncConnection) -> History:
        today = (await db.execute(text("select today from business_day"))).scalar()
        async with self._lock:
            kept = self._history
            if kept is None or kept.today != today or time.monotonic() - self._read_at > KEPT_SECONDS:
                kept = self._history = await read_history(db, await progress(db))
                self._read_at = time.monotonic()
            return kept
