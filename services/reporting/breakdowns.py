"""The two-way tables of a month (office by sex, age band, department and agency) and the rates of a period, over HTTP.

For callers who say who they are: small cells are in them. What is published are releases (release/).
"""

import csv
import io
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from contracts.words import YearMonth
from services.reporting.api import FromMonth, OfOffice, ToMonth, period_asked
from services.reporting.figures import progress
from services.reporting.period import Reason
from services.reporting.rates import Rates, rates
from services.reporting.tables import Cell, tables
from services.reporting.views import DEFINITIONS
from services.runtime.web import Reads, caller

COLUMNS: Final = ("month", "office", "figure", "dimension", "value", "number")

router = APIRouter(dependencies=[Depends(caller)])
AskedMonth = Annotated[YearMonth, Query(description="The month of the tables.")]


class Tables(BaseModel):
    month: str
    as_of: date | None
    reference_day: date | None
    reason: Reason | None
    cells: list[Cell]
    definitions: str = DEFINITIONS


@router.get("/tables")
async def show_tables(reads: Reads, month: AskedMonth) -> Tables:
    """A month's figures by office, and of each by sex, age band, department and agency."""
    db = await reads.connection()
    books = (await progress(db)).books
    return Tables(
        month=month,
        as_of=books.as_of,
        reference_day=books.reference_day(month),
        reason=books.silence(month),
        cells=(await tables(db, books, [month]))[month],
    )


@router.get("/tables.csv")
async def show_tables_as_csv(reads: Reads, month: AskedMonth) -> Response:
    """The same as CSV (RFC 4180)."""
    db = await reads.connection()
    books = (await progress(db)).books
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for cell in (await tables(db, books, [month]))[month]:
        writer.writerow((month, cell.office, cell.figure, cell.dimension, cell.value, cell.number))
    named = f'attachment; filename="lotse-{month}.csv"'
    return Response(written.getvalue(), media_type="text/csv", headers={"content-disposition": named})


@router.get("/rates")
async def show_rates(reads: Reads, office: OfOffice, first: FromMonth = None, last: ToMonth = None) -> Rates:
    """Rates of a period. Without months: the twelve up to the one that today is in."""
    db = await reads.connection()
    known = await progress(db)
    first, last = period_asked(known, first, last, span=12)
    return await rates(db, known, first=first, last=last, office=office)
