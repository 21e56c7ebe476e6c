"""A reader who knows the rule: every table there is goes through it, and none that looks alike tells a hidden cell."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import pytest

from services.reporting.release.suppression import Breakdown, Counts, Row, add, told_rows, told_totals
from services.reporting.release.tree import Offices, tree

Table = tuple[Counts, ...]
"""Rows of offices."""
Told = tuple[tuple[tuple[Offices, Counts], ...], tuple[tuple[Offices, Counts], ...]]
Sheets = tuple[tuple[int, tuple[int, ...]], ...]
VALUES = 3


def shares(number: int, cells: int) -> Iterator[Counts]:
    """All ways to share a number out among cells."""
    if cells == 1:
        yield (number,)
        return
    for first in range(number + 1):
        for rest in shares(number - first, cells - 1):
            yield (first, *rest)


def tables(offices: int, columns: int, most: int) -> Iterator[Table]:
    """All tables with up to so many persons."""
    for number in range(most + 1):
        for cells in shares(number, offices * columns):
            yield tuple(cells[at * columns : (at + 1) * columns] for at in range(offices))


class Rule:
    """The rule over offices with one total, broken down by columns that share it out."""

    def __init__(
        self, offices: int, sheets: Sheets, of: Callable[[Counts], Counts], sums: tuple[tuple[int, ...], ...] = ()
    ) -> None:
        self.names = tuple(f"o{number}" for number in range(offices))
        self.root = tree(self.names)
        self.sheets, self.of, self.sums = sheets, of, sums

    def told(self, table: Table, earlier: Sequence[Row] = ()) -> tuple[dict[Offices, Counts], ...]:
        """Rows of totals, and of the breakdown, by node. `earlier`: those that the month's release told."""
        rows = dict(zip(self.names, table, strict=True))
        totals = {name: self.of(row) for name, row in rows.items()}
        nodes = told_totals(self.root, totals, earlier[:1])
        found = told_rows(self.root, totals, Breakdown(rows, self.sheets, self.sums), nodes, earlier[1:])
        return {n: add(totals, n) for n in nodes}, {n: add(rows, n) for n in found}


def freeze(told: tuple[dict[Offices, Counts], ...]) -> Told:
    one, other = (tuple(sorted(part.items())) for part in told)
    return one, other


def check(alike: list[Table], told: Told, rule: Rule) -> None:
    """Nothing small is told, and what is not told, nor follows and is large enough, takes three values."""
    totals, rows = dict(told[0]), dict(told[1])
    assert not any({1, 2} & set(counts) for counts in (*totals.values(), *rows.values())), told
    for at, name in enumerate(rule.names):
        hidden = (
            [] if (name,) in totals else [list(column) for column in zip(*(rule.of(t[at]) for t in alike), strict=True)]
        )
        hidden += [] if (name,) in rows else [list(column) for column in zip(*(t[at] for t in alike), strict=True)]
        for column in map(set, hidden):
            follows = len(column) == 1 and not column & {1, 2}
            assert follows or len(column) >= VALUES, (told, name, column)


def check_all(rule: Rule, universe: Iterator[Table]) -> int:
    """How many tables were told in full, and how many not."""
    alike = defaultdict[Told, list[Table]](list)
    for table in universe:
        alike[freeze(rule.told(table))].append(table)
    for told, found in alike.items():
        if told[0]:  # without the city's total the universe does not hold all tables that look alike
            check(found, told, rule)
    return len(alike)


def one(columns: int) -> tuple[Sheets, Callable[[Counts], Counts]]:
    return ((0, tuple(range(columns))),), lambda row: (sum(row),)


@pytest.mark.parametrize(
    ("offices", "columns", "most"), [(1, 2, 14), (2, 2, 14), (3, 2, 12), (3, 3, 8), (4, 2, 8), (6, 2, 7)]
)
def test_whoever_knows_the_rule_cannot_tell_a_hidden_cell(offices: int, columns: int, most: int) -> None:
    assert check_all(Rule(offices, *one(columns)), tables(offices, columns, most)) > most


@pytest.mark.parametrize(("offices", "first", "second"), [(2, 5, 7), (3, 4, 0), (3, 4, 5)])
def test_nor_of_figures_that_are_part_of_one(offices: int, first: int, second: int) -> None:
    """Integrations, and placements that are none: a small count of one hides both."""
    rule = Rule(offices, ((0, (0, 1)), (1, (2, 3))), lambda row: (row[0] + row[1], row[2] + row[3]))
    jobs = (
        tuple((*a[2 * at : 2 * at + 2], *b[2 * at : 2 * at + 2]) for at in range(offices))
        for a, b in product(shares(first, 2 * offices), shares(second, 2 * offices))
    )

    assert check_all(rule, jobs) > 1


@pytest.mark.parametrize(("offices", "persons"), [(2, 8), (3, 6)])
def test_nor_where_a_person_is_in_several_columns(offices: int, persons: int) -> None:
    """Departments: in one, in the other, in both, in none."""

    def rows(totals: Counts) -> Iterator[Table]:
        choices = [product(range(total + 1), repeat=2) for total in totals]
        for chosen in product(*choices):
            yield tuple((v, t - v, w, t - w) for t, (v, w) in zip(totals, chosen, strict=True))

    rule = Rule(offices, ((0, (0, 1)), (0, (2, 3))), lambda row: (row[0] + row[1],), ((0, 0, 2),))
    assert check_all(rule, (table for totals in shares(persons, offices) for table in rows(totals))) > 1


@pytest.mark.parametrize(("offices", "most"), [(2, 9), (3, 6)])
def test_nor_from_a_release_and_what_is_told_anew(offices: int, most: int) -> None:
    rule = Rule(offices, *one(2))
    universe = list(tables(offices, 2, most + 2))
    released = defaultdict[Told, list[Table]](list)
    for table in universe:
        if sum(map(sum, table)) <= most:
            released[freeze(rule.told(table))].append(table)

    for first, before in released.items():
        if not first[0]:
            continue
        alike = defaultdict[Told, list[Table]](list)
        for table in universe:
            alike[freeze(rule.told(table, [dict(first[0]), dict(first[1])]))].append(table)
        for anew, after in alike.items():
            for old, new in zip(first, anew, strict=True):
                for node, counts in new:
                    changes = [now - then for now, then in zip(counts, dict(old)[node], strict=True)]
                    assert not {1, 2} & {abs(change) for change in (*changes, sum(changes))}
            check(before, first, rule)
            check(after, anew, rule)
