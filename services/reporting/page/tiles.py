"""Where each office stands on the page's map, and how dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.city import City
from services.reporting.page.board import Cell, Row

_COLUMNS: Final = 4
"""Of the grid of a city that says nothing about places."""
_SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    column: int
    row: int
    cell: Cell
    change: Cell
    shade: int
    """1 to 5, the darker the more; 0 without a number."""


def tiles(city: City, rows: Sequence[Row], figure: str = "recipients") -> list[Tile]:
    """In the offices' order. Places come from the configuration if every office has one."""
    largest = max((row[figure].value or 0 for row in rows), default=0)
    given = [office.tile if (office := city.office(row.name)) else None for row in rows]
    placed = [place for place in given if place is not None]
    left = min((column for column, _ in placed), default=1)
    found = []
    for at, (row, place) in enumerate(zip(rows, given, strict=True)):
        if place is not None and len(placed) == len(rows):
            column, line = place[0] - left + 1, place[1]
        else:
            column, line = at % _COLUMNS + 1, at // _COLUMNS + 1
        shade = _shade(row[figure], largest)
        found.append(Tile(row.name, column, line, row[figure], row["change_on_year"], shade))
    return found


def _shade(cell: Cell, largest: float) -> int:
    if cell.value is None or not largest:
        return 0
    return min(_SHADES, 1 + int(cell.value * _SHADES / largest))
