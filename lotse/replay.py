"""`lotse replay`: rebuilds a service's tables from the topics and compares them with what the service has."""

import json
import subprocess
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings
from lotse.stack.city import service_environment
from lotse.stack.home import Home, Installation
from lotse.stack.part import inherited, python
from lotse.stack.ports import is_free

ALL: Final = "all"
DIFFERS: Final = 1


class ReplayFailed(Refusal):
    """The replay ended without an answer."""

    exit_code = 3


class StillRunning(Refusal):
    """What is being written to cannot be replaced."""


@dataclass(frozen=True, slots=True)
class TableReplayed:
    """Rows as the service has them and as rebuilt; `first_difference`: the key of the first row that differs."""

    table: str
    live: int
    rebuilt: int
    digest: str
    first_difference: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    service: str
    identical: bool
    restored: bool
    events: int
    tables: tuple[TableReplayed, ...]

    @property
    def well(self) -> bool:
        return self.identical or self.restored


def register(app: typer.Typer) -> None:
    app.command("replay")(replay)


def replay(
    service: Annotated[str, typer.Argument(help="intake, casework, referrals, reporting, or all.")],
    *,
    restore: Annotated[bool, typer.Option("--restore", help="Put the rebuilt tables in place; stop it first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Rebuild a service's tables from the topics alone and compare them with its own. Nothing is published.

    Exit codes: 0 identical, or restored · 1 they differ, or a restore was refused · 3 no comparison could be made.
    """
    if service not in {*SERVICES, ALL}:
        raise typer.BadParameter(f"{service} is no service; there are {', '.join(SERVICES)} and {ALL}")
    settings = Settings()
    installation = _installation(settings)
    wanted = SERVICES if service == ALL else (service,)
    if restore:
        _require_stopped(settings, wanted)
    found = [replay_service(settings, installation, name, restore=restore) for name in wanted]
    if as_json:
        said = [asdict(one) for one in found]
        typer.echo(json.dumps(said if service == ALL else said[0], indent=2))
    else:
        _print(found)
    raise typer.Exit(0 if all(one.well for one in found) else DIFFERS)


def replay_service(settings: Settings, installation: Installation, service: str, *, restore: bool = False) -> Replayed:
    """Runs the service's own replay in a process of its own. Raises `ReplayFailed`."""
    log = Home(settings.home).log_of(f"replay-{service}")
    with log.open("ab") as output:
        process = subprocess.run(
            [*python("services.runtime.replay", service), *(["--restore"] if restore else [])],
            env=inherited() | service_environment(service, settings, installation),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=False,
        )
    try:
        return _replayed(json.loads(process.stdout.strip().rpartition(b"\n")[2]))
    except (ValueError, KeyError, TypeError):
        raise ReplayFailed(
            f"The replay of {service} ended without an answer (exit code {process.returncode}).",
            remedy=f"The reason is in {log}. PostgreSQL and Kafka of this LOTSE_HOME must run: `lotse doctor`.",
        ) from None


def _replayed(answer: dict[str, Any]) -> Replayed:
    return Replayed(
        service=answer["service"],
        identical=answer["identical"],
        restored=answer["restored"],
        events=answer["events"],
        tables=tuple(TableReplayed(**table) for table in answer["tables"]),
    )


def _installation(settings: Settings) -> Installation:
    home = Home(settings.home)
    installation = home.read()
    if installation is None:
        raise ReplayFailed(
            f"Nothing was ever started in {home.path}.", remedy="LOTSE_HOME names the folder of an installation."
        )
    return installation


def _require_stopped(settings: Settings, services: tuple[str, ...]) -> None:
    for service in services:
        if not is_free(settings.port(service)):
            raise StillRunning(
                f"{service} still runs on port {settings.port(service)}: its tables cannot be replaced under it.",
                remedy="Stop the stack, start the servers alone, and restore then (docs/operations.md).",
            )


def _print(found: list[Replayed]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for one in found:
        fate = "restored" if one.restored else "identical" if one.identical else "different"
        console.print(f"{one.service}: {one.events:,} events, {fate}", style="bold")
        width = max((len(table.table) for table in one.tables), default=0)
        for table in one.tables:
            same = table.first_difference is None
            words = "identical" if same else f"rebuilt {table.rebuilt:,}; first difference at {table.first_difference}"
            console.print(f"  {table.table:<{width}}  {table.live:>9,} rows  {words}", markup=False)
