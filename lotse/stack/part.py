"""What a stack consists of: parts, which are processes, and steps, which are done once between them."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lotse.settings import HOST
from lotse.stack.http import ready


class Restart(StrEnum):
    """`ON_FAILURE`: a part that ends by itself with exit code 0 has done its work."""

    ALWAYS = "always"
    ON_FAILURE = "on failure"


async def nothing() -> None:
    """No preparation."""


async def at_once() -> bool:
    """Ready as soon as it runs."""
    return True


@dataclass(frozen=True, kw_only=True)
class Part:
    """A process that is kept running.

    `before` runs before every start of the process, a restart too; `probe` tells whether it is ready and may raise
    OSError for "not yet"; `after` names the parts and steps that must be ready, or done, first.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    probe: Callable[[], Awaitable[bool]] = at_once
    before: Callable[[], Awaitable[None]] = nothing
    after: tuple[str, ...] = ()
    restart: Restart = Restart.ALWAYS
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    """Seconds between the stop signal and SIGKILL."""
    patience: float = 60.0
    """Seconds until it must be ready."""
    user: int | None = None
    """The user id to run as, where the part refuses to be root."""
    group: int | None = None
    stops_last: bool = False
    """The servers end after everything that talks to them."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Work between the parts that is done once, again at every start: idempotent. `say` shows what it is at."""

    name: str
    run: Callable[[Callable[[str], None]], Awaitable[None]]
    after: tuple[str, ...] = ()


Node = Part | Step


def serving(
    name: str, module: str, *, port: int, environment: Mapping[str, str], after: tuple[str, ...], grace: float = 5.0
) -> Part:
    """A part that is `python -m <module>` and answers GET /health/ready on 127.0.0.1:<port>."""
    return Part(
        name=name,
        command=python(module),
        environment=environment,
        probe=lambda: ready(HOST, port),
        after=after,
        grace=grace,
    )


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)


def inherited() -> dict[str, str]:
    """The environment every part starts from. LOTSE_ settings are handed over one by one, never inherited."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
