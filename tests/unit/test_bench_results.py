"""What `make bench` says of its own figures."""

import io
import json
import sys
from pathlib import Path
from types import CodeType, FrameType

import pytest
from rich.console import Console

from tests.bench.dumps import require_equal
from tests.bench.report import table, write
from tests.bench.results import Goal, Results
from tests.bench.sides import SideFailed, Unequal, run
from tests.bench.stages import ELSEWHERE, stage_of


def test_a_ratio_is_the_median_of_its_rounds_and_tells_their_spread() -> None:
    results = Results()
    results.ratio("hop", [0.9, 0.1, 0.8], Goal.AT_LEAST, 0.75)

    (found,) = results.ratios

    assert found.value == 0.8
    assert found.met
    assert found.as_dict() == {
        "value": 0.8,
        "goal": "at least 0.75",
        "met": True,
        "spread": [0.1, 0.9],
        "rounds": 3,
    }


@pytest.mark.parametrize(("direction", "met"), [(Goal.AT_LEAST, False), (Goal.AT_MOST, True)])
def test_a_goal_has_a_direction(direction: Goal, met: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    results = Results()
    results.ratio("latency", [2.0], direction, 3)

    assert results.ratios[0].met is met


def test_the_file_holds_ratios_figures_and_what_failed(tmp_path: Path) -> None:
    results = Results()
    results.ratio("relay", [200], Goal.AT_LEAST, 150)
    results.figure("relay_events_per_second", 41_000)

    write(tmp_path / "build" / "bench.json", results, ["replay"])

    found = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert found["ratios"]["relay"]["met"] is True
    assert found["figures"] == {"relay_events_per_second": 41_000}
    assert found["failed"] == ["replay"]
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["bench.json"]


def test_the_table_says_of_every_ratio_whether_its_goal_is_met() -> None:
    results = Results()
    results.ratio("fast enough", [1.0], Goal.AT_LEAST, 0.75)
    results.ratio("too slow", [0.5], Goal.AT_LEAST, 0.75)
    results.figure("stages", {"validate": 3.0})
    said = io.StringIO()

    Console(width=120, file=said).print(table(results))

    fast, slow = (line for line in said.getvalue().splitlines() if "0.75" in line)
    assert "fast enough" in fast
    assert "not met" not in fast
    assert "too slow" in slow
    assert "not met" in slow


def test_sides_that_wrote_something_else_compare_nothing() -> None:
    with pytest.raises(Unequal, match="ledger"):
        require_equal(
            {
                "Lotse": {"state": (2, "a"), "ledger": (4, "b")},
                "by hand": {"state": (2, "a"), "ledger": (4, "c")},
            }
        )


def test_sides_that_wrote_nothing_compare_nothing() -> None:
    with pytest.raises(Unequal, match="nothing"):
        require_equal({"Lotse": {"state": (0, "")}, "by hand": {"state": (0, "")}})


async def test_a_side_that_ends_with_an_error_has_no_figures() -> None:
    with pytest.raises(SideFailed, match="exit code"):
        await run("tests.bench.no_such_side")


def test_a_sample_belongs_to_the_innermost_stage_on_its_stack() -> None:
    root = str(Path(__file__).parents[2])
    unit = _running("Unit.hear", f"{root}/services/runtime/unit.py")

    assert stage_of(_called_by(unit, "evolve", f"{root}/services/casework/domain/client.py")) == "decide and evolve"
    assert stage_of(unit) == "unit of work"
    assert stage_of(None) == ELSEWHERE


class _Frame:
    """As much of a frame as is asked for."""

    def __init__(self, code: CodeType, back: "FrameType | None") -> None:
        self.f_code, self.f_back = code, back


def _running(name: str, file: str, back: FrameType | None = None) -> FrameType:
    code = sys._getframe().f_code.replace(co_qualname=name, co_filename=file)
    made: FrameType = _Frame(code, back)  # type: ignore[assignment]
    return made


def _called_by(back: FrameType, name: str, file: str) -> FrameType:
    return _running(name, file, back)
