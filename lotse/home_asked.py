"""The installation that a command looks into: its home, and where its parts listen."""

from typing import Annotated, Final

import typer

from lotse.settings import Settings

DEMO: Final = "demo"
"""The demo's home, below LOTSE_HOME."""
Demo = Annotated[bool, typer.Option("--demo", help="The demo's home, below LOTSE_HOME.")]


def asked(*, demo: bool) -> Settings:
    """The settings of the home that is meant."""
    settings = Settings()
    return settings.model_copy(update={"home": settings.home / DEMO}) if demo else settings
