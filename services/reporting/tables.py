"""The two-way tables of a month: every count by office, and by sex, age band, department and agency."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import measures
from services.reporting.figures import bound
from services.reporting.period import Books, months_from, shift


class Cell(BaseModel):
    """`dimension` and `value` are empty in an office's total. Values of `department` and `agency` overlap."""

    office: str
    figure: str
    dimension: str
    value: str
    number: int


async def tables(db: AsyncConnection, books: Books, months: Sequence[str]) -> dict[str, list[Cell]]:
    """Every number of these months but zeros, in the order of their names: one reading, whatever their number. At most
    60 months may lie between the first and the last; of a month that nothing is known of there are no cells."""
    found: dict[str, list[Cell]] = {month: [] for month in sorted(months)}
    between = months_from(shift(min(found), -1), max(found)) if found else ()
    dated = {month: day for month in between if (day := books.reference_day(month))}
    if not dated.keys() & found.keys():
        return found
    given = await bound(db, books, dated)
    for sql in (measures.TOTALS, measures.BREAKDOWN):
        for figure, month, office, dimension, value, number in await db.execute(text(sql), given):
            if month in found:
                found[month].append(Cell(office=office, figure=figure, dimension=dimension, value=value, number=number))
    for cells in found.values():
        cells.sort(key=lambda cell: (cell.office, cell.figure, cell.dimension, cell.value))
    return found
