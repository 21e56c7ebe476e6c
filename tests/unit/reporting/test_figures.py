"""Sums, conversion and rates."""

from collections import Counter

import pytest

from services.reporting.figures import Figures, Table, percent, total


def test_a_currency_is_converted_once_for_the_sum() -> None:
    three = total([Figures(paid=Counter({("EUR", "hlu"): 9_997})) for _ in range(3)])
    assert three.paid_in_dem == 58_657  # 29,991 x 1.95583 = 58,657.2975; 3 x 19,552 would be 58,656


def test_kinds_and_currencies_are_added_before_they_are_converted() -> None:
    found = Figures(paid=Counter({("DEM", "hlu"): 1, ("EUR", "hlu"): 1, ("EUR", "hbl"): 2}))
    assert found.paid_in_dem == 1 + 6  # 3 x 1.95583 = 5.8675


@pytest.mark.parametrize(
    ("part", "whole", "rate"),
    [(46_560 - 48_470, 48_470, -3.94), (-1, 7, -14.29), (1, 3, 33.33), (1, 800, 0.13), (-1, 800, -0.13), (0, 5, 0.0)],
)
def test_a_rate_has_two_decimals_half_up(part: int, whole: int, rate: float) -> None:
    assert percent(part, whole) == rate


def test_offices_and_months_add_up() -> None:
    table = Table()
    for month, office, number in (("2001-03", "vahr", 2), ("2001-03", "vegesack", 3), ("2001-04", "vahr", 4)):
        table.take("integrations", month, office, "", "", number)
        table.take("referrals", month, office, "requested", "", number)
    assert table.of(["2001-03", "2001-04"]).integrations == 9
    assert table.of(["2001-03", "2001-04"], "vahr").referrals["requested"] == 6
    assert table.of(["2001-05"]).integrations == 0
