"""From a month's numbers to the lines of its release: the rule (suppression.py) over all families and tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.release.families import Dimension, Family, Numbers, Share
from services.reporting.release.suppression import Counts, Row, told_rows, told_totals
from services.reporting.release.tree import Node, Offices

ELSEWHERE: Final = "elsewhere"
"""Clients whose office does not work at the month's end, or is not known: a row like an office's."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a number is of: a figure, one value of a dimension (or all: empty), and the offices taken together."""

    figure: str
    dimension: str
    value: str
    offices: Offices


@dataclass(frozen=True, slots=True)
class Told:
    """A number, and the version of the month that told it first."""

    number: int
    since: int


Lines = Mapping[Key, Told]
"""All that a version tells."""


def tell(root: Node, families: Sequence[Family], numbers: Numbers, earlier: Sequence[Lines]) -> dict[Key, Told]:
    """The lines of a month's next version. `earlier`: those before, in order; what is not told anew stands as in the
    last."""
    version, last = len(earlier) + 1, earlier[-1] if earlier else {}
    found = dict(last)
    for key, number in _anew(root, families, numbers, earlier):
        before = last.get(key)
        if before is None or before.number != number:
            found[key] = Told(number, version)
    return found


def _anew(
    root: Node, families: Sequence[Family], numbers: Numbers, earlier: Sequence[Lines]
) -> Iterator[tuple[Key, int]]:
    for family in families:
        totals = family.totals(numbers, root.offices)
        nodes = told_totals(root, totals, [_totals(root, family, lines) for lines in earlier])
        for node in nodes:
            for figure in (*family.counts, *family.amounts):
                yield Key(figure, "", "", node), _sum(numbers, family, figure, "", "", node)
        for dimension in family.dimensions:
            breakdown = family.breakdown(numbers, dimension, root.offices)
            before = [_rows(root, family, dimension, lines) for lines in earlier]
            rows = told_rows(root, family.bases(numbers, root.offices), breakdown, nodes, before)
            for node in rows:
                for figure in _broken_down(family):
                    for value in dimension.values:
                        number = _sum(numbers, family, figure, dimension.name, value, node)
                        yield Key(figure, dimension.name, value, node), number


def _broken_down(family: Family) -> Iterable[str]:
    """What is told of a table: with all parts, their sum too."""
    return family.counts if family.broken_down == family.parts else family.broken_down


def _sum(numbers: Numbers, family: Family, figure: str, dimension: str, value: str, node: Offices) -> int:
    def of(name: str) -> int:
        offices = numbers.get((name, dimension, value), {})
        return sum(offices.get(office, 0) for office in node)

    if family.whole is None or figure != family.parts[-1]:
        return of(figure)
    return of(family.whole) - sum(of(part) for part in family.parts[:-1])


def _totals(root: Node, family: Family, lines: Lines) -> Row:
    """What a version told of a family's totals."""
    found = {}
    for node in root.walk():
        counts = [lines.get(Key(part, "", "", node.offices)) for part in family.parts]
        if (row := _counts(counts)) is not None:
            found[node.offices] = row
    return found


def _rows(root: Node, family: Family, dimension: Dimension, lines: Lines) -> Row:
    """What a version told of a table, in the columns of `Family.breakdown`."""
    found = {}
    for node in root.walk():
        counts: list[Told | None] = []
        for figure in family.broken_down:
            total = lines.get(Key(figure, "", "", node.offices))
            for value in dimension.values:
                one = lines.get(Key(figure, dimension.name, value, node.offices))
                counts.append(one)
                if dimension.share is Share.ANY:
                    counts.append(Told(total.number - one.number, one.since) if total and one else None)
        if (row := _counts(counts)) is not None:
            found[node.offices] = row
    return found


def _counts(told: Sequence[Told | None]) -> Counts | None:
    numbers = [one.number for one in told if one is not None]
    return tuple(numbers) if len(numbers) == len(told) else None
