"""A city of twelve offices with made-up counts of a month, as uneven as Bremen's."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from services.reporting.release.suppression import Breakdown, Counts, Row, add, told_rows, told_totals
from services.reporting.release.tree import Node, tree

OFFICES = tuple(f"office-{number:02}" for number in range(12))
WEIGHTS = (13, 11, 10, 10, 9, 9, 8, 8, 7, 6, 5, 4)
COLUMNS = {
    "sex": (55, 45),
    "age_band": (38, 9, 12, 25, 10, 6),
    "agency": (70, 30),
}


@dataclass(frozen=True)
class Month:
    """Counts of one figure by office, its tables, and what the rule tells of them."""

    root: Node
    totals: Mapping[str, Counts]
    tables: Mapping[str, Breakdown]

    def told(self) -> tuple[Row, dict[str, Row]]:
        nodes = told_totals(self.root, self.totals, ())
        rows = {name: told_rows(self.root, self.totals, table, nodes, ()) for name, table in self.tables.items()}
        return {node: add(self.totals, node) for node in nodes}, {
            name: {node: add(self.tables[name].offices, node) for node in found} for name, found in rows.items()
        }


def month(persons: int, seed: int) -> Month:
    """So many persons, each in an office and in one column of each table."""
    dice = random.Random(seed)
    where = dice.choices(OFFICES, WEIGHTS, k=persons)
    totals = {office: (where.count(office),) for office in OFFICES}
    tables = {}
    for name, weights in COLUMNS.items():
        rows = {office: [0] * len(weights) for office in OFFICES}
        for office, column in zip(where, dice.choices(range(len(weights)), weights, k=persons), strict=True):
            rows[office][column] += 1
        counts = {office: tuple(row) for office, row in rows.items()}
        tables[name] = Breakdown(counts, ((0, tuple(range(len(weights)))),))
    return Month(tree(OFFICES), totals, tables)
