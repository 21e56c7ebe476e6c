"""Which counts may be seen: never 1 or 2 persons, and nothing from which such a number follows by subtraction.

What is shown is built of atoms, and which atoms there are depends on the books alone, never on what was asked:

- the stock, and the expenditure, of a month: the city's if no count in it is small, and each office's; one with a small
  count is hidden together with the smallest of the others, so that what is left of the city is 0 or at least 3;
- the flow of a block of months, mostly of one: the city's month with a small count is joined with those that follow
  until the sum is 0 or at least 3; the offices' of a block in which that holds for each of them, closed only where one
  of the city's closes;
- the stock of what only grows in months between which it grew by 0 or at least 3, of all offices or of none.

All other numbers are sums of whole atoms of one figure: a difference of any two of them is again a sum of whole atoms.
Inside a block only both margins are known, each 0 or at least 3: then a cell is certain only where it is 0 or a margin.
What can be subtracted from each other counts as a figure of its own (placements that are no integrations, integrations
without an outcome yet). Corrections told after a month's end, and knowledge of this rule, are for releases to guard
(domain.md P5).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SMALLEST: Final = 3
"""The smallest count of persons that is shown, but for 0."""

Counts = tuple[int, ...]
Cells = Mapping[str, Counts]
"""The counts of one month by unit: the city alone, or every office."""


def is_small(count: int) -> bool:
    return 0 < abs(count) < SMALLEST


def alone(cells: Cells) -> frozenset[str]:
    """The units whose counts may be seen each on its own; all others only together, as what is left of the city."""
    hidden = {unit for unit, counts in cells.items() if _any_small([counts])}
    rest = sorted((sum(counts), unit) for unit, counts in cells.items() if unit not in hidden and any(counts))
    while rest and hidden and _any_small([_total(cells[unit] for unit in hidden)]):
        hidden.add(rest.pop(0)[1])
    return frozenset(cells.keys() - hidden)


def growing_months(
    months: Iterable[str], levels: Callable[[str], Cells], grown: Callable[[str], Cells], among: frozenset[str]
) -> frozenset[str]:
    """The same where part of a stock only grows (`grown`): its growth since any month shown is a count as well.

    Corrections make it shrink: then the month shown last is not enough to compare with.
    """
    found, shown = set(), list[Cells]([{}])
    for month in sorted(months):
        if month not in among or _any_small(levels(month).values()):
            continue
        now = grown(month)
        if not any(_any_small(_growth(now, before)) for before in shown):
            found.add(month)
            shown.append(now)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Months in order, cut where sums may be seen; after the last cut they are still waiting for more."""

    months: tuple[str, ...]
    cuts: frozenset[str]
    """The last months of blocks."""

    def whole(self, period: Sequence[str]) -> bool:
        """Whether the sum over a period is one of whole blocks."""
        within = [month for month in self.months if month in set(period)]
        if not within:
            return True
        before = self.months.index(within[0]) - 1
        return within[-1] in self.cuts and (before < 0 or self.months[before] in self.cuts)


def add(one: Counts, other: Counts) -> Counts:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def blocks(
    months: Iterable[str],
    cells: Callable[[str], Cells],
    *,
    among: frozenset[str] | None = None,
) -> Blocks:
    """Cuts months, in order, as early as every unit's counts are 0 or large enough, at months of `among` only."""
    ordered, cuts, sums = tuple(sorted(months)), set(), dict[str, Counts]()
    for month in ordered:
        for unit, counts in cells(month).items():
            sums[unit] = add(sums[unit], counts) if unit in sums else counts
        if (among is None or month in among) and not _any_small(sums.values()):
            cuts.add(month)
            sums.clear()
    return Blocks(ordered, frozenset(cuts))


def _total(found: Iterable[Counts]) -> Counts:
    return tuple(sum(column) for column in zip(*found, strict=True))


def _any_small(found: Iterable[Counts]) -> bool:
    return any(is_small(count) for counts in found for count in counts)


def _growth(now: Cells, before: Cells) -> Iterable[Counts]:
    return (_difference(now.get(unit), before.get(unit)) for unit in now.keys() | before.keys())


def _difference(now: Counts | None, before: Counts | None) -> Counts:
    size = len(now or before or ())
    none = (0,) * size
    return tuple(a - b for a, b in zip(now or none, before or none, strict=True))
