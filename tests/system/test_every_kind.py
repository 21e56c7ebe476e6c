"""A small city lives until every kind of message of the contracts has occurred, and a check of it finds nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from lotse.stack.ports import PARTS, free_ports

CONFIG: Final = Path(__file__).parents[2] / "deploy" / "bremen"
PLAY: Final = ("--scale", "0.02", "--from", "2001-10-01", "--until", "2002-05-24")
"""To the first questions after six months, to reviews that fall due, and past the first months that are final."""
PATIENCE_SECONDS: Final = 540


def _lotse(folder: Path, *arguments: str) -> dict[str, Any]:
    """What a command says as JSON."""
    ports = {f"LOTSE_{part.upper()}_PORT": str(port) for part, port in zip(PARTS, free_ports(len(PARTS)), strict=True)}
    done = subprocess.run(
        [sys.executable, "-c", "from lotse.cli import main; main()", *arguments, "--json"],
        cwd=folder,
        env=os.environ | ports | {"LOTSE_HOME": str(folder / "home"), "LOTSE_CONFIG": str(CONFIG)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("every-kind")
    _lotse(folder, "demo", *PLAY)
    return _lotse(folder, "check", "--demo")


def test_a_check_compares_everything_and_finds_nothing(checked: dict[str, Any]) -> None:
    assert checked["clean"], checked["listed"]


def test_every_kind_of_message_of_the_contracts_has_occurred(checked: dict[str, Any]) -> None:
    assert checked["kinds"]["absent"] == []


def test_agencies_were_refused_for_every_reason_there_is(checked: dict[str, Any]) -> None:
    never = checked["kinds"]["absent_codes"]
    assert [code for code in never if code.startswith("partners.out.MessageRejected.code")] == []


def test_what_could_not_be_read_went_aside_and_parked_nobody(checked: dict[str, Any]) -> None:
    letters = checked["kinds"]["dead_letters"]
    assert letters
    assert all(topic.startswith("partners.") for topic in letters)
    assert not [note for note in checked["notes"] if "parked" in note]
