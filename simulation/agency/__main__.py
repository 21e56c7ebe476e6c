"""`python -m simulation.agency <agency-id>`: LOTSE_KAFKA, LOTSE_SEED and LOTSE_CONFIG say where and which."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from contracts.city import CityMisconfigured
from simulation.agency.day import Agency
from simulation.agency.habits import Habits
from simulation.agency.post import serve
from simulation.facts import read_scene


async def _run(agency: Agency, kafka: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await serve(agency, kafka, stopping)


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation.agency", description="A partner agency of the city.")
    parser.add_argument("agency", help="its id in the city's configuration, such as arbeitsamt")
    name: str = parser.parse_args().agency
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.WARNING)
    try:
        scene = read_scene(Path(os.environ.get("LOTSE_CONFIG", "deploy/bremen")))
    except CityMisconfigured as error:
        print(error, file=sys.stderr)
        return 2
    found = scene.city.agency(name)
    if found is None:
        print(f"{name} is no agency of the city's configuration", file=sys.stderr)
        return 2
    seed, outcomes = int(os.environ.get("LOTSE_SEED", "1")), scene.facts.outcomes.get(name, {})
    others = [agency for agency in scene.city.agency_ids if agency > name] or list(scene.city.agency_ids)
    neighbour = None if min(others) == name else min(others)
    habits = Habits(found.id, seed, scene.city.deadlines, outcomes, neighbour)
    asyncio.run(_run(Agency(habits, found.services), os.environ.get("LOTSE_KAFKA", "127.0.0.1:19092")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
