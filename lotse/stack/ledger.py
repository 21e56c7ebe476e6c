"""What this home's lotse has running, written down, so that the next one ends exactly what a crash left.

An entry names a process beyond doubt: its id, the moment it started and its command line. A process id that the
system gave to somebody else since then matches no entry and is left alone.
"""

import json
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

END_SECONDS: Final = 6.0
"""How long a process that was left behind may take to end before it is killed."""

_BEGIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """`began` is the system's own mark of the start: clock ticks since boot on Linux, which no clock change moves."""

    part: str
    pid: int
    began: str
    command: tuple[str, ...]
    stop_signal: int


class Ledger:
    """The file is replaced as a whole with every start and end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = self._read()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def started(self, part: str, pid: int, *, stop_signal: signal.Signals) -> None:
        """A process that ended already leaves no entry."""
        try:
            process = psutil.Process(pid)
            self._entries[pid] = Entry(part, pid, _began(process), _command(process), int(stop_signal))
        except (psutil.Error, OSError):
            return
        self._write()

    def ended(self, pid: int) -> None:
        if self._entries.pop(pid, None):
            self._write()

    def end_leftovers(self) -> tuple[Entry, ...]:
        """End what an earlier lotse left, and tell what that was. Blocks up to `END_SECONDS` and a little."""
        left = [(entry, process) for entry in self.entries if (process := running(entry))]
        for entry, process in left:
            _signal(process, signal.Signals(entry.stop_signal))
            _signal(process, signal.SIGCONT)
        _, alive = psutil.wait_procs([process for _, process in left], timeout=END_SECONDS)
        for process in alive:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=END_SECONDS)
        self._entries.clear()
        self._write()
        return tuple(entry for entry, _ in left)

    def _read(self) -> dict[int, Entry]:
        try:
            rows = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        entries = (Entry(**row | {"command": tuple(row["command"])}) for row in rows)
        return {entry.pid: entry for entry in entries}

    def _write(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps([asdict(entry) for entry in self.entries], indent=1))
        new.replace(self._path)


def running(entry: Entry) -> psutil.Process | None:
    """The entry's own process, if it still runs: never another one with its id."""
    try:
        process = psutil.Process(entry.pid)
        same = _began(process) == entry.began and tuple(process.cmdline()) == entry.command
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, OSError):
        return None


def lives(pid: int) -> bool:
    """Whether a process runs. One that its parent has only not asked about yet has ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _command(process: psutil.Process) -> tuple[str, ...]:
    """For a moment while it begins, the system knows no command line of a process."""
    until = time.monotonic() + _BEGIN_SECONDS
    while not (found := tuple(process.cmdline())) and time.monotonic() < until:
        time.sleep(0.005)
    return found


def _began(process: psutil.Process) -> str:
    stat = Path(f"/proc/{process.pid}/stat")
    if stat.exists():
        after_name = stat.read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{after_name[19]}"
    return f"{process.create_time():.2f}"


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
