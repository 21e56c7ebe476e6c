"""Families of figures: what can be subtracted from each other is told together or not (their list: catalogue.py)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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
    """`rest`: the value of whoever is in no other, which nobody counts. `figures`: the parts of a family that alone are
    broken down by it; empty: all that are. `since`: the version of the month that could tell it first."""

    name: str
    values: tuple[str, ...]
    share: Share
    rest: str = ""
    figures: tuple[str, ...] = ()
    since: int = 1


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

    def columns(self, dimension: Dimension) -> tuple[str, ...]:
        """The figures of a table that share nobody."""
        return dimension.figures or self.broken_down

    def told(self, dimension: Dimension) -> tuple[str, ...]:
        """What is told of a table: with all parts, their sum too."""
        columns = self.columns(dimension)
        return self.counts if columns == self.parts else columns

    def totals(self, numbers: Numbers, offices: Iterable[str]) -> dict[str, Counts]:
        return {office: tuple(self.number(numbers, part, office) for part in self.parts) for office in offices}

    def bases(self, numbers: Numbers, dimension: Dimension, offices: Iterable[str]) -> dict[str, Counts]:
        """The totals of what is broken down."""
        return {o: tuple(self.number(numbers, figure, o) for figure in self.columns(dimension)) for o in offices}

    def breakdown(self, numbers: Numbers, dimension: Dimension, offices: Iterable[str]) -> Breakdown:
        """The table of a dimension: a column for each of its values, followed by what is left where values overlap."""
        rows = {office: self._row(numbers, dimension, office) for office in offices}
        width, every = len(dimension.values), range(len(self.columns(dimension)))
        if dimension.share is Share.ONE:
            return Breakdown(rows, tuple((at, tuple(range(at * width, (at + 1) * width))) for at in every))
        places = [(at, 2 * (at * width + n)) for at in every for n in range(width)]
        sheets = tuple((at, (place, place + 1)) for at, place in places)
        sums = tuple((at, *(p for of, p in places if of == at)) for at in every)
        return Breakdown(rows, sheets, sums)

    def number(
        self, numbers: Numbers, figure: str, office: str, dimension: Dimension | None = None, value: str = ""
    ) -> int:
        """A number of an office; what is left of others is reckoned."""
        if dimension is not None and value == dimension.rest:
            others = (other for other in dimension.values if other != value)
            counted = sum(self.number(numbers, figure, office, dimension, other) for other in others)
            return self.number(numbers, figure, office) - counted

        def of(name: str) -> int:
            return numbers.get((name, dimension.name if dimension else "", value), {}).get(office, 0)

        if self.whole is None or figure != self.parts[-1]:
            return of(figure)
        return of(self.whole) - sum(of(part) for part in self.parts[:-1])

    def _row(self, numbers: Numbers, dimension: Dimension, office: str) -> Counts:
        found: list[int] = []
        for figure in self.columns(dimension):
            for value in dimension.values:
                count = self.number(numbers, figure, office, dimension, value)
                rest = self.number(numbers, figure, office) - count
                found += [count] if dimension.share is Share.ONE else [count, rest]
        return tuple(found)


def numbers_of(cells: Iterable[Cell]) -> Numbers:
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for cell in cells:
        offices = found.setdefault((cell.figure, cell.dimension, cell.value), {})
        offices[cell.office] = offices.get(cell.office, 0) + cell.count
    return found
