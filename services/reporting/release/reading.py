"""What a release reads in its snapshot: a month's numbers, and what was published before."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.city import City
from contracts.words import Currency
from services.reporting.figures import Figures, tabulate
from services.reporting.period import Books, last_day, shift
from services.reporting.release.document import Document, read
from services.reporting.release.families import Cell
from services.reporting.release.telling import ELSEWHERE
from services.reporting.release.tree import Node, tree

FROZEN_AFTER: Final = 3
"""Months after its end that a month stays open for facts told late (domain.md P4)."""

_SINCE: Final = """select min(registered_on) from registration
where person_id not in (select person_id from departure where reason = 'void')"""
_FILES: Final = "select file from release_version where month = :month and version < :before order by version"
_GIVEN_UP: Final = "select exists(select from operator_action where action = 'discard')"


def as_of(month: str) -> date:
    """The last day whose events could count: it depends on the month alone, not on the day of the release."""
    return last_day(shift(month, FROZEN_AFTER))


def offices_of(city: City, month: str) -> Node:
    """The offices that work on the month's last day, in the order of the configuration, and all else as one more."""
    working = [office.id for office in city.offices if office.works_on(last_day(month))]
    return tree((*working, ELSEWHERE))


async def records_since(db: AsyncConnection) -> date | None:
    """The day of the first registration."""
    found: date | None = (await db.execute(text(_SINCE))).scalar_one()
    return found


async def cells(db: AsyncConnection, month: str, root: Node) -> tuple[Cell, ...]:
    """Every number of a month, by the offices of its tree."""
    books = Books(records_since=await records_since(db), as_of=as_of(month))
    table = await tabulate(db, books, [month], by_office=True)
    return tuple(
        Cell(office if office in root.offices else ELSEWHERE, "", "", figure, number)
        for (_, office), found in sorted(table.cells.items())
        for figure, number in _figures(found)
    )


async def versions(db: AsyncConnection, month: str, *, before: int = 1 << 30) -> list[Document]:
    """What was told of a month, in order."""
    found = (await db.execute(text(_FILES), {"month": month, "before": before})).scalars()
    return [read(file) for file in found]


async def notes(db: AsyncConnection) -> tuple[str, ...]:
    """Footnotes that hold for every release, and those on what no topic tells."""
    given_up = (await db.execute(text(_GIVEN_UP))).scalar_one()
    return ("cohorts_not_matured", "later_law", *(("messages_given_up",) if given_up else ()))


def _figures(found: Figures) -> Iterator[tuple[str, int]]:
    yield from (
        ("recipients", found.recipients),
        ("households", found.households),
        ("cases_open", found.cases_open),
        ("placements", found.placements),
        ("integrations", found.integrations),
        ("payees", found.payees),
    )
    for currency in Currency:
        paid = sum(minor for (code, _), minor in found.paid.items() if code == currency)
        yield f"paid_{currency.value.lower()}", paid
