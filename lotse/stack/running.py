"""One part's process over time: started, watched, started again."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from lotse.refusal import Refusal
from lotse.stack.home import Home
from lotse.stack.ledger import Ledger
from lotse.stack.part import Part, Restart, inherited
from lotse.stack.process import end, ending, spawn

FIRST_BACKOFF: Final = 0.2
LONGEST_BACKOFF: Final = 10.0
CALM_SECONDS: Final = 20.0
"""A part that ran this long is restarted without delay again."""
FIRST_ATTEMPTS: Final = 3
"""Deaths before it was ever ready, after which it is given up."""
PROBE_SECONDS: Final = 0.05


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


Report = Callable[[str, State, str], None]
"""Told of every change: the part's name, its new state, and a few words."""


class PartFailed(Refusal):
    exit_code = 6


class Running:
    """Keeps one part running until it is stopped. A process of it is in the ledger as long as it lives."""

    def __init__(self, part: Part, home: Home, ledger: Ledger, report: Report) -> None:
        self.part = part
        self.state = State.WAITING
        self.restarts = 0
        self.exit_code: int | None = None
        self.was_ready = asyncio.Event()
        self.over = asyncio.Event()
        """Set when the part will not be started again."""
        self._home = home
        self._ledger = ledger
        self._report = report
        self._process: asyncio.subprocess.Process | None = None
        self._preparing: asyncio.Future[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._stop_asked = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        process = self._alive()
        return process.pid if process else None

    async def start(self) -> None:
        """Return when the part is ready, or has done its work; go on keeping it. Raises `PartFailed`, `Refusal`."""
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.part.name}")
        ready = asyncio.create_task(self.was_ready.wait())
        try:
            await asyncio.wait({self._keeping, ready}, timeout=self.part.patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._keeping.done():
            self._keeping.result()
        elif not self.was_ready.is_set():
            raise self._failed(f"was not ready after {self.part.patience:.0f} s")

    async def stop(self) -> None:
        """End the process and stop keeping it. Bounded by the part's grace."""
        self._stop_asked.set()
        if self._preparing:
            self._preparing.cancel()
        if process := self._alive():
            await end(process, stop_signal=self.part.stop_signal, grace=self.part.grace)
        if self._keeping:
            await asyncio.wait({self._keeping})
        if self.state is not State.DONE:
            self._tell(State.STOPPED, "")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process that runs now: faults are made this way. Without one, nothing happens."""
        if process := self._alive():
            process.send_signal(number)

    async def _keep(self) -> None:
        backoff = FIRST_BACKOFF
        try:
            while not self._stop_asked.is_set():
                began = time.monotonic()
                died = await self._live()
                if self._stop_asked.is_set():
                    return
                if self.exit_code == 0 and self.part.restart is Restart.ON_FAILURE:
                    self._tell(State.DONE, "")
                    return
                self.restarts += 1
                if not self.was_ready.is_set() and self.restarts >= FIRST_ATTEMPTS:
                    raise self._failed(f"{died} before it was ready, {self.restarts} times")
                backoff = FIRST_BACKOFF if time.monotonic() - began > CALM_SECONDS else backoff
                self._tell(State.RESTARTING, f"{died}; starting it again in {backoff:.1f} s")
                await self._pause(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF)
        except Refusal:
            self._tell(State.FAILED, "")
            raise
        finally:
            self.over.set()

    async def _live(self) -> str:
        """One life of the process, from preparation to its end: how it ended, in words."""
        self.exit_code = None
        self._tell(State.STARTING, "")
        try:
            await self._prepare()
            if self._stop_asked.is_set():
                return "was not started"
            process = await spawn(self.part, inherited(), self._home.log_of(self.part.name))
        except OSError as error:
            return f"could not be started ({error.strerror})"
        except Refusal as refusal:
            if not self.was_ready.is_set():
                raise
            return refusal.what
        self._process = process
        self._ledger.started(self.part.name, process.pid, stop_signal=self.part.stop_signal)
        self.exit_code = await self._watch(process)
        self._ledger.ended(process.pid)
        return ending(self.exit_code)

    async def _prepare(self) -> None:
        self._preparing = asyncio.ensure_future(self.part.before())
        try:
            await self._preparing
        except asyncio.CancelledError:
            if not self._stop_asked.is_set():
                raise
        finally:
            self._preparing = None

    async def _watch(self, process: asyncio.subprocess.Process) -> int:
        if self._stop_asked.is_set():  # asked while the process was being made
            await end(process, stop_signal=self.part.stop_signal, grace=self.part.grace)
        probing = asyncio.create_task(self._become_ready())
        try:
            return await process.wait()
        finally:
            probing.cancel()

    async def _become_ready(self) -> None:
        began = time.monotonic()
        while not await self._probe():
            await asyncio.sleep(PROBE_SECONDS)
        self._tell(State.READY, f"{time.monotonic() - began:.1f} s")
        self.was_ready.set()

    async def _probe(self) -> bool:
        try:
            return await self.part.probe()
        except OSError:
            return False

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop_asked.wait(), seconds)

    def _alive(self) -> asyncio.subprocess.Process | None:
        return self._process if self._process and self._process.returncode is None else None

    def _failed(self, what: str) -> PartFailed:
        log = self._home.log_of(self.part.name)
        return PartFailed(
            f"{self.part.name} {what}.", remedy=f"Its last words are in {log}; `lotse doctor` checks the usual causes."
        )

    def _tell(self, state: State, words: str) -> None:
        self.state = state
        self._report(self.part.name, state, words)
