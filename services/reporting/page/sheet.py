"""The page's numbers as CSV (RFC 4180, UTF-8): one line a number, without a language's ways of writing it."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from contracts.words import Currency
from services.reporting.page.board import FLOWS, Board, Cell, Row

COLUMNS: Final = ("from", "to", "office", "figure", "unit", "value", "reason")
_RATES: Final = ("change_on_year", "rate_")


def sheet(board: Board) -> str:
    """Lines end in CRLF. Rows: the figures at a glance, then months, then offices."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(board))
    return written.getvalue()


def _lines(board: Board) -> Iterator[tuple[str, ...]]:
    asked = board.asked
    yield from _row(board, board.head, asked.office or "", asked.first)
    for row in board.months:
        yield from _row(board, row, asked.office or "", row.name, row.name)
    for row in (*board.centres, *board.earlier):
        yield from _row(board, row, row.name, asked.first)


def _row(board: Board, row: Row, office: str, first: str, last: str = "") -> Iterable[tuple[str, ...]]:
    last = last or board.asked.last
    for figure, cell in row.cells.items():
        since = first if figure in FLOWS or figure[-1].isdigit() else last
        unit, value = _told(figure, cell, board.asked.currency)
        yield since, last, office, figure, unit, value, cell.why


def _told(figure: str, cell: Cell, currency: Currency) -> tuple[str, str]:
    """Unit and value: money in whole units with two decimals, rates in per cent."""
    money, rate = figure == "expenditure", figure.startswith(_RATES)
    unit = currency.value if money else "percent" if rate else "count"
    if cell.value is None:
        return unit, ""
    if money:
        return unit, f"{int(cell.value) // 100}.{int(cell.value) % 100:02}"
    return unit, f"{cell.value:.2f}" if rate else str(cell.value)
