"""How measurements make ratios of what they measured."""

import pytest

from tests.bench.growth import TIMES, growth
from tests.bench.latency import windows


def test_a_fixed_cost_is_no_growth_and_hides_none() -> None:
    days = 8.0

    assert growth(days, days + 5, days + 5 * TIMES) == 1
    assert growth(days, days + 5, days + 5 * TIMES * 1.5) == pytest.approx(1.5)


def test_the_load_is_as_many_windows_as_rounds_with_as_many_samples_in_each() -> None:
    took = [{"both": float(number)} for number in range(11)]

    found = windows(took, 5)

    assert [[one["both"] for one in window] for window in found] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
