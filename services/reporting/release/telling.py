"""From a month's numbers to the lines of its release: the rule (suppression.py) over all families and tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.release.families import Dimension, Family, Numbers, Share
from services.reporting.release.suppression import Counts, Row, add, told_rows, told_totals
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
    last. So does a sum of money where no count changed: the difference would be one person's."""
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
        before = [_totals(root, family, lines) for lines in earlier]
        nodes = told_totals(root, totals, before)
        for node in nodes:
            moved = not before or add(totals, node) != before[-1][node]
            for figure in (*family.counts, *(family.amounts if moved else ())):
                yield Key(figure, "", "", node), sum(family.number(numbers, figure, office) for office in node)
        for dimension in family.dimensions:
            breakdown = family.breakdown(numbers, dimension, root.offices)
            told = [_rows(root, family, dimension, lines) for lines in earlier[dimension.since - 1 :]]
            rows = told_rows(root, family.bases(numbers, dimension, root.offices), breakdown, nodes, told)
            for node in rows:
                for figure in family.told(dimension):
                    for value in dimension.values:
                        number = sum(family.number(numbers, figure, office, dimension, value) for office in node)
                        yield Key(figure, dimension.name, value, node), number


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
        for figure in family.columns(dimension):
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
