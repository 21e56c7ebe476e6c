"""`lotse release`: the months that are final, as files, and whether they follow from the topics."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from lotse.asking import Operator, account, ask, download
from lotse.home_asked import Demo, asked, elsewhere
from lotse.refusal import Refusal
from lotse.served import served
from lotse.settings import Settings
from lotse.stack.city import service_environment
from lotse.stack.home import Home
from lotse.stack.part import inherited, python

DIFFERS: Final = 1
KINDS: Final = ("json", "csv")
released = typer.Typer(help="Months that are final: list, show, write and verify them.", no_args_is_help=True)
Month = Annotated[str, typer.Argument(metavar="YYYY-MM", help="A month that is released.")]
Months = Annotated[list[str] | None, typer.Argument(metavar="[YYYY-MM]...", help="All without.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


class NotVerified(Refusal):
    """No comparison could be made."""

    exit_code = 3


def register(app: typer.Typer) -> None:
    app.add_typer(released, name="release")


@released.command("list")
def list_releases(*, demo: Demo = False, as_json: AsJson = False) -> None:
    """Tell which months are final, and which should be.

    Exit codes: 0 all that should be are · 1 one is not, or reporting refused · 3 reporting does not answer.
    """
    found = asyncio.run(_ask(asked(demo=demo), "/releases", demo=demo))
    months, parked = found["waiting"]["months"], found["waiting"]["parked"]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _print([(one["month"], version) for one in found["releases"] for version in one["versions"]])
        if months:
            why = f"{parked} parked subjects: `lotse dlq list`" if parked else "the next day that starts releases them"
            typer.echo(f"Not released yet: {', '.join(months)}. {why}.", err=True)
    raise typer.Exit(DIFFERS if months else 0)


@released.command("show")
def show(month: Month, *, demo: Demo = False, as_json: AsJson = False) -> None:
    """Tell the versions of a month. Exit codes: 0 told · 1 it is not released · 3 reporting does not answer."""
    found = asyncio.run(_ask(asked(demo=demo), f"/releases/{month}", demo=demo))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _print([(found["month"], version) for version in found["versions"]])


@released.command("write")
def write(
    folder: Annotated[Path, typer.Argument(help="Is made; files of the same names are replaced.")],
    months: Months = None,
    *,
    demo: Demo = False,
    as_json: AsJson = False,
) -> None:
    """Write releases and restatements as JSON and CSV, with the code book. The same release is the same bytes.

    Exit codes: 0 written · 1 a month is not released · 3 reporting does not answer.
    """
    names = asyncio.run(_write(asked(demo=demo), folder, months or [], demo=demo))
    typer.echo(json.dumps(names, indent=2) if as_json else f"{len(names)} files in {folder}")


@released.command("verify")
def verify(months: Months = None, *, demo: Demo = False, as_json: AsJson = False) -> None:
    """Write releases anew from the topics, up to the offsets they name, and compare their digests.

    Where nothing runs on the home, PostgreSQL and Kafka are started for it, and ended. Nothing is published or changed.

    Exit codes: 0 identical · 1 a release differs · 3 no comparison could be made.
    """
    found = asyncio.run(_verify(asked(demo=demo), months or []))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        for one in found:
            fate = "identical" if one["identical"] else f"differs: the topics give {one['rebuilt']}"
            typer.echo(f"{one['month']} version {one['version']}: {fate}")
    raise typer.Exit(0 if all(one["identical"] for one in found) else DIFFERS)


@asynccontextmanager
async def _there(settings: Settings, *, demo: bool) -> AsyncIterator[Settings]:
    if elsewhere(settings, demo=demo):
        yield settings
        return
    async with served(settings, "reporting") as there:
        yield there


async def _ask(settings: Settings, path: str, *, demo: bool) -> Any:
    async with _there(settings, demo=demo) as there:
        return await asyncio.to_thread(ask, there, "reporting", path, operator=Operator(account(), "lotse release"))


async def _write(settings: Settings, folder: Path, months: list[str], *, demo: bool) -> list[str]:
    async with _there(settings, demo=demo) as there:
        return await asyncio.to_thread(_written, there, folder, months)


def _written(there: Settings, folder: Path, months: list[str]) -> list[str]:
    operator = Operator(account(), "lotse release")
    listed = ask(there, "reporting", "/releases", operator=operator)["releases"]
    for month in months:  # whoever names one that is not released is told so before anything is written
        ask(there, "reporting", f"/releases/{month}", operator=operator)
    files = {"codebook.json": "/releases/codebook.json"} | {
        f"{one['month']}-{version['version']}.{kind}": f"/releases/{one['month']}.{kind}?version={version['version']}"
        for one in listed
        if not months or one["month"] in months
        for version in one["versions"]
        for kind in KINDS
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        (folder / name).write_bytes(download(there, "reporting", path, operator=operator))
    return list(files)


async def _verify(settings: Settings, months: list[str]) -> list[dict[str, Any]]:
    async with served(settings) as there:
        return await asyncio.to_thread(_verified, there, months)


def _verified(settings: Settings, months: list[str]) -> list[dict[str, Any]]:
    """Runs reporting's own comparison in a process of its own."""
    home = Home(settings.home)
    installation, log = home.read(), home.log_of("release-verify")
    if installation is None:
        raise NotVerified(f"{settings.home} holds no installation.", remedy="LOTSE_HOME names its folder.")
    with log.open("ab") as output:
        process = subprocess.run(
            [*python("services.reporting.release.verify"), *months],
            env=inherited() | service_environment("reporting", settings, installation),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=False,
        )
    try:
        found: list[dict[str, Any]] = json.loads(process.stdout.strip().rpartition(b"\n")[2])
    except ValueError:
        raise NotVerified(
            f"The comparison ended without an answer (exit code {process.returncode}).",
            remedy=f"The reason is in {log}. PostgreSQL and Kafka of this LOTSE_HOME must run: `lotse doctor`.",
        ) from None
    if missing := set(months) - {one["month"] for one in found}:
        raise NotVerified(f"Not released: {', '.join(sorted(missing))}.", remedy="`lotse release list` shows what is.")
    return found


def _print(rows: list[tuple[str, dict[str, Any]]]) -> None:
    told = Table("month", "version", "told on", "SHA-256 of the file")
    for month, one in rows:
        kind = "release" if one["version"] == 1 else f"restatement {one['version'] - 1}"
        told.add_row(month, kind, one["told_on"], one["digest"])
    Console(highlight=False).print(told)
