"""`python -m tests.bench [--only NAME ...] [--rounds 5] [--out build/bench.json]`

Exit codes: 0 measured, whether the goals are met or not · 1 a measurement failed, or two sides had unequal results.
"""

import argparse
import asyncio
import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.bench.bed import Bed, on_bed
from tests.bench.machine import machine
from tests.bench.report import table, write
from tests.bench.results import Results

MEASUREMENTS: Final = ("hop", "projection", "relay", "replay", "latency", "growth", "replicas", "whole_city")
"""Modules of this package, each with `async def measure(bed: Bed, results: Results) -> None`, in order."""


async def measured(bed: Bed, names: Sequence[str], results: Results) -> list[str]:
    """Runs measurements one after the other; names those that failed, which keeps no other from running."""
    failed = []
    for name in names:
        bed.say(f"[bold]{name}[/bold]")
        try:
            await importlib.import_module(f"tests.bench.{name}").measure(bed, results)
        except Exception:  # whatever it was: the figures of the others are worth having
            traceback.print_exc()
            failed.append(name)
    return failed


async def run(console: Console, names: Sequence[str], *, rounds: int, out: Path) -> int:
    results = Results()
    failed = await on_bed(rounds, console, lambda bed: measured(bed, names, results))
    if failed is None:
        console.print("Interrupted: nothing was written.")
        return 1
    results.figure("machine", machine())
    write(out, results, failed)
    console.print(table(results))
    for name in failed:
        console.print(f"[bold red]{name} failed[/bold red]: see above, then run it alone: make bench ONLY={name}")
    console.print(f"Written to {out}. What the figures mean, and where the time goes: docs/performance.md")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What Lotse costs, as ratios.")
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, default=MEASUREMENTS, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5, help="how often both sides of a comparison run")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    asked = parser.parse_args()
    return asyncio.run(run(Console(highlight=False), asked.only, rounds=asked.rounds, out=asked.out))


if __name__ == "__main__":
    sys.exit(main())
