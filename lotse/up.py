"""`lotse up`: the whole stack in the foreground."""

import asyncio
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console

from lotse.home_asked import Demo, asked
from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings
from lotse.stack.foreground import attend
from lotse.stack.home import ClockKind, Home
from lotse.stack.progress import Progress
from lotse.stack.stack import Stack


def register(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    clock: Annotated[
        ClockKind | None, typer.Option(help="Fixed at the first start of a home; real if not said.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of a simulated clock.")
    ] = None,
    *,
    demo: Demo = False,
) -> None:
    """Start PostgreSQL, Kafka, the four services and the calendar; stay until Ctrl-C.

    With `--demo` a year that was lived can be looked at again.
    """
    settings = asked(demo=demo)
    made = Home(settings.home).read()
    if made is None:
        if demo:
            raise Refusal(f"No demo has run in {settings.home.absolute()}.", remedy="lotse demo")
        if (clock is ClockKind.SIMULATED) != (start is not None):
            raise Refusal(
                "A simulated clock needs the day it starts on, and a real one has none.",
                remedy="lotse up --clock simulated --start 2001-03-01",
            )
    clock = clock or (made.clock if made else ClockKind.REAL)
    asyncio.run(_up(settings, clock, start.date() if start else None))


async def _up(settings: Settings, clock: ClockKind, start: date | None) -> None:
    console = Console(highlight=False)
    with Progress(console) as progress:

        async def stay(stack: Stack) -> None:
            progress.settle()
            _greet(console, stack)
            await asyncio.Event().wait()

        await attend(Stack(settings, clock=clock, start=start, report=progress), stay)
    console.print("Everything has ended.")


def _greet(console: Console, stack: Stack) -> None:
    for service in (*SERVICES, "calendar"):
        console.print(f"  {service:<12} {stack.settings.url(service)}/docs")
    console.print(f"  {'the page':<12} {stack.settings.url('reporting')}/")
    console.print(f"Up. Data is in {stack.home.path}. `lotse status` tells how it is; Ctrl-C ends it.")
