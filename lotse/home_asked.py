"""The installation that a command looks into: its home, and where its parts listen."""

from typing import Annotated, Final

import typer

from lotse.refusal import Refusal
from lotse.settings import Settings
from lotse.stack.home import Home
from lotse.stack.ports import PARTS

DEMO: Final = "demo"
"""The demo's home, below LOTSE_HOME."""
Demo = Annotated[bool, typer.Option("--demo", help="The demo's home, below LOTSE_HOME.")]


class NothingRuns(Refusal):
    """Whoever listens on the default ports meanwhile is somebody else's."""

    exit_code = 3


def asked(*, demo: bool) -> Settings:
    """The settings of the home that is meant, with the ports of the lotse that runs on it.

    A port that is set by name (LOTSE_<part>_PORT) counts before what the home says.
    """
    settings = Settings()
    home = settings.home / DEMO if demo else settings.home
    listens = {f"{part}_port": port for part, port in Home(home).listening().items()}
    found = {name: port for name, port in listens.items() if name not in settings.model_fields_set}
    return settings.model_copy(update=found | {"home": home})


def elsewhere(settings: Settings, *, demo: bool) -> bool:
    """Whether who listens on the ports is asked, and not the home: in containers there is none.

    So it is for who has no installation in the home, or set ports by name while nothing runs on it.
    """
    named = {f"{part}_port" for part in PARTS} & Settings().model_fields_set
    home = Home(settings.home)
    return home.holder() is None and (bool(named) or (not demo and home.read() is None))


def asked_running(*, demo: bool) -> Settings:
    """The same of an installation whose services are asked. Raises `NothingRuns`."""
    settings = asked(demo=demo)
    if Home(settings.home).holder() is None and not elsewhere(settings, demo=demo):
        remedy = "Start it: lotse demo" if demo else "Start it: lotse up. LOTSE_HOME names another installation."
        raise NothingRuns(f"Nothing runs on {settings.home.absolute()}.", remedy=remedy)
    return settings
