"""`lotse demo` as from a shell, once in peace and once with every part killed on the way: the figures are the same.

The city is small and its days are few, but they have all that the year has: the regional departments' files, the
transfer to the centres, a payment run, plans, referrals, and agencies that accept, refuse and report results.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import psutil
import pytest

from lotse.settings import HOST
from lotse.stack.ledger import Ledger, running
from lotse.stack.ports import PARTS, free_ports

T = TypeVar("T")
CONFIG: Final = Path(__file__).parents[2] / "deploy" / "bremen"
PLAY: Final = ("--scale", "0.003", "--from", "2001-09-24", "--until", "2001-10-26")
SUPERVISOR: Final = "supervisor"
FAULTS: Final = (
    (date(2001, 9, 26), ("intake",)),
    (date(2001, 10, 2), ("casework", "calendar", "city")),
    (date(2001, 10, 9), ("referrals", "arbeitsamt", "bremer-arbeit", "postgres")),
    (date(2001, 10, 15), ("reporting", SUPERVISOR)),
    (date(2001, 10, 18), ("kafka",)),
)
"""Who is killed on which business day: as soon as the day has begun, while everybody is at work on it."""
PATIENCE_SECONDS: Final = 240.0


class Demo:
    """The command in a folder and a home of its own, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger = folder / "home" / "demo" / "processes.json"
        self._ports = dict(zip(PARTS, free_ports(len(PARTS)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Demo":
        ports = {f"LOTSE_{part.upper()}_PORT": str(port) for part, port in self._ports.items()}
        own = {"LOTSE_HOME": str(self._folder / "home"), "LOTSE_CONFIG": str(CONFIG)}
        with (self._folder / "out").open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from lotse.cli import main; main()", "demo", *PLAY],
                cwd=self._folder,
                env=os.environ | ports | own,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        return self

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def said(self) -> str:
        return (self._folder / "out").read_text()

    @property
    def figures(self) -> dict[str, Any]:
        """What it reported, apart from how long it took."""
        report: dict[str, Any] = json.loads((self._folder / "build" / "demo" / "report.json").read_text())
        return {name: value for name, value in report.items() if name != "seconds"}

    def reach(self, day: date) -> None:
        """Wait until the business day has begun."""
        self._wait(lambda: self._today() >= day, f"{day} never began")

    def kill(self, part: str) -> None:
        """`kill -9`; the demo itself is started again, whatever else died is its own business."""
        if part == SUPERVISOR:
            self.end()
            self.start()
            return
        os.kill(self._wait(lambda: self._pid(part), f"{part} does not run"), signal.SIGKILL)

    def finish(self) -> None:
        self._wait(lambda: self.exit_code is not None, "it does not end", running=False)
        assert self.exit_code == 0, self.said

    def end(self) -> None:
        """The command alone, not its parts."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def left(self) -> list[int]:
        """Processes that the command should have ended."""
        return [entry.pid for entry in Ledger(self._ledger).entries if running(entry)]

    def _pid(self, part: str) -> int | None:
        return next((e.pid for e in Ledger(self._ledger).entries if e.part == part and running(e)), None)

    def _today(self) -> date:
        try:
            answer = httpx.get(f"http://{HOST}:{self._ports['calendar']}/days/today", trust_env=False, timeout=5)
            return date.fromisoformat(answer.json().get("today") or "")
        except (httpx.TransportError, ValueError):
            return date.min

    def _wait(self, found: Callable[[], T | None], otherwise: str, *, running: bool = True) -> T:
        until = time.monotonic() + PATIENCE_SECONDS
        while not (value := found()):
            ended = running and self.exit_code is not None
            if ended or time.monotonic() > until:
                pytest.fail(f"{otherwise}:\n{self.said}", pytrace=False)
            time.sleep(0.01)
        return value


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[tuple[Demo, Demo]]:
    """In peace, and the one to be troubled. They run beside each other."""
    folders = [tmp_path / name for name in ("peace", "trouble")]
    for folder in folders:
        folder.mkdir()
    peace, trouble = (Demo(folder) for folder in folders)
    yield peace, trouble
    for demo in (peace, trouble):
        demo.end()
        for pid in demo.left():
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()


def test_killing_every_part_and_the_demo_itself_changes_no_figure(demos: tuple[Demo, Demo]) -> None:
    peace, trouble = demos
    peace.start()
    trouble.start()
    for day, parts in FAULTS:
        trouble.reach(day)
        for part in parts:
            trouble.kill(part)
    for demo in demos:
        demo.finish()
        assert demo.left() == []
    assert trouble.figures == peace.figures
    referrals = peace.figures["referrals"]
    assert all(referrals[state] for state in ("rejected", "in_service", "completed")), "too little happened to compare"
    assert "Going on with the year that was interrupted" in trouble.said
