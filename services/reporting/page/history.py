"""All months that are over, by office: final ones as they were released, others as of the end of the last one.

Read from the database and kept for a minute. A page of final months alone tells nothing that is not in a release.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.figures import Figures, Progress, Table, progress, tabulate
from services.reporting.page.released import TOGETHER, Told, figures, newest, sustained, told
from services.reporting.period import Books, Reason, first_day, month_of, months_from
from services.reporting.release.document import Document, read

KEPT_SECONDS: Final = 60
NOT_FINAL: Final = "not_final"
"""The reason beside those of reporting: only final months are shown, and the month is not."""
_AT_ONCE: Final = 60
"""Months of one statement."""
_FILES: Final = "select distinct on (month) file from release_version order by month, version desc"


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
    final: Mapping[str, Told] = field(default_factory=dict)
    """The months that are released, with what is told of them."""
    provisional: bool = True
    """Whether months that are not final are shown."""

    def silence(self, month: str) -> str | None:
        """Why nothing is told of a month; None if something is."""
        if self.today is not None and month_of(self.today) == month not in self.months:
            return Reason.MONTH_NOT_OVER
        silence = self.books.silence(month)
        return NOT_FINAL if silence is None and not self.provisional and month not in self.final else silence

    def offices(self, month: str) -> dict[str, Figures]:
        return {office: found for (of, office), found in self.table.cells.items() if of == month}


async def read_history(db: AsyncConnection, known: Progress, *, provisional: bool = True) -> History:
    """Counts everything: seconds, with a city's years. Without provisional months nothing is counted, only read."""
    today, since = known.books.as_of, known.books.records_since
    closed = Books(records_since=since, as_of=_end_of_last_month(today))
    released = newest([read(file) for (file,) in await db.execute(text(_FILES))])
    months = _months(closed) if provisional else tuple(sorted(released))
    table = await _counted(db, closed, months) if provisional else Table()
    for document in released.values():
        _as_released(table, document, alone=not provisional)
    return History(
        today=today,
        books=closed,
        months=months,
        table=table,
        parked=known.parked > 0,
        final={month: told(released[month]) for month in months if month in released},
        provisional=provisional,
    )


def _months(books: Books) -> tuple[str, ...]:
    if books.records_since is None or books.as_of is None:
        return ()
    return months_from(month_of(books.records_since), month_of(books.as_of))


async def _counted(db: AsyncConnection, books: Books, months: tuple[str, ...]) -> Table:
    table = Table()
    for start in range(0, len(months), _AT_ONCE):
        found = await tabulate(db, books, months[start : start + _AT_ONCE], by_office=True)
        table.cells.update(found.cells)
    return table


def _as_released(table: Table, document: Document, *, alone: bool) -> None:
    """Puts what was released in the place of what is counted today; `alone`: outcomes too."""
    for place, cell in table.cells.items():
        if place[0] == document.month:
            table.cells[place] = Figures(registered=cell.registered, referrals=cell.referrals, sustained=cell.sustained)
    for unit, numbers in figures(document).items():
        table.cells.setdefault((document.month, unit), Figures()).add(numbers)
    if alone:
        cell = table.cells.setdefault((document.month, TOGETHER), Figures())
        table.cells[document.month, TOGETHER] = replace(cell, sustained=Counter(sustained(document)))


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

    async def history(self, db: AsyncConnection, *, provisional: bool = True) -> History:
        today = (await db.execute(text("select today from business_day"))).scalar()
        async with self._lock:
            kept = self._history
            if kept is None or kept.today != today or time.monotonic() - self._read_at > KEPT_SECONDS:
                kept = self._history = await read_history(db, await progress(db), provisional=provisional)
                self._read_at = time.monotonic()
            return kept
