"""PostgreSQL or Kafka alone, for a run of tests.

    python -m lotse.stack.servers <postgres|kafka> <folder> <watched pid>

The process writes `<folder>/server.json` once the server is ready, and ends it when told to, or within a second of the
end of the watched process, however that ends: no test run leaves a server behind.
"""

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Final

from lotse.refusal import Refusal
from lotse.settings import HOST, Settings
from lotse.stack import kafka, postgres
from lotse.stack.home import Home, Installation
from lotse.stack.ledger import lives
from lotse.stack.part import Node
from lotse.stack.ports import on_free_ports
from lotse.stack.stack import Stack, servers

WATCH_SECONDS: Final = 0.5
READY_FILE: Final = "server.json"


def only(which: str, settings: Settings, installation: Installation, home: Home) -> tuple[Node, ...]:
    """The one server with what it needs."""
    wanted = {kafka.NAME: {"jars", kafka.NAME}, postgres.NAME: {postgres.NAME}}[which]
    return tuple(node for node in servers(settings, installation, home) if node.name in wanted)


async def serve(which: str, folder: Path, watched: int) -> None:
    """Run the server until told to stop, or until the watched process is gone."""
    settings = on_free_ports(Settings(home=folder, fsync=False, partitions=3))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Stack(settings, base=lambda s, i, h: only(which, s, i, h), application=nothing_else) as stack:
        password = stack.installation.superuser_password
        said = {
            "kafka": settings.kafka_address,
            "host": HOST,
            "port": settings.postgres_port,
            "password": password,
            "dsn": postgres.dsn(settings, role=postgres.SUPERUSER, password=password, database="postgres"),
        }
        new = folder / f"{READY_FILE}.new"
        new.write_text(json.dumps(said))
        new.replace(folder / READY_FILE)
        while lives(watched) and not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WATCH_SECONDS)


def nothing_else(_: Settings, __: Installation, ___: Home) -> tuple[Node, ...]:
    """No application on top of the server."""
    return ()


def main() -> None:
    which, folder, watched = sys.argv[1:]
    try:
        asyncio.run(serve(which, Path(folder), int(watched)))
    except Refusal as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
