"""docs/performance.md tells what was measured, and what it does not have it leaves alone."""

import pytest

from tests.bench.page import BLOCKS, END, PAGE, filled
from tests.bench.plan import CITIES, WHOLE, Line, foretold, needs

SERVICES = ("intake", "casework", "referrals", "reporting")
SMALL = {"records": 900, "own_records": 100, "all_cpu_seconds": 2.0, "stored_mb": 3.0, "own_peak_mb": 110}
LARGE = {"records": 3600, "own_records": 400, "all_cpu_seconds": 5.0, "stored_mb": 12.0, "own_peak_mb": 140}
FIGURES = {
    "city_1": dict.fromkeys(SERVICES, SMALL),
    "city_4": dict.fromkeys(SERVICES, LARGE),
    "whole_city_cpu_seconds": 88.0,
    "whole_city_stored_mb": dict.fromkeys(SERVICES, 66.0),
    "whole_city_own_peak_mb": dict.fromkeys(SERVICES, 250),
}
PEAKS = {
    "stack_start_seconds": 7.26,
    "stack_idle_peak_mb": {"kafka": 500, "postgres": 30, "intake": 100},
    "stack_peak_mb": {"kafka": 600, "postgres": 31, "intake": 120},
    "whole_city_peak_mb": {"intake": 150},
}
RATIOS = {
    "hop": {"value": 0.81, "goal": "at least 0.75", "met": True, "spread": [0.7, 0.9], "rounds": 5},
    "replay": {"value": 0.2, "goal": "at least 0.5", "met": False, "spread": [0.1, 0.3], "rounds": 5},
}


def page(**contents: str) -> str:
    return "".join(f"<!-- bench: {name} -->\n{contents.get(name, 'empty')}\n{END}\n" for name in BLOCKS)


def test_a_ratio_that_is_not_met_is_told_so() -> None:
    made = filled(page(), {"ratios": RATIOS, "figures": {}})

    assert "| hop | 0.81 | 0.70 to 0.90 | 5 | at least 0.75 | met |" in made
    assert "| replay | 0.20 | 0.10 to 0.30 | 5 | at least 0.5 | **not met** |" in made


def test_a_table_whose_figures_a_run_lacks_stays_as_it_is() -> None:
    made = filled(page(plan="as before"), {"ratios": RATIOS, "figures": {}})

    assert f"<!-- bench: plan -->\nas before\n{END}\n" in made


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for ratios"):
        filled("nothing", {"ratios": {}, "figures": {}})


def test_the_page_has_a_place_for_every_table() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert [name for name in BLOCKS if f"<!-- bench: {name} -->\n" not in text] == []


def test_two_sizes_determine_what_a_service_costs_at_all_and_for_each_city() -> None:
    line = Line.through(2.0, 5.0)

    assert (line.at(1), line.at(4), line.fixed, line.each) == (2.0, 5.0, 1.0, 1.0)


def test_the_whole_city_is_foretold_from_the_two_sizes_alone() -> None:
    assert foretold(FIGURES) == {
        "all_cpu_seconds": (len(SERVICES) * (1.0 + WHOLE), 88.0),
        "stored_mb": (len(SERVICES) * 3.0 * WHOLE, 264.0),
        "own_peak_mb": (len(SERVICES) * (100.0 + 10.0 * WHOLE), 1000),
    }


def test_the_plan_tells_how_far_its_lines_carried() -> None:
    made = filled(page(), {"ratios": {}, "figures": FIGURES})

    assert "| core-seconds | 84 | 88 | +5% |" in made
    assert "| databases MB | 240 | 264 | +10% |" in made
    assert "| folds MB | 1,200 | 1,000 | -17% |" in made


def test_the_peaks_tell_of_every_process_and_that_the_postmaster_is_not_all_of_postgresql() -> None:
    made = filled(page(), {"ratios": {}, "figures": PEAKS})

    assert "| intake | 100 | 120 | 150 |" in made
    assert "| postmaster, without its children | 30 | 31 |  |" in made
    assert "starts in 7.3 s" in made


def test_a_country_needs_a_core_for_every_four_hours_of_reading_and_never_less_than_two() -> None:
    casework = next(one for one in needs(FIGURES) if one.service == "casework")

    assert casework.core_seconds == 1.0 + CITIES * WHOLE
    assert casework.replicas == 2
    assert casework.records == 1000.0 * CITIES * WHOLE
    assert casework.fold_gb == (100.0 + 10.0 * CITIES * WHOLE) / 1024
