from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from simulation.city import stock
from simulation.facts import read_scene

YEAR = read_scene(Path("deploy/bremen")).facts.year


@pytest.mark.parametrize("scale", ["0.001", "0.01", "0.05", "0.2", "1"])
def test_both_marches_are_the_press_releases_figures_times_the_scale(scale: str) -> None:
    share = Fraction(scale)
    assert stock.target(YEAR, date(2001, 3, 31), share) == stock.rounded(48_470 * share)
    assert stock.target(YEAR, date(2002, 3, 31), share) == stock.rounded(46_560 * share)


def test_the_change_on_the_year_is_minus_3_94_per_cent_at_the_demos_scale() -> None:
    before, now = (stock.target(YEAR, date(year, 3, 31), Fraction("0.05")) for year in (2001, 2002))
    assert (now / before - 1) * 100 == pytest.approx(-3.94, abs=0.1)


def test_the_file_that_is_imported_has_march_2001s_stock() -> None:
    assert stock.target(YEAR, date(2001, 3, 1), Fraction(1)) == 48_470


def test_month_ends_follow_a_straight_line() -> None:
    ends = [date(2001, 3, 31), date(2001, 6, 30), date(2001, 9, 30), date(2001, 12, 31), date(2002, 3, 31)]
    found = [stock.target(YEAR, day, Fraction(1)) for day in ends]
    assert found == [48_470, 47_993, 47_515, 47_038, 46_560]


def test_twelve_payment_runs_spend_the_years_expenditure() -> None:
    runs = [date(2001, month, 1) for month in range(4, 13)] + [date(2002, month, 1) for month in (1, 2, 3)]
    ends = [stock.target(YEAR, date.fromordinal(run.toordinal() - 1), Fraction(1)) for run in runs]
    assert sum(ends) * stock.monthly_per_person(YEAR) == pytest.approx(67_690_000_000, rel=1e-5)


def test_the_caseload_limit_shrinks_with_the_city_and_never_vanishes() -> None:
    assert [stock.caseload_limit(75, Fraction(scale)) for scale in ("1", "0.05", "0.001")] == [75, 4, 1]
