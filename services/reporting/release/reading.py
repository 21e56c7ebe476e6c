"""What a release reads in its snapshot: a month's numbers, and what was published before."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.city import City
from contracts.words import Currency
from services.reporting.figures import Figures, tabulate
from services.reporting.period import Books, last_day, shift
from services.reporting.release.catalogue import ABILITY, ENTRIES, OUTCOMES
from services.reporting.release.document import Document, read
from services.reporting.release.families import Cell
from services.reporting.release.telling import ELSEWHERE
from services.reporting.release.tree import Node, tree
from services.reporting.tables import tables

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


def outcomes_from(month: str, after: int) -> date:
    """The first day on which it can be told whether a month's integrations are sustained: their answers stay open for
    as long as a month does."""
    return as_of(shift(month, after)) + timedelta(days=1)


async def totals(db: AsyncConnection, month: str, root: Node) -> list[Cell]:
    """The numbers of a month by the offices of its tree."""
    books = Books(records_since=await records_since(db), as_of=as_of(month))
    table = await tabulate(db, books, [month], by_office=True)
    return [
        Cell(_within(root, office), "", "", figure, number)
        for (_, office), found in sorted(table.cells.items())
        for figure, number in _figures(found)
    ]


async def two_way(db: AsyncConnection, month: str, root: Node, outcomes: Iterable[int]) -> list[Cell]:
    """The same by one thing more each, and of those counts that are in tables only. `outcomes`: after which months."""
    since = await records_since(db)
    found = await tables(db, Books(records_since=since, as_of=as_of(month)), month)
    numbers = {(one.office, one.figure): one.number for one in found if not one.dimension}
    cells = [
        Cell(_within(root, one.office), one.dimension, one.value, one.figure, one.number)
        for one in found
        if one.dimension or one.figure.startswith(("referrals_", "loops_", "plans_"))
    ]
    for office in sorted({office for office, _ in numbers}):
        shares = dict(zip(ABILITY, _ability(numbers, office), strict=True))
        cells += (Cell(_within(root, office), "ability", v, "recipients", n) for v, n in shares.items())
        entries = ((value, numbers.get((office, figure), 0)) for value, figure in ENTRIES.items())
        cells += (Cell(_within(root, office), "entry", v, "placements", n) for v, n in entries)
    for after in outcomes:
        later = Books(records_since=since, as_of=as_of(shift(month, after)))
        table = await tabulate(db, later, [month], by_office=True)
        cells += (
            Cell(_within(root, office), f"after_{after}_months", outcome, "integrations", number)
            for (_, office), figures in sorted(table.cells.items())
            for (months, outcome), number in figures.sustained.items()
            if months == after
        )
    return cells


def _ability(numbers: Mapping[tuple[str, str], int], office: str) -> tuple[int, int, int]:
    able, free, active = (
        numbers.get((office, figure), 0) for figure in ("able_to_work", "able_unprotected", "activated")
    )
    return active, free - active, able - free


def _within(root: Node, office: str) -> str:
    return office if office in root.offices else ELSEWHERE


async def versions(db: AsyncConnection, month: str, *, before: int = 1 << 30) -> list[Document]:
    """What was told of a month, in order."""
    found = (await db.execute(text(_FILES), {"month": month, "before": before})).scalars()
    return [read(file) for file in found]


async def notes(db: AsyncConnection, outcomes: Collection[int]) -> tuple[str, ...]:
    """Footnotes on the definitions, on what cannot be known yet, and on what no topic tells."""
    given_up = (await db.execute(text(_GIVEN_UP))).scalar_one()
    matured = () if len(outcomes) == len(OUTCOMES) else ("cohorts_not_matured",)
    unknown = ("outcomes_unknown",) if outcomes else ()
    return (*matured, *unknown, "later_law", *(("messages_given_up",) if given_up else ()))


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
