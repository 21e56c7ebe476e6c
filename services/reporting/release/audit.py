"""Whether what is hidden stays hidden from a reader who knows the rule and every number that is told.

A node's rows are hidden because a count among its children was small, or for another reason that is nobody's business:
any table with the told sums *and* a small count among the children would have been hidden just so, and the answer
below is the same for all of them because it uses nothing but told sums. So these tables are what the reader has to
reckon with, and each hidden cell must take three values among them. See docs/adr/0017.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.release.transport import Place, exists

VALUES: Final = 3
"""So many values a hidden cell can take, at least."""
_SMALL: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of one hidden table, all told. `groups` says for every row in which of the node's children it lies."""

    rows: tuple[int, ...]
    groups: tuple[int, ...]
    columns: tuple[int, ...]

    def bounds(self, row: int, column: int) -> tuple[int, int]:
        """The least and the most that a cell can be (Frechet): both are reached."""
        one, other = self.rows[row], self.columns[column]
        return max(0, one + other - sum(self.rows)), min(one, other)

    def places(self) -> Iterator[Place]:
        """The cells that do not follow from the sums."""
        for row in range(len(self.rows)):
            for column in range(len(self.columns)):
                low, high = self.bounds(row, column)
                if low < high:
                    yield row, column


def is_safe(tables: Sequence[Sums]) -> bool:
    """Whether all hidden cells take `VALUES` values, where a count of a child is small in one of the tables."""
    hosts = [any(True for _ in _small(table, None, 0)) for table in tables]
    return all(
        _is_safe(table, elsewhere=any(host for at, host in enumerate(hosts) if at != number))
        for number, table in enumerate(tables)
    )


def _is_safe(table: Sums, *, elsewhere: bool) -> bool:
    for row, column in table.places():
        low, high = table.bounds(row, column)
        if high - low + 1 < VALUES:
            return False
        if not elsewhere and not _takes(table, (row, column), low, high):
            return False
    return True


def _takes(table: Sums, place: Place, low: int, high: int) -> bool:
    """Whether a cell takes enough values while a count of the same table is small."""
    found = 0
    for value in dict.fromkeys((*range(low, min(low + 4, high + 1)), *range(max(low, high - 3), high + 1))):
        if next(_small(table, place, value), None) is not None:
            found += 1
            if found == VALUES:
                return True
    return False


def _small(table: Sums, place: Place | None, value: int) -> Iterator[dict[Place, int]]:
    """Cells that can be so at once: `place` is `value`, and of a child a count is small."""
    given = {} if place is None else {place: value}
    for group in sorted(set(table.groups)):
        members = [row for row, of in enumerate(table.groups) if of == group]
        for column in range(len(table.columns)):
            for bearer in members:
                for count in _SMALL:
                    fixed = {(row, column): count if row == bearer else 0 for row in members}
                    if all(fixed.get(where, number) == number for where, number in given.items()) and exists(
                        table.rows, table.columns, fixed | given
                    ):
                        yield fixed | given
