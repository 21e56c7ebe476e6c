"""Which installation a command looks into, and where that listens."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lotse.cli import command_line
from lotse.home_asked import NothingRuns, asked, asked_running, elsewhere
from lotse.settings import Settings
from lotse.stack.home import ClockKind, Home
from lotse.stack.ports import PARTS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOTSE_HOME", str(tmp_path))
    for part in PARTS:
        monkeypatch.delenv(f"LOTSE_{part.upper()}_PORT", raising=False)
    return tmp_path


def install(home: Home) -> None:
    with home.held():
        home.install(Settings(), clock=ClockKind.REAL, start=None)


def test_the_ports_of_the_lotse_that_runs_are_found(folder: Path) -> None:
    home = Home(folder)
    with home.held():
        home.listens({"reporting": 40004, "kafka": 40092})
        found = asked(demo=False)
    assert (found.reporting_port, found.kafka_port, found.intake_port) == (40004, 40092, 8001)


def test_the_demo_listens_where_its_own_home_says(folder: Path) -> None:
    demo = Home(folder / "demo")
    with demo.held():
        demo.listens({"reporting": 40004})
        assert asked(demo=True).reporting_port == 40004
        assert asked(demo=False).reporting_port == 8004


def test_a_port_set_by_name_counts_before_what_the_home_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_REPORTING_PORT", "8004")
    home = Home(folder)
    with home.held():
        home.listens({"reporting": 40004, "kafka": 40092})
        found = asked(demo=False)
    assert (found.reporting_port, found.kafka_port) == (8004, 40092)


def test_what_an_earlier_lotse_said_counts_no_more(folder: Path) -> None:
    home = Home(folder)
    with home.held():
        home.listens({"reporting": 40004})
    assert asked(demo=False).reporting_port == 8004
    with home.held():
        assert asked(demo=False).reporting_port == 8004, "the next one has not said yet where it listens"


@pytest.mark.parametrize("demo", [False, True])
def test_services_of_an_installation_that_does_not_run_are_not_asked(folder: Path, *, demo: bool) -> None:
    install(Home(folder / "demo" if demo else folder))
    with pytest.raises(NothingRuns, match="Nothing runs on"):
        asked_running(demo=demo)


def test_up_of_a_demo_that_never_ran_is_refused(folder: Path) -> None:
    ended = CliRunner().invoke(command_line(["up"]), ["up", "--demo"])
    assert f"No demo has run in {folder / 'demo'}" in str(ended.exception)


def test_without_an_installation_or_with_named_ports_whoever_listens_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert elsewhere(asked_running(demo=False), demo=False)
    install(Home(folder))
    monkeypatch.setenv("LOTSE_INTAKE_PORT", "40001")
    assert asked_running(demo=False).intake_port == 40001


@pytest.mark.parametrize(
    "words",
    [
        ("dlq", "list"),
        ("dlq", "show", "x"),
        ("dlq", "redrive", "--all"),
        ("dlq", "discard", "x", "--reason", "y"),
        ("trace", "x"),
        ("replay", "all"),
        ("report",),
        ("check",),
    ],
)
def test_commands_look_into_the_demo_if_told_to(folder: Path, words: tuple[str, ...]) -> None:
    app: typer.Typer = command_line([words[0]])
    ended = CliRunner().invoke(app, [*words, "--demo"])
    assert str(folder / "demo") in str(ended.exception), "it is named as the home where nothing runs"


@pytest.mark.parametrize("word", ["status", "doctor"])
def test_status_and_doctor_name_the_demo_they_look_into(folder: Path, word: str) -> None:
    ended = CliRunner().invoke(command_line([word]), [word, "--demo", "--json"])
    assert str(folder / "demo") in ended.stdout
