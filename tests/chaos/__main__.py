"""`python -m tests.chaos`: from a seed, each fault several times; exit code 0 if no rule was ever violated."""

import argparse
import asyncio
import logging
import shutil
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from lotse.refusal import Refusal
from tests.chaos.record import Record
from tests.chaos.run import Asked, run

CONSOLE: Final = Console(highlight=False, soft_wrap=True)
OUT: Final = Path("build/chaos.json")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests.chaos", description="Faults against a living city, each followed by a check."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.015, help="of the city's recipients")
    parser.add_argument("--minutes", type=float, default=26.0, help="after which no further fault is injected")
    parser.add_argument("--laps", type=int, default=99, help="at most so often every fault")
    parser.add_argument(
        "--only", nargs="*", default=[], help="these kinds or targets, without the comparison of figures"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--folder", type=Path, default=Path("build/chaos"), help="for the homes; emptied first")
    said = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is what this is about
    shutil.rmtree(said.folder, ignore_errors=True)
    asked = Asked(said.seed, said.scale, said.minutes * 60, said.folder, tuple(said.only), said.laps)
    try:
        record = asyncio.run(_until_signal(run(asked, lambda words: CONSOLE.print(words, markup=False))))
    except Refusal as refusal:
        CONSOLE.print(f"{refusal.what} {refusal.remedy or ''}", markup=False)
        return 2
    except asyncio.CancelledError:
        return 143
    record.write(said.out)
    CONSOLE.print(record.table())
    for one in record.violations:
        CONSOLE.print(f"after {one['after']}: {one['what']}", markup=False, style="red")
    CONSOLE.print(
        f"{record.faults.total()} faults, {len(record.violations)} violations, {record.seconds:.0f} s: {said.out}"
    )
    if record.violations:
        CONSOLE.print(f"The homes and the parts' logs are in {said.folder}; the same again: --seed {said.seed}")
    return 1 if record.violations else 0


async def _until_signal(work: Coroutine[Any, Any, Record]) -> Record:
    """SIGTERM ends the run with all that it started, parts that stand still included."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


if __name__ == "__main__":
    sys.exit(main())
