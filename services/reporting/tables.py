"""The two-way tables of a month: every count by office, and by sex, age band, department and agency."""

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import measures
from services.reporting.figures import bound
from services.reporting.period import Books, shift


class Cell(BaseModel):
    """`dimension` and `value` are empty in an office's total. Values of `department` and `agency` overlap."""

    office: str
    figure: str
    dimension: str
    value: str
    number: int


async def tables(db: AsyncConnection, books: Books, month: str) -> list[Cell]:
    """Every number of a month but zeros, in the order of their names; none of a month that nothing is known of."""
    dated = {one: day for one in (shift(month, -1), month) if (day := books.reference_day(one))}
    if month not in dated:
        return []
    given = await bound(db, books, dated)
    found = [row for sql in (measures.TOTALS, measures.BREAKDOWN) for row in await db.execute(text(sql), given)]
    cells = [Cell(figure=f, office=o, dimension=d, value=v, number=n) for f, m, o, d, v, n in found if m == month]
    return sorted(cells, key=lambda cell: (cell.office, cell.figure, cell.dimension, cell.value))
