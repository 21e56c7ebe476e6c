"""An installation to look into: the one that runs, or, where nothing runs, its servers started for the purpose."""

import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from lotse.check.reading import CannotRead
from lotse.settings import Settings
from lotse.stack.city import city
from lotse.stack.home import Home, Installation
from lotse.stack.part import Node
from lotse.stack.ports import on_free_ports
from lotse.stack.stack import Stack


@contextlib.asynccontextmanager
async def served(settings: Settings, *services: str) -> AsyncIterator[Settings]:
    """Settings under which the servers, and these services, answer. What was started here ends here."""
    home = Home(settings.home)
    installation = home.read()
    if installation is None:
        raise CannotRead(
            f"Nothing was ever started in {home.path}.", remedy="LOTSE_HOME names the folder of an installation."
        )
    if home.holder() is not None:
        yield settings
        return
    sys.stderr.write(f"Nothing runs on {home.path}: its servers are started for this, on free ports, and ended.\n")

    def chosen(settings: Settings, installation: Installation, home: Home) -> Sequence[Node]:
        nodes = (node for node in city(settings, installation, home) if node.name in services)
        return tuple(replace(node, after=("kafka", "databases")) for node in nodes)

    settings = on_free_ports(settings)
    async with Stack(settings, clock=installation.clock, start=installation.start, application=chosen) as stack:
        yield stack.settings
