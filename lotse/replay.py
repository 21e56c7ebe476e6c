"""`lotse replay`: rebuilds a service's tables from the topics and compares them with what the service has."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from lotse.home_asked import Demo, asked
from lotse.refusal import Refusal
from lotse.served import served
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
    demo: Demo = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Rebuild a service's tables from the topics alone and compare them with its own. Nothing is published.

    Where nothing runs on the home, PostgreSQL and Kafka are started for it, and ended.

    Exit codes: 0 identical, or restored · 1 they differ, or a restore was refused · 3 no comparison could be made.
    """
    if service not in {*SERVICES, ALL}:
        raise typer.BadParameter(f"{service} is no service; there are {', '.join(SERVICES)} and {ALL}")
    found = asyncio.run(_replay(asked(demo=demo), SERVICES if service == ALL else (service,), restore=restore))
    if as_json:
        said = [asdict(one) for one in found]
        typer.echo(json.dumps(said if service == ALL else said[0], indent=2))
    else:
        _print(found)
    raise typer.Exit(0 if all(one.well for one in found) else DIFFERS)


async def _replay(settings: Settings, services: Sequence[str], *, restore: bool) -> list[Replayed]:
    """One after the other; where nothing runs on the home, its servers are started for it."""
    async with served(settings) as there:
        if restore:
            _require_stopped(there, services)
        installation = Home(there.home).read()
        if installation is None:
            raise ReplayFailed(f"{there.home} holds no installation.", remedy="LOTSE_HOME names its folder.")
        return [await asyncio.to_thread(replay_service, there, installation, s, restore=restore) for s in services]


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


def _require_stopped(settings: Settings, services: Sequence[str]) -> None:
    for service in services:
        if not is_free(settings.port(service)):
            raise StillRunning(
                f"{service} still runs on port {settings.port(service)}: its tables cannot be replaced under it.",
                remedy="Stop lotse; `lotse replay` starts the servers alone where nothing runs.",
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
