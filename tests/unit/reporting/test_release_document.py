"""From a month's numbers to the bytes of its release, and of its restatement."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from services.reporting.release.document import COLUMNS, Document, digest, read
from services.reporting.release.families import Cell, Dimension, Family, Share, numbers_of
from services.reporting.release.telling import Key, Lines, Told, tell
from services.reporting.release.tree import tree

OFFICES = ("a", "b", "c", "d", "e", "f")
SEX = Dimension("sex", ("female", "male"), Share.ONE)
DEPARTMENT = Dimension("department", ("adults", "young_people"), Share.ANY)
JOBS = Family(
    "jobs",
    ("integrations", "other_placements"),
    whole="placements",
    broken_down=("integrations", "other_placements"),
    dimensions=(SEX,),
)
PEOPLE = Family("people", ("recipients",), broken_down=("recipients",), dimensions=(DEPARTMENT,))
FAMILIES = (JOBS, PEOPLE)
ROOT = tree(OFFICES)


def cells(*, women: int = 20, adults: int = 30) -> Iterator[Cell]:
    """Every office has 40 placements, 30 of them integrations, and 50 recipients; women and adults are of office a."""
    for office in OFFICES:
        female, grown = (women, adults) if office == "a" else (20, 30)
        yield Cell(office, "", "", "placements", 40)
        yield Cell(office, "", "", "integrations", 30)
        for value, all_jobs, integrated in (("female", female + 5, female), ("male", 35 - female, 30 - female)):
            yield Cell(office, "sex", value, "placements", all_jobs)
            yield Cell(office, "sex", value, "integrations", integrated)
        yield Cell(office, "", "", "recipients", 50)
        yield Cell(office, "department", "adults", "recipients", grown)
        yield Cell(office, "department", "young_people", "recipients", 25)


def told(found: Iterator[Cell], *earlier: Lines) -> Lines:
    return tell(ROOT, FAMILIES, numbers_of(found), earlier)


def document(lines: Lines, version: int = 1) -> Document:
    stand = {"intake.person.v1/0": 12, "calendar.day.v1/0": 3}
    return Document(
        month="2002-01",
        version=version,
        as_of=date(2002, 4, 30),
        told_on=date(2002, 5, 1),
        offices=OFFICES,
        offsets=stand,
        notes=("x",),
        lines=lines,
        agencies=("arbeitsamt",),
    )


def test_a_month_without_small_counts_is_told_whole() -> None:
    lines = told(cells())

    assert lines[Key("integrations", "sex", "female", ("a",))] == Told(20, 1)
    assert lines[Key("other_placements", "", "", ("a",))] == Told(10, 1)
    assert lines[Key("placements", "sex", "male", OFFICES)] == Told(90, 1)
    assert lines[Key("recipients", "department", "adults", ("a",))] == Told(30, 1)


def test_a_small_count_takes_its_neighbours_along_in_its_own_table_only() -> None:
    lines = told(cells(women=28))  # two men

    for office in ("a", "b", "c"):
        assert Key("integrations", "sex", "female", (office,)) not in lines
        assert Key("placements", "sex", "female", (office,)) not in lines
        assert Key("integrations", "", "", (office,)) in lines
    assert Key("integrations", "sex", "female", ("a", "b", "c")) in lines
    assert Key("integrations", "sex", "female", ("d",)) in lines


def test_who_is_not_in_a_column_is_a_count_too() -> None:
    lines = told(cells(adults=49))

    assert Key("recipients", "department", "adults", ("a",)) not in lines
    assert Key("recipients", "department", "adults", ("d",)) in lines


def test_a_restatement_tells_large_changes_and_keeps_the_rest() -> None:
    first = told(cells())
    small, large = told(cells(women=21), first), told(cells(women=25), first)

    assert small == first
    changed = {key for key in first if large[key] != first[key]}
    assert {key.offices for key in changed} == {OFFICES, ("a", "b", "c"), ("a",)}
    assert large[Key("integrations", "sex", "female", ("a",))] == Told(25, 2)


def test_what_was_hidden_stays_hidden_and_no_two_versions_differ_by_little() -> None:
    first = told(cells(women=28))
    second = told(cells(women=20), first)
    third = told(cells(women=21), first, second)

    assert second.keys() == first.keys()
    assert second[Key("integrations", "sex", "female", OFFICES)] == Told(120, 2)
    assert third == second


def test_the_same_numbers_give_the_same_bytes_and_are_read_back() -> None:
    one, other = document(told(cells())), document(told(iter(reversed(list(cells())))))

    assert one.json() == other.json()
    assert one.csv() == other.csv()
    assert digest(one.json()) == digest(other.json())
    assert read(one.json()) == one
    assert read(one.json()).json() == one.json()


def test_a_file_of_the_first_format_is_read_and_written_as_it_was() -> None:
    old = replace(document(told(cells())), agencies=(), form=1).json()

    assert '"format":"lotse-release/1"' in old
    assert "agencies" not in old
    assert read(old).json() == old
    with pytest.raises(ValueError, match="lotse-release/3"):
        read(old.replace("release/1", "release/3"))


def test_a_table_told_first_in_a_later_version_is_measured_by_those_after_it() -> None:
    """Whether jobs last is known when half a year is over: that no version before told of it hides nothing."""
    outcome = Dimension(
        "after_6_months", ("sustained", "unknown"), Share.ONE, rest="unknown", figures=("integrations",), since=2
    )
    counted = [*cells(), *(Cell(office, "after_6_months", "sustained", "integrations", 20) for office in OFFICES)]
    first = told(cells())

    def later(*earlier: Lines, lasting: int = 20) -> Lines:
        found = [
            replace(cell, count=lasting) if (cell.office, cell.value) == ("a", "sustained") else cell
            for cell in counted
        ]
        return tell(ROOT, (replace(JOBS, dimensions=(outcome,)),), numbers_of(found), earlier)

    second = later(first)
    assert second[Key("integrations", "after_6_months", "sustained", ("a",))] == Told(20, 2)
    assert second[Key("integrations", "after_6_months", "unknown", OFFICES)] == Told(60, 2)
    assert later(first, second, lasting=21) == second
    assert later(first, second, lasting=25)[Key("integrations", "after_6_months", "unknown", ("a",))] == Told(5, 3)
    hidden = later(first, lasting=28)  # two are unknown
    assert Key("integrations", "after_6_months", "sustained", ("a",)) not in hidden
    assert later(first, hidden).keys() == hidden.keys()


def test_money_is_told_anew_only_where_a_count_is() -> None:
    """A payment taken back and made again in another height changes no count, and the sum by one person's money."""
    payees = Family("payees", ("payees",), amounts=("paid_dem",))

    def paid(persons: int, pfennig: int, *earlier: Lines) -> Lines:
        found = [
            Cell(office, "", "", figure, n) for office in OFFICES for figure, n in (("payees", 9), ("paid_dem", 900))
        ]
        found += [Cell("a", "", "", "payees", persons - 9), Cell("a", "", "", "paid_dem", pfennig - 900)]
        return tell(ROOT, (payees,), numbers_of(found), earlier)

    first = paid(9, 900)
    assert first[Key("paid_dem", "", "", ("a",))] == Told(900, 1)
    assert paid(9, 850, first) == first
    assert paid(13, 1300, first)[Key("paid_dem", "", "", ("a",))] == Told(1300, 2)


def test_the_csv_holds_every_number_once() -> None:
    lines = told(cells(women=28))
    rows = list(csv.reader(io.StringIO(document(lines).csv(), newline="")))

    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(lines)
    assert ["2002-01", "1", "integrations", "sex", "male", "city", "52", "1"] in rows
    assert ["2002-01", "1", "placements", "", "", "a+b+c", "120", "1"] in rows
