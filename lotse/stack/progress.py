"""The start of a stack as people see it: a line per part that changes on a terminal, a line per change elsewhere."""

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lotse.stack.running import State

STYLES: Final = {
    State.WAITING: "dim",
    State.STARTING: "yellow",
    State.READY: "green",
    State.DONE: "green",
    State.RESTARTING: "bold yellow",
    State.FAILED: "bold red",
    State.STOPPED: "dim",
}


class Progress:
    """A stack's `report`. Within `with`, a terminal shows a table; before and after, each change is a line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._rows: dict[str, tuple[State, str]] = {}
        self._live: Live | None = None

    def __call__(self, part: str, state: State, words: str) -> None:
        self._rows[part] = (state, words)
        if self._live:
            self._live.update(self._table())
        elif state is not State.STARTING or words:
            self._console.print(self._line(part, state, words))

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(self._table(), console=self._console, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle()

    def settle(self) -> None:
        """Leave the table as it is; from now on changes are lines."""
        if self._live:
            self._live.stop()
            self._live = None

    def _line(self, part: str, state: State, words: str) -> Text:
        at = f"{time.monotonic() - self._began:6.1f} s  "
        return Text.assemble((at, "dim"), f"{part:<12} ", (state.value, STYLES[state]), f"  {words}")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for part, (state, words) in self._rows.items():
            table.add_row(part, Text(state.value, STYLES[state]), words)
        return table
