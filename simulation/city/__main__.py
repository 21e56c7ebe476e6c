"""`python -m simulation.city --scale 0.05 --seed 1 --until 2002-03-31`: one city's year, told a line a month.

LOTSE_SERVICES (`intake=http://…,…`) and LOTSE_CALENDAR say where the services are; see also LOTSE_CONFIG, LOTSE_HOME.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from contracts.city import CityMisconfigured
from simulation.city import names
from simulation.city.journal import Journal
from simulation.city.services import Addresses, Away, Refused, Services
from simulation.city.town import Town
from simulation.city.year import Year
from simulation.facts import Scene, read_scene
from simulation.workdays import is_last_of_month


def _addresses() -> Addresses:
    pairs = os.environ.get("LOTSE_SERVICES", "")
    urls = dict(pair.split("=", 1) for pair in pairs.split(",") if "=" in pair)
    for number, name in enumerate(("intake", "casework", "referrals", "reporting", "calendar"), 8001):
        urls.setdefault(name, f"http://127.0.0.1:{number}")
    calendar = os.environ.get("LOTSE_CALENDAR", urls["calendar"])
    return Addresses(urls["intake"], urls["casework"], urls["referrals"], urls["reporting"], calendar)


async def _year(asked: argparse.Namespace, scene: Scene, path: Path, tell: Callable[[date, Any], None]) -> None:
    town, until = Town(asked.seed, names.invent(asked.seed), scene.facts, agencies=scene.city.agency_ids), asked.until
    async with Services(_addresses()) as services:
        with Journal(path) as journal:
            year = Year(town, scene, asked.scale, services, journal, first_day=asked.first_day)
            year.remember()
            while year.day <= until:
                day = year.day
                await year.live()
                if is_last_of_month(day) or day == until:
                    tell(day, await services.read("reporting", _report(scene.first_day, day)))
            await services.start_day(until.isoformat())


def _report(first: date, day: date) -> str:
    return f"/report?from={first:%Y-%m}&to={day:%Y-%m}&month={day:%Y-%m}"


def _tell(day: date, report: dict[str, Any]) -> None:
    """One line for people and for whoever shows the year passing. Of the first day reporting may not have heard yet."""
    events, recipients, placements = (report[name] or 0 for name in ("events", "recipients", "placements"))
    referrals = sum((report["referrals"] or {}).values())
    print(
        f"{day}  {events:>9,} events  {recipients:>7,} recipients"
        f"  {referrals:>6,} referrals  {placements:>5,} placements",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation.city", description="A year of a city.")
    parser.add_argument("--scale", type=Fraction, default=Fraction("0.05"), help="of the city's recipients")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first_day", type=date.fromisoformat, help="by default the first of the facts")
    parser.add_argument("--until", type=date.fromisoformat, help="by default the last of the facts")
    asked = parser.parse_args()
    home = Path(os.environ.get("LOTSE_HOME", ".lotse/demo"))
    try:
        scene = read_scene(Path(os.environ.get("LOTSE_CONFIG", "deploy/bremen")))
        asked.first_day, asked.until = asked.first_day or scene.first_day, asked.until or scene.last_day
        path = home / f"city-{asked.seed}-{float(asked.scale):g}-{asked.first_day}.jsonl"
        asyncio.run(_until_signal(_year(asked, scene, path, _tell)))
    except (CityMisconfigured, Refused, Away) as error:
        print(f"the city stops: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return 143
    return 0


async def _until_signal(work: Any) -> None:
    """SIGTERM ends the work between two bytes: the journal knows where it was."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


if __name__ == "__main__":
    sys.exit(main())
