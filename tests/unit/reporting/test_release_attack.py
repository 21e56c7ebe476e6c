"""A reader with an integer program: every number told is an equation, and the rule is known."""

from collections.abc import Sequence
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from services.reporting.release.suppression import Breakdown, Row
from services.reporting.release.tree import Node, tree
from tests.unit.reporting.release_city import OFFICES, Month, month

Terms = dict[int, float]


class Reader:
    """What follows from the told totals and rows of one table, by office and column. Reckons with the worst: that
    every row that is not split hides a count of 1 or 2 among its children."""

    def __init__(self, root: Node, columns: int, totals: Row, rows: Row) -> None:
        self._offices, self._columns = root.offices, columns
        self._size = len(root.offices) * columns
        self._most = float(sum(totals[root.offices]))
        self._rules: list[tuple[Terms, float, float]] = []
        for node, counts in totals.items():
            self._rules.append((self._sum(node, range(columns)), counts[0], counts[0]))
        for node, counts in rows.items():
            for column, count in enumerate(counts):
                self._rules.append((self._sum(node, [column]), count, count))
        for place in root.walk():
            if place.offices in rows and place.children and any(c.offices not in rows for c in place.children):
                self._hides(place.cut(frozenset(totals)))

    def _sum(self, node: Sequence[str], columns: Sequence[int]) -> Terms:
        return {self._offices.index(office) * self._columns + column: 1.0 for office in node for column in columns}

    def _hides(self, node: Node) -> None:
        """One of the node's children has a 1 or a 2: a switch for each that it could be."""
        switches = []
        for child in node.children:
            for column in range(self._columns):
                switch, self._size = self._size, self._size + 1
                switches.append(switch)
                count = self._sum(child.offices, [column])
                self._rules.append((count | {switch: -1.0}, 0, inf))
                self._rules.append((count | {switch: self._most}, -inf, self._most + 2))
        if switches:
            self._rules.append((dict.fromkeys(switches, 1.0), 1, inf))

    def values(self, office: str, column: int) -> set[int]:
        """Up to three values that the cell can take."""
        cell = self._offices.index(office) * self._columns + column
        least, most = self._solve(cell, 1), self._solve(cell, -1)
        if most - least < 2:
            return {least, most}
        return {least, most, self._solve(cell, 1, (least + 1, most - 1))}

    def _solve(self, cell: int, sign: int, within: tuple[int, int] | None = None) -> int:
        cells = len(self._offices) * self._columns
        low, high = [0.0] * self._size, [self._most] * cells + [1.0] * (self._size - cells)
        if within:
            low[cell], high[cell] = within
        matrix = [[0.0] * self._size for _ in self._rules]
        for row, (terms, _, _) in zip(matrix, self._rules, strict=True):
            for variable, factor in terms.items():
                row[variable] = factor
        aim = [0.0] * self._size
        aim[cell] = sign
        limits = LinearConstraint(matrix, [rule[1] for rule in self._rules], [rule[2] for rule in self._rules])
        found = milp(aim, integrality=[1] * self._size, bounds=Bounds(low, high), constraints=limits)
        assert found.success, found.message
        return round(found.x[cell])


def attack(one: Month) -> int:
    """Tries every cell that is not told. Returns how many there are."""
    totals, tables = one.told()
    tried = 0
    for name, table in one.tables.items():
        rows, columns = tables[name], len(next(iter(table.offices.values())))
        if one.root.offices not in rows:
            continue
        reader = Reader(one.root, columns, totals, rows)
        for office in one.root.offices:
            for column in range(columns):
                if (office,) not in rows:
                    found = reader.values(office, column)
                    tried += len(found) > 1
                    assert len(found) >= 3 or (len(found) == 1 and not found & {1, 2}), (name, office, column, found)
    return tried


@pytest.mark.parametrize(("persons", "seed"), [(240, 1), (600, 2), (1500, 3)])
def test_a_city_tells_no_hidden_cell(persons: int, seed: int) -> None:
    assert attack(month(persons, seed)) > 0


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.lists(st.one_of(st.integers(0, 4), st.integers(0, 12)), min_size=3, max_size=3), min_size=2, max_size=6)
)
def test_no_table_tells_a_hidden_cell(found: list[list[int]]) -> None:
    counts = {office: tuple(row) for office, row in zip(OFFICES, found, strict=False)}
    totals = {office: (sum(row),) for office, row in counts.items()}
    attack(Month(tree(tuple(counts)), totals, {"any": Breakdown(counts, ((0, (0, 1, 2)),))}))


def test_a_large_city_hides_nothing() -> None:
    totals, tables = month(46_560, 4).told()

    assert all((office,) in rows for rows in (totals, *tables.values()) for office in OFFICES)
