"""The figures that releases tell, in families: what can be subtracted from each other is told together or not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services.reporting.release.suppression import Breakdown, Counts


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of one office and month: of all (`dimension` and `value` empty), or of one value of a dimension."""

    office: str
    dimension: str
    value: str
    figure: str
    count: int


Numbers = Mapping[tuple[str, str, str], Mapping[str, int]]
"""By figure, dimension and value: the number of each office."""


class Share(StrEnum):
    """How a dimension's values share persons out."""

    ONE = "one"
    """Everybody is in exactly one."""
    ANY = "any"
    """A person may be in none or in several."""


@dataclass(frozen=True, slots=True)
class Dimension:
    name: str
    values: tuple[str, ...]
    share: Share


@dataclass(frozen=True, slots=True)
class Family:
    """`parts` share nobody. Where `whole` is given the last part is what the others leave of it: nobody counts it.

    `amounts` are sums of money, told where the family's totals are. `broken_down` are the figures in two-way tables:
    the parts, or the whole alone.
    """

    name: str
    parts: tuple[str, ...]
    whole: str | None = None
    amounts: tuple[str, ...] = ()
    broken_down: tuple[str, ...] = ()
    dimensions: tuple[Dimension, ...] = field(default=())

    @property
    def counts(self) -> tuple[str, ...]:
        return self.parts if self.whole is None else (self.whole, *self.parts)

    def totals(self, numbers: Numbers, offices: Iterable[str]) -> dict[str, Counts]:
        return {office: tuple(self._number(numbers, part, "", "", office) for part in self.parts) for office in offices}

    def bases(self, numbers: Numbers, offices: Iterable[str]) -> dict[str, Counts]:
        """The totals of what is broken down."""
        return {o: tuple(self._number(numbers, f, "", "", o) for f in self.broken_down) for o in offices}

    def breakdown(self, numbers: Numbers, dimension: Dimension, offices: Iterable[str]) -> Breakdown:
        """The table of a dimension: its columns are `columns`, each followed by its rest where values overlap."""
        rows = {office: self._row(numbers, dimension, office) for office in offices}
        width = len(dimension.values)
        if dimension.share is Share.ONE:
            every = range(len(self.broken_down))
            return Breakdown(rows, tuple((at, tuple(range(at * width, (at + 1) * width))) for at in every))
        places = [(at, 2 * (at * width + n)) for at in range(len(self.broken_down)) for n in range(width)]
        sheets = tuple((at, (place, place + 1)) for at, place in places)
        sums = tuple((at, *(p for of, p in places if of == at)) for at in range(len(self.broken_down)))
        return Breakdown(rows, sheets, sums)

    def _row(self, numbers: Numbers, dimension: Dimension, office: str) -> Counts:
        found: list[int] = []
        for figure in self.broken_down:
            for value in dimension.values:
                count = self._number(numbers, figure, dimension.name, value, office)
                rest = self._number(numbers, figure, "", "", office) - count
                found += [count] if dimension.share is Share.ONE else [count, rest]
        return tuple(found)

    def _number(self, numbers: Numbers, figure: str, dimension: str, value: str, office: str) -> int:
        """A count of an office; what is left of the whole is reckoned."""

        def of(name: str) -> int:
            return numbers.get((name, dimension, value), {}).get(office, 0)

        if self.whole is None or figure != self.parts[-1]:
            return of(figure)
        return of(self.whole) - sum(of(part) for part in self.parts[:-1])


def numbers_of(cells: Iterable[Cell]) -> Numbers:
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for cell in cells:
        offices = found.setdefault((cell.figure, cell.dimension, cell.value), {})
        offices[cell.office] = offices.get(cell.office, 0) + cell.count
    return found


FAMILIES: Final = (
    Family("recipients", ("households", "further_members"), whole="recipients", broken_down=("recipients",)),
    Family("cases", ("cases_open",), broken_down=("cases_open",)),
    Family(
        "jobs",
        ("integrations", "other_placements"),
        whole="placements",
        broken_down=("integrations", "other_placements"),
    ),
    Family("payees", ("payees",), amounts=("paid_dem", "paid_eur")),
)
