"""From an agency's result on its topic to casework's and reporting's databases, on the real stack, beside as many bare
hops: idle, and under 2,000 events a second.

The stack is the one in which the year was lived, with what it holds; the bench is the agency. The databases tell when
a row is committed: nobody asks in a loop.
"""

import asyncio
import contextlib
import random
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from lotse.stack import postgres
from lotse.stack.home import Home
from lotse.stack.ports import on_free_ports
from lotse.stack.stack import Stack
from tests.bench.agency import Agency
from tests.bench.bed import Bed
from tests.bench.hops import Hops
from tests.bench.load import load
from tests.bench.processes import peak_mb
from tests.bench.results import Goal, Results
from tests.bench.statements import statements
from tests.bench.year import home_of_year, installation_of, recorded

SAMPLES: Final = 120
"""Results a round, and chains of bare hops."""
HOPS: Final = 2
"""Agency to referrals; referrals to casework and, at the same time, to reporting."""
RATE: Final = 2000
LOADED_SECONDS: Final = 45.0
ASKERS: Final = 6
"""Results at a time under load: one alone would ask least where it takes longest."""
SETTLE_SECONDS: Final = 3.0
"""Of load before the first result counts."""
_LONGEST_PAUSE: Final = 0.05

Milliseconds = dict[str, float]


async def measure(bed: Bed, results: Results) -> None:
    year = await recorded(bed)
    idle: list[list[Milliseconds]] = []
    bare: list[list[float]] = []
    async with (
        _lived(bed, results) as stack,
        Agency.on(stack) as agency,
        Hops.on(stack.settings.kafka_address, HOPS) as hops,
    ):
        await agency.result()
        for _ in range(bed.rounds):
            idle.append([await _after_a_pause(agency.result) for _ in range(SAMPLES)])
            bare.append([await _after_a_pause(hops.chain) for _ in range(SAMPLES)])
        results.figure("latency_statements", await statements(_superuser(stack), _log(stack), agency.result))
        results.figure("stack_idle_peak_mb", _peaks(stack))
        async with load(stack.settings.kafka_address, year, rate=RATE, seconds=LOADED_SECONDS) as sent:
            await asyncio.sleep(SETTLE_SECONDS)
            loaded = await _asked(agency, LOADED_SECONDS - SETTLE_SECONDS)
    for percent in (50, 99):
        pairs = zip(idle, bare, strict=True)
        rounds = [percentile(_both(one), percent) / percentile(other, percent) for one, other in pairs]
        results.ratio(f"latency_idle_p{percent}", rounds, Goal.AT_MOST, 3)
    calm = [ms for one in idle for ms in one]
    hurried = [percentile(_both(window), 99) for window in windows(loaded, bed.rounds)]
    results.ratio("latency_loaded_p99", [p99 / percentile(_both(calm), 99) for p99 in hurried], Goal.AT_MOST, 10)
    found = {name: _percentiles([one[name] for one in calm]) for name in ("casework", "reporting", "both")}
    found |= {"bare": _percentiles([ms for one in bare for ms in one]), "loaded": _percentiles(_both(loaded))}
    results.figure("latency_ms", found | {"samples": {"idle": len(calm), "loaded": len(loaded)}})
    results.figure("latency_load_events_per_second", round(sent.rate))


async def _asked(agency: Agency, seconds: float) -> list[Milliseconds]:
    """One result after the other from each of `ASKERS`, in the order in which they were visible."""
    until, took = time.monotonic() + seconds, list[Milliseconds]()

    async def ask() -> None:
        while time.monotonic() < until:
            took.append(await _after_a_pause(agency.result))

    async with asyncio.TaskGroup() as asking:
        for _ in range(ASKERS):
            asking.create_task(ask())
    return took


def windows(took: Sequence[Milliseconds], count: int) -> list[Sequence[Milliseconds]]:
    """As many samples in each, one after the other."""
    size = len(took) // count
    return [took[first * size : (first + 1) * size] for first in range(count)]


def _superuser(stack: Stack) -> str:
    password = stack.installation.superuser_password
    return postgres.dsn(stack.settings, role=postgres.SUPERUSER, password=password, database="postgres")


def _log(stack: Stack) -> Path:
    return Home(stack.settings.home).logs / f"{postgres.NAME}.log"


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def _both(took: Sequence[Milliseconds]) -> list[float]:
    return [one["both"] for one in took]


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": round(percentile(values, percent), 1) for percent in (50, 99)}


async def _after_a_pause(ask: Callable[[], Any]) -> Any:
    """At a moment that has nothing to do with anybody's timers."""
    await asyncio.sleep(random.uniform(0.01, _LONGEST_PAUSE))
    return await ask()


def _peaks(stack: Stack) -> dict[str, int]:
    """Of each process; PostgreSQL's is the one that starts the others."""
    return {name: round(peak_mb(part.pid)) for name, part in stack.parts.items() if part.pid is not None}


@contextlib.asynccontextmanager
async def _lived(bed: Bed, results: Results) -> AsyncIterator[Stack]:
    """The four services and the calendar on a copy of the year's home, as durable as in production: how long they take
    to start, and how much memory each has had at the end."""
    lived = await home_of_year(bed)
    copy = bed.folder / "city-copy"
    await asyncio.to_thread(subprocess.run, ["rm", "-rf", str(copy)], check=True)
    await asyncio.to_thread(subprocess.run, ["cp", "-a", str(lived.home), str(copy)], check=True)
    settings = on_free_ports(lived.model_copy(update={"home": copy, "fsync": True}))
    made = installation_of(settings)
    began = time.monotonic()
    try:
        async with Stack(settings, clock=made.clock, start=made.start) as stack:
            results.figure("stack_start_seconds", round(time.monotonic() - began, 1))
            yield stack
            results.figure("stack_peak_mb", _peaks(stack))
    finally:
        await asyncio.to_thread(subprocess.run, ["rm", "-rf", str(copy)], check=True)
