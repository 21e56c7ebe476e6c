"""The page as HTML: the board's numbers in a language's writing, with charts and the map of the offices."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache, cached_property
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.city import City, OfficeKind
from services.reporting.page.board import Board, Cell, Row
from services.reporting.page.charts import Kind, Series, draw
from services.reporting.page.history import History
from services.reporting.page.seen import REFERRAL_GROUPS
from services.reporting.page.texts import LANGUAGES, Tongue
from services.reporting.page.tiles import Tile, tiles
from services.reporting.period import shift

_MILLION: Final = 100_000_000
"""Minor units."""
_THOUSAND: Final = 100_000
_CHARTS: Final = {
    "recipients": (Kind.LINES, ("recipients", "recipients_year_before")),
    "expenditure": (Kind.BARS, ("expenditure",)),
    "referrals": (Kind.STACK, tuple(REFERRAL_GROUPS)),
    "jobs": (Kind.LINES, ("placements", "integrations")),
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.reporting.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(city: City, history: History, board: Board, *, style: str) -> str:
    tongue = Tongue(board.asked.lang)
    view = View(city, history, board, tongue)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            t=tongue,
            v=view,
            city=city,
            history=history,
            board=board,
            asked=board.asked,
            style=style,
            languages=LANGUAGES,
        )
    )


class View:
    """What the template asks for, in the language's words."""

    def __init__(self, city: City, history: History, board: Board, tongue: Tongue) -> None:
        self._city, self._history, self._board, self._t = city, history, board, tongue
        self.reasons = self._reasons()
        self.unit = tongue(f"{board.asked.currency}_unit")

    @property
    def months(self) -> list[str]:
        """For the form: those that are told of, and those asked for."""
        return sorted({*self._history.months, *self._board.asked.period})

    @property
    def period(self) -> str:
        asked = self._board.asked
        if not asked.first:
            return ""
        return self._t("period", first=self._t.month(asked.first), last=self._t.month(asked.last))

    @property
    def place(self) -> str:
        office = self._board.office
        return office.name if office else self._t("whole_city")

    @property
    def year_before(self) -> str:
        return shift(self._board.asked.last, -12)

    @property
    def compared(self) -> str:
        """The heading above the offices."""
        kinds = {office.kind for row in self._board.centres if (office := self._city.office(row.name))}
        return self._t("centres" if kinds == {OfficeKind.SOZIALZENTRUM} else "offices")

    def kind(self, name: str) -> str:
        return _CHARTS[name][0].value

    def sustained(self, after: int) -> str:
        """What a rate rests on."""
        head = self._board.head
        known = int(head[f"sustained_{after}"].value or 0) + int(head[f"failed_{after}"].value or 0)
        return self._t(
            "sustained_of",
            known=self._t.integer(known),
            unknown=self.write("unknown", head[f"unknown_{after}"]),
        )

    def write(self, figure: str, cell: Cell) -> str:
        """A number for a table."""
        if cell.value is None:
            return self._t("na")
        if figure.startswith(("change", "rate")):
            return self._t.percent(cell.value, signed=figure.startswith("change"))
        if figure == "expenditure":
            return self._t.decimal(Decimal(cell.value) / 100, 0)
        return self._t.integer(int(cell.value))

    def money(self, cell: Cell) -> tuple[str, str]:
        """A large sum as a number and what it counts: `676,9` and `Mio. DM`."""
        if cell.value is None:
            return self._t("na"), ""
        million = Decimal(cell.value) / _MILLION
        if million < 1:
            return self.write("expenditure", cell), self.unit
        return self._t.decimal(million, 1 if million >= 10 else 2), f"{self._t('millions')} {self.unit}"

    def office(self, name: str) -> str:
        found = self._city.office(name)
        return found.name if found else self._t("unknown_office")

    def short(self, name: str) -> str:
        """An office's name without the word with which all of them begin."""
        office = self._city.office(name)
        return office.name.removeprefix(self._prefix) if office else self._t("unknown_office")

    @cached_property
    def _prefix(self) -> str:
        names = [self.office(row.name) for row in self._board.centres]
        first = names[0].partition(" ") if names else ("", "", "")
        prefix = first[0] + first[1]
        return prefix if len(names) > 1 and all(name.startswith(prefix) for name in names) else ""

    def chart(self, name: str) -> str:
        kind, figures = _CHARTS[name]
        asked, t = self._board.asked, self._t
        series = [Series(t(figure), [self._drawn(row[figure]) for row in self._board.months]) for figure in figures]
        scale, places = self._scale(name)
        scaled = [Series(one.name, [None if v is None else v / scale for v in one.values]) for one in series]
        title = t(f"chart_{name}")
        return (
            draw(
                kind,
                scaled,
                [t.month_short(row.name) for row in self._board.months],
                name=name,
                title=title,
                text=t("chart_text", title=title, first=t.month(asked.first), last=t.month(asked.last)),
                write=lambda number: t.decimal(Decimal(str(number)), places),
            )
            if asked.first
            else ""
        )

    def figures(self, name: str) -> Sequence[str]:
        return _CHARTS[name][1]

    def about(self, name: str) -> str:
        if name != "expenditure":
            return self._t(f"chart_{name}_about")
        key = "chart_expenditure_about" if self._scale(name)[0] == _MILLION else "chart_expenditure_about_1000"
        return self._t(key, currency=self.unit)

    def tiles(self) -> list[Tile]:
        return tiles(self._city, self._board.centres)

    @property
    def on_map(self) -> bool:
        """Whether the city's configuration says where its offices lie."""
        return all((office := self._city.office(row.name)) and office.tile for row in self._board.centres)

    def _drawn(self, cell: Cell) -> float | None:
        return None if cell.value is None else float(cell.value)

    def _scale(self, name: str) -> tuple[int, int]:
        """What a chart's numbers are divided by, and the places of its axis."""
        if name != "expenditure":
            return 1, 0
        largest = max((row["expenditure"].value or 0 for row in self._board.months), default=0)
        return (_MILLION, 1) if largest >= _MILLION else (_THOUSAND, 0)

    def _reasons(self) -> list[str]:
        """Why numbers are missing on this page, each reason once."""
        board = self._board
        rows: list[Row] = [board.head, *board.months, *board.centres, *board.earlier]
        found = dict.fromkeys(cell.why for row in rows for cell in row.cells.values() if cell.why)
        return [self._t(f"why_{why}") for why in found]
