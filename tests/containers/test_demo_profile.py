"""The city in its containers lives the year that `lotse demo` lives: the same figures."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.containers.installation import ROOT, Installation, installed

YEAR = ("--scale", "0.001", "--from", "2001-09-20", "--until", "2001-11-30")
RUN = ("run", "--rm", "-T", "city", *YEAR, "--json")
DEMO_SECONDS = 300


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed("lotse-test-demo", tmp_path_factory.mktemp("compose"), profile="demo") as found:
        found.run("build", timeout=600)
        yield found


@pytest.fixture(scope="module")
def lived(demo: Installation) -> subprocess.CompletedProcess[str]:
    return demo.run(*RUN, timeout=DEMO_SECONDS)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("embedded")
    told = {"LOTSE_HOME": str(folder / "home"), "LOTSE_CONFIG": str(ROOT / "deploy" / "bremen")}
    command = (str(Path(sys.executable).with_name("lotse")), "demo", *YEAR, "--json")
    done = subprocess.run(
        command, cwd=folder, env=os.environ | told, capture_output=True, text=True, check=False, timeout=DEMO_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return figures(done.stdout)


def figures(report: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report)
    assert found.pop("seconds") > 0
    return found


def test_the_figures_are_those_of_the_embedded_demo(
    lived: subprocess.CompletedProcess[str], embedded: dict[str, Any]
) -> None:
    found = figures(lived.stdout)
    assert found == embedded
    assert found["recipients"] > 0
    assert sum(found["referrals"].values()) > 0


def test_a_line_a_month_and_a_table_are_shown_aside(lived: subprocess.CompletedProcess[str]) -> None:
    months = [line for line in lived.stderr.splitlines() if line.startswith("2001-")]
    assert [line[:7] for line in months] == ["2001-09", "2001-10", "2001-11"]
    assert "computed from events" in lived.stderr


def test_a_year_that_is_over_shows_its_figures_again(
    demo: Installation, lived: subprocess.CompletedProcess[str]
) -> None:
    again = demo.run(*RUN, timeout=DEMO_SECONDS)
    assert figures(again.stdout) == figures(lived.stdout)


def test_another_year_is_refused_with_the_way_out(demo: Installation, lived: subprocess.CompletedProcess[str]) -> None:
    assert lived.returncode == 0
    refused = demo.run("run", "--rm", "-T", "city", "--scale", "0.002", check=False)
    assert refused.returncode == 1
    assert "hold another year: Bremen, scale 0.001" in refused.stderr
    assert "docker compose -p" in refused.stderr


def test_the_demo_leaves_the_installation_alone(demo: Installation, lived: subprocess.CompletedProcess[str]) -> None:
    assert lived.returncode == 0
    running = {container.Service for container in demo.compose.get_containers()}
    assert running
    assert not running & {"kafka", "postgres", "intake", "casework", "referrals", "reporting", "calendar"}
