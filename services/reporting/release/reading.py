"""What a release reads in its snapshot: a month's numbers, and what was published before."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
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
from services.reporting.tables import Cell as Tabled
from services.reporting.tables import tables

FROZEN_AFTER: Final = 3
"""Months after its end that a month stays open for facts told late (domain.md P4)."""

_AT_ONCE: Final = 12
"""Months of one statement: of a large city it takes seconds."""
_SINCE: Final = """select min(registered_on) from registration r where not exists (select from departure d
where d.person_id = r.person_id and d.reason = 'void' and d.sequence > r.sequence)"""
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


async def cells(db: AsyncConnection, trees: Mapping[str, Node], today: date) -> dict[str, list[Cell]]:
    """Every number of months, by the offices of each one's tree, from what is known today."""
    found: dict[str, list[Cell]] = {}
    books = Books(records_since=await records_since(db), as_of=today)
    for months in _at_once(trees):
        counted = await tabulate(db, books, months, by_office=True)
        tabled = await tables(db, books, months)
        for month in months:
            by_office = {office: one for (of, office), one in sorted(counted.cells.items()) if of == month}
            made = (*_totals(by_office), *_two_way(tabled[month]))
            found[month] = [replace(cell, office=_within(trees[month], cell.office)) for cell in made]
    return found


def _at_once(months: Iterable[str]) -> Iterator[list[str]]:
    """Months that one statement can count: not too far from each other."""
    near: list[str] = []
    for month in sorted(months):
        if near and shift(near[0], _AT_ONCE) <= month:
            yield near
            near = []
        near.append(month)
    if near:
        yield near


def _totals(by_office: Mapping[str, Figures]) -> Iterator[Cell]:
    for office, found in by_office.items():
        yield from (Cell(office, "", "", figure, number) for figure, number in _figures(found))
        for (after, outcome), number in sorted(found.sustained.items()):
            yield Cell(office, f"after_{after}_months", outcome, "integrations", number)


def _two_way(found: Iterable[Tabled]) -> Iterator[Cell]:
    """The tables, and those counts that are in tables only."""
    numbers: dict[str, dict[str, int]] = {}
    for one in found:
        if not one.dimension:
            numbers.setdefault(one.office, {})[one.figure] = one.number
        if one.dimension or one.figure.startswith(("referrals_", "loops_", "plans_")):
            yield Cell(one.office, one.dimension, one.value, one.figure, one.number)
    for office, known in numbers.items():
        for value, number in zip(ABILITY, _ability(known), strict=True):
            yield Cell(office, "ability", value, "recipients", number)
        for value, figure in ENTRIES.items():
            yield Cell(office, "entry", value, "placements", known.get(figure, 0))


def _ability(numbers: Mapping[str, int]) -> tuple[int, int, int]:
    able, free, active = (numbers.get(figure, 0) for figure in ("able_to_work", "able_unprotected", "activated"))
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
