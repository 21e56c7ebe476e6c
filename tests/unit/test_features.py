"""docs/features.md has a row for every feature, figure and edge case, each with tests that exist or what is missing."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/features.md"
FIGURES: Final = (
    "recipients",
    "change on the year",
    "distinct in period",
    "expenditure",
    "integration rate",
    "sustained integration",
    "activation rate",
    "time to first referral",
    "acceptance rate",
    "loop closure",
    "exits",
)
WANTED: Final = (
    *(
        f"{service}{number}"
        for service, last in (("I", 10), ("C", 10), ("R", 10), ("P", 7))
        for number in range(1, last + 1)
    ),
    *FIGURES,
    *(f"8.{number}" for number in range(1, 17)),
)
OPEN: Final = re.compile(r"open: \S.{15,}\.")
NODE: Final = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)`")
GOOD: Final = (
    "| {} | means something | `services/casework/api.py` | "
    "`tests/unit/test_features.py::test_every_row_is_there_and_shown_or_open` |"
)


def faults(page: str) -> list[str]:
    """What is wrong with the page, in the order of its rows; then the rows that it lacks."""
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in page.splitlines() if line.startswith("| ")
    ]
    rows = [row for row in rows if row[0] != "row"]
    found = [fault for row in rows for fault in _faults(row)]
    names = [row[0] for row in rows]
    found += [f"{name}: more than one row" for name in sorted(set(names)) if names.count(name) > 1]
    found += [f"{name}: no row" for name in WANTED if name not in names]
    return found


def _faults(row: list[str]) -> Iterator[str]:
    if len(row) != 4 or not all(row):
        yield f"{row[0]}: an empty cell, or one too many"
        return
    name, _, where, shown = row
    if name not in WANTED:
        yield f"{name}: nothing is called so"
    for module in re.findall(r"`([^`]+)`", where):
        if not (ROOT / module).exists():
            yield f"{name}: no module {module}"
    for entry in shown.split("<br>"):
        node = NODE.fullmatch(entry)
        if node is None and not OPEN.fullmatch(entry):
            yield f"{name}: neither a test nor 'open: ' and a sentence: {entry}"
        elif node is not None and node[2] not in collected(ROOT / node[1]):
            yield f"{name}: no test {node[1]}::{node[2]}"


@functools.cache
def collected(path: Path) -> set[str]:
    """The names of a file's tests as pytest has them, without running any."""
    return set(_names(ast.parse(path.read_text(encoding="utf-8")).body)) if path.is_file() else set()


def _names(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                yield name
            case ast.ClassDef(name=name) if name.startswith("Test"):
                yield from (f"{name}::{inner}" for inner in _names(node.body))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="TestCase")) if name.startswith(
                "Test"
            ):
                yield f"{name}::runTest"
            case _:
                pass


def test_every_row_is_there_and_shown_or_open() -> None:
    assert faults(PAGE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (GOOD.format("I11"), "I11: nothing is called so"),
        (GOOD.format("I1"), "I1: more than one row"),
        (GOOD.format("I1").replace("means something", ""), "I1: an empty cell"),
        (
            GOOD.format("I1").replace("casework/api.py", "casework/nowhere.py"),
            "I1: no module services/casework/nowhere.py",
        ),
        (GOOD.format("I1").replace("::test_every", "::test_no"), "I1: no test tests/unit/test_features.py::test_no"),
        (GOOD.format("I1").replace("unit/test_features", "nowhere"), "I1: no test tests/nowhere.py"),
        ("| I1 | means something | nowhere | open: |", "I1: neither a test nor"),
        ("| I1 | means something | nowhere | to do |", "I1: neither a test nor"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(row: str, fault: str) -> None:
    sound = "\n".join(GOOD.format(name) for name in WANTED)
    assert faults(sound) == []
    assert any(found.startswith(fault) for found in faults(f"{sound}\n{row}"))


@pytest.mark.parametrize("name", WANTED)
def test_a_lost_row_is_named(name: str) -> None:
    others = "\n".join(GOOD.format(other) for other in WANTED if other != name)
    assert faults(others) == [f"{name}: no row"]
