"""`lotse doctor`: what could keep the stack from running, each with its fix."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from lotse import ailments
from lotse.ailments import Check
from lotse.home_asked import Demo, asked
from lotse.settings import Settings
from lotse.stack.home import Home


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    *, demo: Demo = False, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """Check this machine and, if it runs, the stack. Exit code 1: something needs the fix named beside it."""
    checks = list(examine(asked(demo=demo)))
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for check in checks:
            console.print(f"[green]ok[/]    {check.name}" if check.ok else f"[bold red]wrong[/] {check.name}", end="  ")
            console.print(check.found, markup=False)
            if not check.ok:
                console.print(f"      {check.fix}", markup=False)
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


def examine(settings: Settings) -> Iterator[Check]:
    """The machine first, then what runs on it. What cannot be examined because of an earlier ailment is left out."""
    home = Home(settings.home)
    yield ailments.python()
    yield ailments.java()
    yield ailments.jars_fetched(settings)
    configured = ailments.config(settings)
    yield configured
    if configured.ok:
        yield ailments.home_usable(home, settings)
    yield ailments.disk(home)
    if home.holder() is None:
        yield from ailments.ports_free(settings)
        return
    broker = asyncio.run(ailments.broker_answers(settings))
    yield broker
    if broker.ok and configured.ok:
        yield from ailments.topics(settings, home)
    yield from asyncio.run(ailments.services_answer(settings))
    yield from asyncio.run(ailments.releases(settings))
