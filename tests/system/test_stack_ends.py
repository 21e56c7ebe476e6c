"""However a stack's own process ends, nothing of it stays behind, and the next start is not held up."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lotse.settings import Settings
from lotse.stack.ledger import Ledger, lives, running
from lotse.stack.ports import on_free_ports
from tests.system.stack_standin import MODULE

START_SECONDS = 40.0
STOP_SECONDS = 15.0


def until(condition: Callable[[], bool], *, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "the condition did not come true"
        time.sleep(0.02)


class Supervised:
    """A stack in a process of its own, which can be killed."""

    def __init__(self, settings: Settings) -> None:
        path = settings.home / "settings.json"
        path.write_text(settings.model_dump_json())
        self._up = settings.home / "up.json"
        self._up.unlink(missing_ok=True)
        with (settings.home / "supervisor.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", MODULE, "stack", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def pids(self) -> dict[str, int]:
        """Once it is up."""
        until(lambda: self._up.exists() and bool(self._up.read_text()), seconds=START_SECONDS)
        pids: dict[str, int] = json.loads(self._up.read_text())
        return pids


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return on_free_ports(Settings(home=tmp_path, fsync=False, partitions=3))


@pytest.fixture
def supervise(settings: Settings) -> Iterator[Callable[[], Supervised]]:
    started: list[Supervised] = []

    def start() -> Supervised:
        started.append(Supervised(settings))
        return started[-1]

    yield start
    for one in started:
        one.process.terminate()
    for one in started:
        one.process.wait(STOP_SECONDS + 5)


def ended(pids: dict[str, int]) -> bool:
    return not any(lives(pid) for pid in pids.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_stack_and_every_process(supervise: Callable[[], Supervised], number: int) -> None:
    supervised = supervise()
    pids = supervised.pids()
    supervised.process.send_signal(number)
    assert supervised.process.wait(STOP_SECONDS) == 0
    assert ended(pids)


def test_a_signal_during_the_start_leaves_nothing_either(
    supervise: Callable[[], Supervised], settings: Settings
) -> None:
    supervised = supervise()
    ledger = settings.home / "processes.json"
    until(lambda: ledger.exists() and len(json.loads(ledger.read_text())) > 0, seconds=START_SECONDS)
    pids = {entry["part"]: entry["pid"] for entry in json.loads(ledger.read_text())}
    supervised.process.terminate()
    supervised.process.wait(STOP_SECONDS)
    assert ended(pids)
    assert json.loads(ledger.read_text()) == []


def test_after_the_supervisor_was_killed_the_next_start_works(supervise: Callable[[], Supervised]) -> None:
    supervised = supervise()
    before = supervised.pids()
    supervised.process.kill()
    supervised.process.wait()
    after = supervise().pids()
    assert ended(before)
    assert set(after) == set(before)


def test_the_ledger_ends_exactly_what_it_names(tmp_path: Path) -> None:
    left, bystander = (subprocess.Popen(["sleep", "1000"]) for _ in range(2))
    ledger = Ledger(tmp_path / "processes.json")
    for process in (left, bystander):
        ledger.started("sleep", process.pid, stop_signal=signal.SIGTERM)
    rows = json.loads((tmp_path / "processes.json").read_text())
    rows[1]["began"] = "another boot/1"  # its process id went to somebody else since
    (tmp_path / "processes.json").write_text(json.dumps(rows))
    again = Ledger(tmp_path / "processes.json")
    assert [entry.pid for entry in again.end_leftovers()] == [left.pid]
    assert left.wait(5) is not None
    assert bystander.poll() is None
    assert again.entries == ()
    bystander.kill()
    bystander.wait()


def test_a_process_has_ended_when_its_parent_has_not_asked_yet() -> None:
    process = subprocess.Popen(["sleep", "1000"])
    assert lives(process.pid)
    process.kill()
    until(lambda: not lives(process.pid), seconds=STOP_SECONDS)
    assert psutil.pid_exists(process.pid)
    process.wait()
    assert not lives(process.pid)


def test_an_entry_of_an_ended_process_names_nobody(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "1000"])
    ledger = Ledger(tmp_path / "processes.json")
    ledger.started("sleep", process.pid, stop_signal=signal.SIGTERM)
    (entry,) = ledger.entries
    assert running(entry)
    process.kill()
    process.wait()
    assert running(entry) is None
