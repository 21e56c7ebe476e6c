"""The year passing: a live line on a terminal, a line a month elsewhere."""

import asyncio
import json
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.status import Status

from lotse.kept import Kept
from lotse.refusal import Refusal
from lotse.stack.home import Home
from lotse.stack.progress import Progress
from lotse.stack.running import State
from lotse.stack.stack import Stack

LOOK_SECONDS: Final = 0.3
LAST_WORDS: Final = 3


class CityStopped(Refusal):
    """The simulated city could not go on."""

    exit_code = 9


class YearShown:
    """A stack's `report` that also tells what the city tells: it writes a line a month to its log."""

    def __init__(self, console: Console, progress: Progress, home: Home, city: str) -> None:
        self._console, self._progress = console, progress
        self._city = city
        self._log = home.log_of(city)
        self._home = home
        self._read = self._size()
        self._failed = ""

    def __call__(self, part: str, state: State, words: str) -> None:
        """A city that ends itself with an error will do so again; one that was killed goes on."""
        self._progress(part, state, words)
        if part == self._city and state is State.RESTARTING and "exit code" in words:
            self._failed = words

    async def watch(self, stack: Stack, until: date) -> None:
        """Until the city's last day is over. Raises `CityStopped`."""
        over = asyncio.ensure_future(stack.over(self._city))
        today = Kept(f"{stack.settings.url('calendar')}/days/today")
        with ExitStack() as shown:
            status = shown.enter_context(self._console.status("")) if self._console.is_terminal else None
            while not over.done():
                self._tell_months()
                if self._failed:
                    over.cancel()
                    raise self._stopped()
                await asyncio.wait({over}, timeout=LOOK_SECONDS)
                if status:
                    await self._tell_day(status, today, until)
        today.close()
        self._tell_months()

    async def _tell_day(self, status: Status, today: Kept, until: date) -> None:
        try:
            day = json.loads(await today.get())["today"]
        except (OSError, ValueError, EOFError):
            return
        status.update(f"{day or 'the first day'} of the year to {until}")

    def _tell_months(self) -> None:
        for line in self._new_lines():
            if line[:4].isdigit():
                self._console.print(line, markup=False)

    def _new_lines(self) -> list[str]:
        if self._size() <= self._read:
            return []
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        return whole.decode(errors="replace").splitlines()

    def _size(self) -> int:
        return self._log.stat().st_size if Path(self._log).exists() else 0

    def _stopped(self) -> CityStopped:
        said = self._log.read_text(errors="replace").strip().splitlines()[-LAST_WORDS:]
        return CityStopped(
            f"The city {self._failed.partition(';')[0]}: {' '.join(said)}",
            remedy=f"The parts' logs are in {self._home.logs}. The next `lotse demo` goes on where this one ended.",
        )
