"""Which months, and blocks of months, of a history may be seen, by figure: smallcells.py over reporting's counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.figures import Figures
from services.reporting.page.history import History
from services.reporting.page.released import CITY, Told
from services.reporting.page.smallcells import Blocks, Cells, Counts, alone, blocks, growing_months, is_small

REFERRAL_GROUPS: Final = {
    "pending": ("draft", "requested", "received"),
    "active": ("accepted", "in_service", "on_hold"),
    "completed": ("completed",),
    "ended": ("failed", "discontinued", "rejected", "withdrawn", "expired"),
}
"""A referral's states as the page tells them. `void` was entered in error and is none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What may be seen of the city (`office` None), and of its offices: of final months what their releases tell."""

    _final: Mapping[str, Told]
    _provisional: bool
    _stocks: dict[str, frozenset[str]]
    """Units by month."""
    _paid: dict[str, frozenset[str]]
    _referrals: tuple[frozenset[str], frozenset[str]]
    """Months of the city, and of its offices."""
    _jobs: tuple[Blocks, Blocks]
    _matured: dict[int, Blocks]

    def stock(self, month: str, office: str | None) -> bool:
        unit = office or CITY
        return self._final[month].of("recipients", unit) if month in self._final else unit in self._stocks[month]

    def referrals(self, month: str, office: str | None) -> bool:
        return month in self._referrals[office is not None]

    def paid(self, period: Iterable[str], office: str | None) -> bool:
        rest = [month for month in period if month not in self._final and month in self._paid]
        return self._told("payees", period, office) and all((office or CITY) in self._paid[month] for month in rest)

    def jobs(self, period: Sequence[str], office: str | None) -> bool:
        return self._told("placements", period, office) and self._jobs[office is not None].whole(period)

    def sustained(self, period: Sequence[str], after: int) -> bool:
        """Of the city. Releases tell outcomes later than they can be known at first."""
        return not self._provisional or self._matured[after].whole(period)

    def _told(self, figure: str, period: Iterable[str], office: str | None) -> bool:
        return all(self._final[month].of(figure, office or CITY) for month in period if month in self._final)


def seen(history: History) -> Seen:
    city = blocks(history.months, _city(history, _jobs))
    half_year = blocks(history.months, _city(history, _after_6), among=city.cuts)
    return Seen(
        _final=history.final,
        _provisional=history.provisional,
        _stocks=_units(history, _persons),
        _paid=_units(history, lambda found: (found.payees,)),
        _referrals=_referrals(history),
        _jobs=(city, blocks(history.months, _offices(history, _jobs), among=city.cuts)),
        _matured={6: half_year, 12: blocks(history.months, _city(history, _after_12), among=half_year.cuts)},
    )


def group_of(found: Figures, group: str) -> int:
    return sum(found.referrals[state] for state in REFERRAL_GROUPS[group])


def _units(history: History, counts: Callable[[Figures], Counts]) -> dict[str, frozenset[str]]:
    city, offices, found = _city(history, counts), _offices(history, counts), {}
    every = {office for _, office in history.table.cells}
    for month in history.months:
        cells = offices(month)
        whole = not any(is_small(count) for count in city(month)[CITY])
        found[month] = alone(cells) | (every - cells.keys()) | ({CITY} if whole else set())
    return found


def _referrals(history: History) -> tuple[frozenset[str], frozenset[str]]:
    every = frozenset(history.months)
    city = growing_months(every, _city(history, _groups), _city(history, _grown), every)
    return city, growing_months(every, _offices(history, _groups), _offices(history, _grown), city)


def _persons(found: Figures) -> Counts:
    return found.recipients, found.households, found.recipients - found.households


def _jobs(found: Figures) -> Counts:
    return found.placements, found.integrations, found.placements - found.integrations


def _groups(found: Figures) -> Counts:
    return tuple(group_of(found, group) for group in REFERRAL_GROUPS)


def _grown(found: Figures) -> Counts:
    """Referrals that stay where they are once they are there, and all of them."""
    return group_of(found, "completed"), group_of(found, "ended"), sum(_groups(found))


def _after_6(found: Figures) -> Counts:
    """Outcomes, and the integrations that have none yet: a subtraction on the page."""
    known = _outcomes(found, 6)
    return *known, found.integrations - sum(known)


def _after_12(found: Figures) -> Counts:
    """The same, and those that have an outcome after 6 months only."""
    known = _outcomes(found, 12)
    return *known, found.integrations - sum(known), sum(_outcomes(found, 6)) - sum(known)


def _outcomes(found: Figures, after: int) -> Counts:
    return tuple(found.sustained[after, outcome] for outcome in ("sustained", "failed", "unknown"))


def _city(history: History, counts: Callable[[Figures], Counts]) -> Callable[[str], Cells]:
    return lambda month: {CITY: counts(history.table.of([month]))}


def _offices(history: History, counts: Callable[[Figures], Counts]) -> Callable[[str], Cells]:
    return lambda month: {office: counts(found) for office, found in history.offices(month).items()}
