"""The two sides of a comparison, each a process of its own that says at its end how long it took."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lotse.stack.process import dies_with_us
from tests.bench.bed import ROOT

LONGEST: Final = 120.0
"""Seconds that one side may take before the measurement fails."""


@dataclass(frozen=True, slots=True)
class Ran:
    """`seconds` by the wall's clock and `cpu` of the process, both without its start; `more`: what else it said."""

    records: int
    seconds: float
    cpu: float
    more: dict[str, Any]

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the process's own time for one record."""
        return self.cpu / self.records * 1e6


class SideFailed(Exception):
    """A side ended before it had done its work, or did not end."""


class Unequal(Exception):
    """Two sides did not come to the same result: their times compare nothing."""


async def run(*arguments: str, python: Path | str = sys.executable, **environment: str) -> Ran:
    """Runs `python -m <arguments>` to its end. What its stopwatch told is a line of its output."""
    process = await asyncio.create_subprocess_exec(
        str(python),
        "-m",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | environment,
        preexec_fn=dies_with_us(),
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), LONGEST)
    except TimeoutError:
        raise SideFailed(f"{arguments[0]} did not end within {LONGEST:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise SideFailed(f"{arguments[0]} ended with exit code {process.returncode}")
    said = [line for line in output.splitlines() if line.startswith(b'{"records"')]
    if not said:
        raise SideFailed(f"{arguments[0]} did not say what it measured")
    return Ran(**json.loads(said[-1]))
