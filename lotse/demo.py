"""`lotse demo`: a small city through the year of its facts, on real Kafka and PostgreSQL."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from contracts.city import CityMisconfigured
from lotse.demo_asked import asked
from lotse.demo_figures import figures, require_whole
from lotse.demo_home import finish, prepare
from lotse.demo_table import table
from lotse.demo_year import YearShown
from lotse.home_asked import DEMO
from lotse.play import Play
from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings
from lotse.stack.foreground import attend
from lotse.stack.home import ClockKind, Home
from lotse.stack.part import Node, Part, Restart, python
from lotse.stack.ports import PARTS, is_free, on_free_ports
from lotse.stack.progress import Progress
from lotse.stack.stack import Stack
from simulation.facts import Scene, read_scene

REPORT: Final = Path("build/demo/report.json")
CITY: Final = "city"


def _day(text: str | date) -> date:
    """An option's value; typer hands the default through it too."""
    return text if isinstance(text, date) else date.fromisoformat(text)


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    scale: Annotated[float, typer.Option(min=0.0005, max=1.0, help="Of the city's recipients.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Another seed is another city.")] = 1,
    first: Annotated[
        date | None, typer.Option("--from", parser=_day, metavar="DAY", help="First day, before the centres'.")
    ] = None,
    until: Annotated[
        date | None, typer.Option(parser=_day, metavar="DAY", help="Last day, such as 2002-03-31.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="AGENCY", help="Leave this agency to a program of yours; the city waits for it."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json at the end, and all else aside.")] = False,
) -> None:
    """Live a city's year, Bremen's from 1 March 2001 to 31 March 2002, and print its figures.

    An interrupted one goes on. LOTSE_CONFIG names another city. `--until 2002-12-31` lives on to the end of 2002, where
    what was reported late, asked after six and twelve months, and restated has its place too.

    Exit codes: 0 lived, with its report · 1 it could not be lived, with the reason · 9 the city could not go on.
    """
    settings = Settings()
    scene = _scene(settings)
    play = asked(scene, command="lotse demo", scale=scale, seed=seed, first=first, until=until, without=without or ())
    asyncio.run(_demo(settings, scene, play, Console(highlight=False, stderr=as_json), as_json=as_json))


def _scene(settings: Settings) -> Scene:
    try:
        return read_scene(settings.config)
    except CityMisconfigured as error:
        raise Refusal(str(error), remedy="LOTSE_CONFIG names the folder of a city's configuration.") from None


async def _demo(settings: Settings, scene: Scene, play: Play, console: Console, *, as_json: bool) -> None:
    began = time.monotonic()
    settings = _own(settings)
    continued = await asyncio.to_thread(prepare, Home(settings.home), play)
    if continued:
        console.print(f"Going on with the year that was interrupted in {settings.home}.")
    with Progress(console) as progress:
        shown = YearShown(console, progress, Home(settings.home), CITY)

        async def live(stack: Stack) -> None:
            progress.settle()
            await shown.watch(stack, play.until)
            found = await asyncio.to_thread(figures, stack.settings, play)
            report = found | {"scale": play.scale, "seconds": round(time.monotonic() - began, 1)}
            _write(report)
            finish(stack.home)
            _conclude(console, report, scene, play, as_json=as_json)
            await asyncio.to_thread(require_whole, stack.settings)
            if sys.stdin.isatty() and sys.stdout.isatty():
                await _stay(console, stack)

        stack = Stack(
            settings,
            clock=ClockKind.SIMULATED,
            start=play.first,
            namespace=play.namespace,
            extra=lambda s, _, h: simulation(s, h, scene, play),
            report=shown,
        )
        await attend(stack, live)


def simulation(settings: Settings, home: Home, scene: Scene, play: Play) -> Sequence[Node]:
    """The agencies and the city. They are told where Kafka and the public addresses are, and nothing more."""
    agencies = tuple(agency for agency in scene.city.agency_ids if agency not in play.without)
    config = {"LOTSE_CONFIG": str(settings.config.absolute())}
    urls = ",".join(f"{name}={settings.url(name)}" for name in (*SERVICES, "calendar"))
    kafka = config | {"LOTSE_KAFKA": settings.kafka_address, "LOTSE_SEED": str(play.seed)}
    return (
        *(
            Part(name=name, command=python("simulation.agency", name), environment=kafka, after=("topics",))
            for name in agencies
        ),
        Part(
            name=CITY,
            command=python("simulation.city", *play.arguments),
            environment=config | {"LOTSE_SERVICES": urls, "LOTSE_HOME": str(home.path)},
            after=(*SERVICES, "calendar", *agencies),
            restart=Restart.ON_FAILURE,
        ),
    )


def _own(settings: Settings) -> Settings:
    """The demo's own home; ports that are taken are left to their owners, unless somebody asked for them by name."""
    own = settings.model_copy(update={"home": settings.home / DEMO, "fsync": False})
    free = on_free_ports(own)
    chosen = {f"{part}_port" for part in PARTS} & settings.model_fields_set
    taken = {f"{part}_port": free.port(part) for part in PARTS if not is_free(own.port(part))}
    return own.model_copy(update={name: port for name, port in taken.items() if name not in chosen})


def _write(report: dict[str, Any]) -> None:
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    new = REPORT.with_suffix(".new")
    new.write_text(json.dumps(report, indent=2) + "\n")
    new.replace(REPORT)


def _conclude(console: Console, report: dict[str, Any], scene: Scene, play: Play, *, as_json: bool) -> None:
    console.print(table(report, scene, scale=play.scale, until=play.until))
    console.print(f"{REPORT}, after {report['seconds']:.0f} s")
    console.print("Look closer: lotse check --demo --kinds; the city again: lotse up --demo.")
    if as_json:
        typer.echo(json.dumps(report, indent=2))


async def _stay(console: Console, stack: Stack) -> None:
    for service in (*SERVICES, "calendar"):
        console.print(f"  {service:<12} {stack.settings.url(service)}/docs")
    console.print(f"  {'the page':<12} {stack.settings.url('reporting')}/")
    console.print("Up until Ctrl-C.")
    await asyncio.Event().wait()
