"""Starting and ending one child process, so that none outlives the stack.

A child is in a session of its own: Ctrl-C reaches the supervisor alone, which ends the parts in order. On Linux the
kernel sends the child its stop signal when the supervisor dies, however that happens; the ledger covers the rest.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from lotse.stack.part import Part

PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


async def spawn(part: Part, environment: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start the part's process. Raises OSError if its program cannot be run."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment) | dict(part.environment),
            start_new_session=True,
            user=part.user,
            group=part.group,
            extra_groups=None if part.group is None else (),
            preexec_fn=dies_with_us(part.stop_signal),
        )


async def end(process: asyncio.subprocess.Process, *, stop_signal: signal.Signals, grace: float) -> None:
    """Ask the process to end, wait `grace` seconds, then kill it. A paused process is woken to hear it."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(stop_signal)
        process.send_signal(signal.SIGCONT)
        try:
            await asyncio.wait_for(process.wait(), grace)
        except TimeoutError:
            process.kill()
    await process.wait()


def ending(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def dies_with_us(stop_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
    """For a child's `preexec_fn`: the kernel sends it this signal when we die. None where the kernel cannot."""
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return before_exec
