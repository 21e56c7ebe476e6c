"""The demonstration's year from its container: the city lives it, reporting's figures end it.

    docker compose --profile demo run --rm city --scale 0.01 --json

LOTSE_SEED is told to agencies and identifiers too, so it is no argument. LOTSE_HOME keeps the city's journal: an
interrupted year goes on, one that is over shows its figures again.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from rich.console import Console

from contracts.city import CityMisconfigured
from lotse.demo_asked import asked
from lotse.demo_figures import figures, require_whole
from lotse.demo_table import table
from lotse.play import Play
from lotse.refusal import Refusal
from simulation.facts import read_scene

COMMAND: Final = "docker compose --profile demo run --rm city"
INTERRUPTED: Final = 130


class OtherYear(Refusal):
    """These containers hold another year."""


@dataclass(frozen=True)
class Addresses:
    """LOTSE_SERVICES: `intake=http://intake:8000,…`."""

    urls: Mapping[str, str]

    @classmethod
    def read(cls, pairs: str) -> "Addresses":
        return cls(dict(pair.split("=", 1) for pair in pairs.split(",")))

    def url(self, part: str) -> str:
        return self.urls[part]


def keep(home: Path, play: Play) -> None:
    """Raises `OtherYear` unless the containers' data are this play's, or nobody's yet."""
    marker = home / "play.json"
    if not marker.exists():
        new = marker.with_suffix(".new")
        new.write_text(play.text)
        new.replace(marker)
    if marker.read_text() != play.text:
        held = json.loads(marker.read_text())
        told = f"{held['city']}, scale {held['scale']:g}, seed {held['seed']}, {held['from']} to {held['until']}"
        raise OtherYear(
            f"These containers hold another year: {told}.",
            remedy="Live yours beside it in containers of its own: "
            "LOTSE_DEMO_REPORTING_PORT=<a free port> docker compose -p <a new name> --profile demo run …",
        )


async def live(play: Play, *, aside: bool) -> int:
    """The city's exit code. What it tells goes to standard error if `aside`."""
    command = (sys.executable, "-m", "simulation.city", *play.arguments)
    city = await asyncio.create_subprocess_exec(*command, stdout=sys.stderr if aside else None, start_new_session=True)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, city.terminate)
    return await city.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="A year of the city of LOTSE_CONFIG, and its figures.")
    parser.add_argument("--scale", type=float, default=0.05, help="of the city's recipients (0.05)")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, before the centres'")
    parser.add_argument("--until", type=date.fromisoformat, help="last day, such as 2002-03-31")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print the report as JSON, all else aside")
    wanted = parser.parse_args(arguments)
    if not 0.0005 <= wanted.scale <= 1:
        parser.error("--scale lies between 0.0005 and 1")
    try:
        return _year(wanted)
    except (CityMisconfigured, Refusal) as refused:
        print(refused, file=sys.stderr)
        return refused.exit_code if isinstance(refused, Refusal) else 1


def _year(wanted: argparse.Namespace) -> int:
    began = time.monotonic()
    scene = read_scene(Path(os.environ["LOTSE_CONFIG"]))
    seed = int(os.environ["LOTSE_SEED"])
    play = asked(
        scene, command=COMMAND, scale=wanted.scale, seed=seed, first=wanted.first, until=wanted.until, without=()
    )
    keep(Path(os.environ["LOTSE_HOME"]), play)
    console = Console(highlight=False, stderr=wanted.as_json)
    if code := asyncio.run(live(play, aside=wanted.as_json)):
        console.print("The year is not over. The same command goes on with it.", style="bold")
        return INTERRUPTED if code == 128 + signal.SIGTERM else code
    addresses = Addresses.read(os.environ["LOTSE_SERVICES"])
    report = figures(addresses, play) | {"scale": play.scale, "seconds": round(time.monotonic() - began, 1)}
    console.print(table(report, scene, scale=play.scale, until=play.until))
    if wanted.as_json:
        print(json.dumps(report, indent=2))
    require_whole(addresses)
    return 0


if __name__ == "__main__":
    sys.exit(main())
