"""Which rows of a family of figures may be told of a month: no count of 1 or 2, and nothing that one follows from.

The offices stand in a tree (tree.py). A node's row is split into its children's rows where none of these has a small
count and each is a single office, can be split itself, or can stay hidden safely (audit.py); else it stays whole, up
to the city. So a row is told with all its columns or not at all, and all that is told adds up to told numbers.

A version of a month after its first (a restatement) tells a row anew only if no count differs by 1 or 2 from one told
before, and never one that was hidden: what is not told anew stands as it was told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.release.audit import Sums, is_safe
from services.reporting.release.tree import Node, Offices

SMALLEST: Final = 3
"""The smallest count that is told beside others, but for 0."""
ALONE: Final = 4
"""The smallest that is told of the city: a number hidden alone is known to be one of three."""

Counts = tuple[int, ...]
Row = Mapping[Offices, Counts]
"""The counts of nodes, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A table that breaks figures down. Columns come in groups, each summing up to one figure of the totals.

    `columns` names for every column the total that it is a part of; columns of one `sheet` share a total out among
    them. Where a person may be in several columns, each column and what is left of its total are a sheet of their own.
    """

    offices: Mapping[str, Counts]
    sheets: tuple[tuple[int, tuple[int, ...]], ...]
    """The number of the total, and its columns: together they are all of it."""
    sums: tuple[tuple[int, ...], ...] = ()
    """Further columns whose differences may tell something: their sum, less the total that comes first."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What one version of the month told: totals, and of a breakdown its rows, by node."""

    totals: Row
    rows: Row


def is_small(count: int, *, smallest: int = SMALLEST) -> bool:
    return 0 < abs(count) < smallest


def add(offices: Mapping[str, Counts], node: Offices) -> Counts:
    """The counts of a node: an office that has none has noughts."""
    rows = [offices[office] for office in node if office in offices]
    width = len(next(iter(offices.values()), ()))
    return tuple(sum(row[at] for row in rows) for at in range(width))


def told_totals(root: Node, offices: Mapping[str, Counts], earlier: Sequence[Row]) -> frozenset[Offices]:
    """The nodes whose totals are told. `offices`: counts that share nobody, one for each figure of the family."""
    city = add(offices, root.offices)
    if any(is_small(count, smallest=ALONE) for count in city) or not _may_follow(root, city, earlier):
        return frozenset()

    def descend(node: Node) -> Iterator[Offices]:
        yield node.offices
        if node.children and all(_is_tellable(child, offices, earlier) for child in node.children):
            for child in node.children:
                yield from descend(child)

    return frozenset(descend(root))


def told_rows(
    root: Node,
    totals: Mapping[str, Counts],
    breakdown: Breakdown,
    told: frozenset[Offices],
    earlier: Sequence[Row],
) -> frozenset[Offices]:
    """The nodes whose rows of a breakdown are told, among those whose totals are (`told`)."""
    if root.offices not in told:
        return frozenset()
    return frozenset(_Table(totals, breakdown, earlier).descend(root.cut(told)))


class _Table:
    def __init__(self, totals: Mapping[str, Counts], breakdown: Breakdown, earlier: Sequence[Row]) -> None:
        self._totals, self._breakdown, self._earlier = totals, breakdown, earlier

    def descend(self, root: Node) -> Iterator[Offices]:
        if self._may_be_told(root) and self._may_stay(root):
            yield from self._told(root)

    def _told(self, node: Node) -> Iterator[Offices]:
        yield node.offices
        if self._may_be_split(node):
            for child in node.children:
                yield from self._told(child)

    def _may_stay(self, node: Node) -> bool:
        """A node whose row is told: nothing of its offices follows that must not."""
        return not node.children or self._may_be_split(node) or is_safe(list(self._sums(node)))

    def _may_be_split(self, node: Node) -> bool:
        return bool(node.children) and all(self._may_be_told(c) and self._may_stay(c) for c in node.children)

    def _may_be_told(self, node: Node) -> bool:
        counts = add(self._breakdown.offices, node.offices)
        rest = self._differences(node.offices, counts)
        if any(is_small(count) for count in (*counts, *rest)):
            return False
        return _may_follow(node, counts, self._earlier)

    def _differences(self, node: Offices, counts: Counts) -> Iterable[int]:
        total = add(self._totals, node)
        for first, *columns in self._breakdown.sums:
            yield sum(counts[column] for column in columns) - total[first]

    def _sums(self, node: Node) -> Iterator[Sums]:
        """The tables that the node hides: what is told of them is the totals of their rows, and its own row."""
        rows, groups = [], []
        for number, child in enumerate(node.children):
            for foot in child.feet():
                rows.append(add(self._totals, foot.offices))
                groups.append(number)
        row = add(self._breakdown.offices, node.offices)
        for total, columns in self._breakdown.sheets:
            yield Sums(tuple(r[total] for r in rows), tuple(groups), tuple(row[column] for column in columns))


def _is_tellable(node: Node, offices: Mapping[str, Counts], earlier: Sequence[Row]) -> bool:
    counts = add(offices, node.offices)
    return not any(is_small(count) for count in counts) and _may_follow(node, counts, earlier)


def _may_follow(node: Node, counts: Counts, earlier: Sequence[Row]) -> bool:
    """Whether a row was told in every version before, and differs from each by nothing small."""
    for row in earlier:
        before = row.get(node.offices)
        if before is None:
            return False
        changes = [now - then for now, then in zip(counts, before, strict=True)]
        if any(is_small(change) for change in (*changes, sum(changes))):
            return False
    return True
