"""What the page shows: every number, or the reason why there is none. Charts, tables and the CSV all read it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contracts.city import City, Office
from services.reporting.figures import Figures, percent
from services.reporting.page.asked import Asked
from services.reporting.page.history import History
from services.reporting.page.released import TOGETHER
from services.reporting.page.seen import REFERRAL_GROUPS, Seen, group_of
from services.reporting.period import Reason, last_day, shift

SMALL: Final = "small_cells"
"""The reason beside those of reporting: a number would tell of one or two persons."""
_CLOSED: Final = "office_closed"
_NOT_RELEASED: Final = "not_released"
STOCKS: Final = ("recipients", "households")
FLOWS: Final = ("expenditure", "placements", "integrations")
SUSTAINED: Final = ("sustained", "failed", "unknown")
Value = int | float


@dataclass(frozen=True, slots=True)
class Cell:
    """A number (money in minor units, rates in per cent), or `why` there is none."""

    value: Value | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a month, or of an office."""

    name: str
    cells: dict[str, Cell]

    def __getitem__(self, figure: str) -> Cell:
        return self.cells[figure]


@dataclass(frozen=True, slots=True)
class Board:
    asked: Asked
    office: Office | None
    head: Row
    months: tuple[Row, ...]
    centres: tuple[Row, ...]
    """Offices that work on the period's last day, in the configuration's order."""
    earlier: tuple[Row, ...]
    """Others that the period has numbers of."""


def board(city: City, history: History, seen: Seen, asked: Asked) -> Board:
    last = asked.last
    working = {o.id for o in city.offices if last and o.works_on(last_day(last))}
    known = {office for month in asked.period for office in history.offices(month)} - {TOGETHER}
    ordered = [*(o.id for o in city.offices), *sorted(known - {o.id for o in city.offices})]
    counter = _Counter(city, history, seen, asked)
    closed = {"change_on_year": _none(_CLOSED)}
    return Board(
        asked=asked,
        office=city.office(asked.office) if asked.office else None,
        head=Row("", counter.head(asked.office)),
        months=tuple(Row(month, counter.month(month, asked.office)) for month in asked.period),
        centres=tuple(Row(o, counter.office(o)) for o in ordered if o in working),
        earlier=tuple(Row(o, counter.office(o) | closed) for o in ordered if o in known - working),
    )


@dataclass(frozen=True, slots=True)
class _Counter:
    city: City
    history: History
    seen: Seen
    asked: Asked

    def head(self, office: str | None) -> dict[str, Cell]:
        """The press release's figures."""
        last = self.asked.last
        found = self._stocks(last, office) | self._flows(self.asked.period, office)
        before = self._stocks(shift(last, -12), office)["recipients"] if last else _none(Reason.NO_BUSINESS_DAY)
        found |= {"recipients_year_before": before, "change_on_year": _change(found["recipients"], before)}
        for after in (6, 12):
            found |= self._sustained(after, office)
        return found

    def month(self, month: str, office: str | None) -> dict[str, Cell]:
        before = self._stocks(shift(month, -12), office)["recipients"]
        return {
            **self._stocks(month, office),
            "recipients_year_before": before,
            **self._flows((month,), office),
            **self._referrals(month, office),
        }

    def office(self, office: str) -> dict[str, Cell]:
        """A line of the comparison."""
        stocks, before = self._stocks(self.asked.last, office), self._stocks(shift(self.asked.last, -12), office)
        change = {"change_on_year": _change(stocks["recipients"], before["recipients"])}
        return stocks | change | self._flows(self.asked.period, office)

    def _stocks(self, month: str, office: str | None) -> dict[str, Cell]:
        counts = {"recipients": lambda f: f.recipients, "households": lambda f: f.households}
        return self._of_month(month, office, self.seen.stock, counts)

    def _referrals(self, month: str, office: str | None) -> dict[str, Cell]:
        counts = {group: _group(group) for group in REFERRAL_GROUPS}
        if not self.history.provisional and not self._silence(month):
            return dict.fromkeys(counts, _none(_NOT_RELEASED))
        return self._of_month(month, office, self.seen.referrals, counts)

    def _of_month(
        self,
        month: str,
        office: str | None,
        shown: Callable[[str, str | None], bool],
        counts: dict[str, Callable[[Figures], int]],
    ) -> dict[str, Cell]:
        silence = self._silence(month)
        if silence or not shown(month, office):
            return dict.fromkeys(counts, _none(silence or SMALL))
        found = self.history.table.of([month], office)
        return self._open({name: Cell(count(found)) for name, count in counts.items()}, (month,), office)

    def _flows(self, period: tuple[str, ...], office: str | None) -> dict[str, Cell]:
        if silence := self._silences(period):
            return dict.fromkeys(FLOWS, _none(silence))
        found = self.history.table.of(set(period) & set(self.history.months), office)
        paid, jobs = self.seen.paid(period, office), self.seen.jobs(period, office)
        counted = {
            "expenditure": Cell(found.paid_in(self.asked.currency)) if paid else _none(SMALL),
            "placements": Cell(found.placements) if jobs else _none(SMALL),
            "integrations": Cell(found.integrations) if jobs else _none(SMALL),
        }
        return self._open(counted, period, office)

    def _sustained(self, after: int, office: str | None) -> dict[str, Cell]:
        """Of the city alone: an office's cohorts are too small to be shown by month."""
        names = [f"{name}_{after}" for name in ("matured", *SUSTAINED, "rate")]
        period = self.asked.period
        found = self.history.table.of(set(period) & set(self.history.months))
        outcomes = {outcome: found.sustained[after, outcome] for outcome in SUSTAINED}
        matured, known = sum(outcomes.values()), outcomes["sustained"] + outcomes["failed"]
        if silence := self._silences(period):
            return dict.fromkeys(names, _none(silence))
        if office is not None:
            return dict.fromkeys(names, _none("city_only"))
        if not matured:
            return dict.fromkeys(names, _none(Reason.NO_MATURED_COHORT))
        if not self.seen.sustained(period, after):
            return dict.fromkeys(names, _none(SMALL))
        rate = Cell(percent(outcomes["sustained"], known)) if known else _none(Reason.OUTCOME_UNKNOWN)
        counts = {f"{name}_{after}": Cell(number) for name, number in outcomes.items()}
        return {f"matured_{after}": Cell(matured), **counts, f"rate_{after}": rate}

    def _open(self, counted: dict[str, Cell], period: tuple[str, ...], office: str | None) -> dict[str, Cell]:
        """The same, but noughts of an office that was not open at the end of any of the months are no numbers."""
        found = self.city.office(office) if office else None
        if found is None or any(found.works_on(last_day(month)) for month in period):
            return counted
        return {name: cell if cell.value or cell.why else _none(_CLOSED) for name, cell in counted.items()}

    def _silence(self, month: str) -> str | None:
        return self.history.silence(month) if month else Reason.NO_BUSINESS_DAY

    def _silences(self, period: tuple[str, ...]) -> str | None:
        """Why nothing is told of any month of a period."""
        reasons = [self._silence(month) for month in period] or [Reason.NO_BUSINESS_DAY]
        return None if None in reasons else reasons[-1]


def _none(why: str) -> Cell:
    return Cell(None, str(why))


def _change(now: Cell, before: Cell) -> Cell:
    """N(month) / N(same month, year before) - 1, in per cent."""
    if not isinstance(now.value, int):
        return now
    if not isinstance(before.value, int):
        return before
    return Cell(percent(now.value - before.value, before.value)) if before.value else _none(Reason.ZERO_DENOMINATOR)


def _group(group: str) -> Callable[[Figures], int]:
    return lambda found: group_of(found, group)
