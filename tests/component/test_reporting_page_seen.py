"""What may be seen of one figure does not give away another: books of one office, told month by month."""

from collections import Counter
from datetime import date
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from services.reporting.figures import Figures, Table
from services.reporting.page.history import History
from services.reporting.page.seen import seen
from services.reporting.page.smallcells import is_small
from services.reporting.period import Books, months_from

MONTHS = months_from("2001-08", "2002-02")
PERIODS = tuple(MONTHS[i:j] for i, j in combinations(range(len(MONTHS) + 1), 2))
MATURED = {6: MONTHS[:4], 12: MONTHS[:2]}
"""By the months since the start: those whose outcome is due."""
SMALL = st.integers(0, 6)
JOBS = st.tuples(SMALL, SMALL, st.integers(0, 6), st.integers(0, 6))
"""Integrations, other placements; sustained and failed at most."""
BOOKS = st.lists(JOBS, min_size=len(MONTHS), max_size=len(MONTHS))


def books(jobs: list[tuple[int, int, int, int]]) -> History:
    table = Table()
    for month, (integrations, others, sustained, failed) in zip(MONTHS, jobs, strict=True):
        found = Figures(integrations=integrations, placements=integrations + others)
        found.sustained = Counter()
        for after in (n for n, due in MATURED.items() if month in due):
            good = min(sustained, integrations)
            bad = min(failed, integrations - good)
            outcomes = {"sustained": good, "failed": bad, "unknown": integrations - good - bad}
            found.sustained.update({(after, outcome): number for outcome, number in outcomes.items()})
        table.cells[month, "vahr"] = found
    known = Books(records_since=date(2001, 8, 1), as_of=date(2002, 2, 28))
    return History(today=date(2002, 3, 1), books=known, months=MONTHS, table=table, parked=False)


def matured(found: Figures, after: int) -> int:
    return sum(number for (months, _), number in found.sustained.items() if months == after)


@given(BOOKS)
@example([(9, 0, 9, 0), (9, 0, 9, 0), (9, 0, 9, 0), (5, 2, 5, 0), (1, 4, 0, 0), (9, 0, 0, 0), (9, 0, 0, 0)])
def test_the_matured_do_not_tell_of_one_or_two_who_are_not(jobs: list[tuple[int, int, int, int]]) -> None:
    history = books(jobs)
    shown = seen(history)
    for period in PERIODS:
        found = history.table.of(period)
        for after in (6, 12):
            if shown.sustained(period, after):
                assert shown.jobs(period, None)
                assert not is_small(found.integrations - matured(found, after)), (period, after)
        if shown.sustained(period, 12):
            assert not is_small(matured(found, 6) - matured(found, 12)), period


def test_outcomes_of_large_months_are_seen() -> None:
    shown = seen(books([(9, 3, 5, 4)] * len(MONTHS)))

    assert all(shown.sustained(period, after) for period in PERIODS for after in (6, 12))
