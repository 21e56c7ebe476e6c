"""Nothing small is shown, nor follows by adding and subtracting what is: for all tables of counts."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.page.smallcells import Cells, alone, blocks, growing_months, is_small

MONTHS = ("2001-10", "2001-11", "2001-12", "2002-01")
OFFICES = ("a", "b", "c")
PERIODS = tuple(MONTHS[i:j] for i, j in combinations(range(len(MONTHS) + 1), 2))
COUNTS = st.one_of(st.integers(0, 4), st.integers(0, 12))
TABLES = st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=4, max_size=4)
Sum = frozenset[tuple[str, str]]
"""Cells (month, office) that are added up."""


def sum_of(period: Iterable[str], offices: Iterable[str]) -> Sum:
    return frozenset((month, office) for month in period for office in offices)


def every_sum() -> Iterator[Sum]:
    """What nobody may learn if it is small: periods of an office or of the city."""
    for period in PERIODS:
        yield sum_of(period, OFFICES)
        yield from (sum_of(period, [office]) for office in OFFICES)


def follows(wanted: Sum, shown: Sequence[Sum]) -> bool:
    """Whether a sum is a linear combination of others."""
    cells = sorted({cell for one in (*shown, wanted) for cell in one})
    rows = [[Fraction(cell in one) for cell in cells] for one in shown]
    return _rank([*rows, [Fraction(cell in wanted) for cell in cells]]) == _rank(rows)


def _rank(rows: list[list[Fraction]]) -> int:
    rows, rank = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(rank, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for at in range(rank + 1, len(rows)):
            factor = rows[at][column] / rows[rank][column]
            rows[at] = [a - factor * b for a, b in zip(rows[at], rows[rank], strict=True)]
        rank += 1
    return rank


@settings(deadline=None, max_examples=60)  # a rank for every sum
@given(TABLES)
def test_no_small_flow_follows_from_sums_over_any_periods(table: list[list[int]]) -> None:
    counts = {(m, o): table[i][j] for i, m in enumerate(MONTHS) for j, o in enumerate(OFFICES)}
    city = blocks(MONTHS, lambda m: {"": (sum(counts[m, o] for o in OFFICES),)})
    each = blocks(MONTHS, lambda m: {o: (counts[m, o],) for o in OFFICES}, among=city.cuts)
    shown = [sum_of(p, OFFICES) for p in PERIODS if city.whole(p)]
    shown += [sum_of(p, [o]) for p in PERIODS for o in OFFICES if each.whole(p)]

    for wanted in every_sum():
        if is_small(sum(counts[cell] for cell in wanted)):
            assert not follows(wanted, shown)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(COUNTS, COUNTS), min_size=1))
def test_what_is_left_beside_the_offices_shown_is_not_small(found: Cells) -> None:
    shown = alone(found)
    left = [counts for office, counts in found.items() if office not in shown]

    assert not any(is_small(count) for office in shown for count in found[office])
    if not any(is_small(sum(column)) for column in zip(*found.values(), strict=True)):
        assert not any(is_small(sum(column)) for column in zip(*left, strict=True))
    assert len(left) != 1 or any(is_small(sum(column)) for column in zip(*found.values(), strict=True))


@given(st.lists(st.integers(0, 5), min_size=4, max_size=4), st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_what_only_grows_never_grows_by_a_small_number(first: list[int], second: list[int]) -> None:
    levels = {month: {"a": (sum(first[: at + 1]),), "b": (sum(second[: at + 1]),)} for at, month in enumerate(MONTHS)}
    shown = sorted(growing_months(MONTHS, levels.__getitem__, levels.__getitem__, frozenset(MONTHS)))

    for office in ("a", "b"):
        seen = [0, *(levels[month][office][0] for month in shown)]
        assert not any(is_small(later - earlier) for earlier, later in combinations(seen, 2))


def test_what_was_corrected_is_compared_with_all_months_shown() -> None:
    """10 completed, 3 of them corrected away, 4 more: by 1 more than at first, which nobody may learn."""
    levels = {month: {"a": (number,)} for month, number in zip(MONTHS, (10, 7, 11, 14), strict=True)}
    shown = growing_months(MONTHS, levels.__getitem__, levels.__getitem__, frozenset(MONTHS))

    assert shown == {MONTHS[0], MONTHS[1], MONTHS[3]}


def test_large_numbers_are_all_shown() -> None:
    cells = {"a": (30, 20), "b": (0, 0), "c": (3, 3)}

    assert alone(cells) == {"a", "b", "c"}
    assert all(blocks(MONTHS, lambda _: cells).whole(period) for period in PERIODS)


def test_a_small_month_appears_with_the_next() -> None:
    made = blocks(MONTHS, lambda month: {"": (2 if month == "2001-11" else 5,)})

    assert not made.whole(("2001-11",))
    assert not made.whole(("2001-10", "2001-11"))
    assert made.whole(("2001-11", "2001-12"))
    assert made.whole(MONTHS)
