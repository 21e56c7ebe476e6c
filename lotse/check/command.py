"""`lotse check`: says what it compared, and every violation with its place."""

import asyncio
import json
import time
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from lotse.asking import Operator, account
from lotse.check.comparing import City, city_of, compare
from lotse.check.findings import KEPT, Findings, Kind
from lotse.refusal import Refusal
from lotse.replay import Replayed, replay_service
from lotse.settings import SERVICES, Settings

DEMO: Final = "demo"
"""The demo's home, below LOTSE_HOME."""


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="The demo's home, below LOTSE_HOME.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="Rebuild the four services' tables too.")] = False,
    figures: Annotated[bool, typer.Option(help="Ask reporting; without, the servers alone are enough.")] = True,
    wait: Annotated[float, typer.Option(help="Seconds until the city must be at rest.")] = 30.0,
) -> None:
    """Compare ledgers, topics, consumers and read models, and say what was compared.

    Exit codes: 0 all was compared and agrees · 1 violations · 3 something could not be compared.
    """
    settings = Settings()
    if demo:
        settings = settings.model_copy(update={"home": settings.home / DEMO})
    began = time.monotonic()
    try:
        findings = _check(city_of(settings), figures=figures, replay=replay, wait=wait)
    except Refusal as error:
        if as_json:
            typer.echo(json.dumps({"clean": False, "error": error.what, "remedy": error.remedy}, indent=2))
            raise typer.Exit(error.exit_code) from None
        raise
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        typer.echo(json.dumps(as_dict(findings, seconds), indent=2))
    else:
        _print(findings, seconds)
    raise typer.Exit(findings.exit_code)


def _check(city: City, *, figures: bool, replay: bool, wait: float) -> Findings:
    operator = Operator(account(), "lotse check") if figures else None
    findings = asyncio.run(compare(city, patience=wait, operator=operator))
    for service in SERVICES if replay else ():
        note_replay(replay_service(city.settings, city.installation, service), findings)
    return findings


def note_replay(replayed: Replayed, findings: Findings) -> None:
    """A replay as one comparison; each table that differs is a violation."""
    for table in replayed.tables:
        if table.first_difference is not None:
            words = f"{table.live} rows, rebuilt {table.rebuilt}; first difference at {table.first_difference}"
            findings.add(Kind.REPLAY, f"{replayed.service}: {table.table}", words)
    rows = sum(table.rebuilt for table in replayed.tables)
    compared = f"{replayed.events:,} events, {len(replayed.tables)} tables, {rows:,} rows: rebuilt = live"
    findings.row(f"replay of {replayed.service}", compared, Kind.REPLAY)


def as_dict(findings: Findings, seconds: float) -> dict[str, Any]:
    """For programs. `violations` counts all; `listed` has the first of each kind."""
    return {
        "clean": findings.exit_code == 0,
        "violations": findings.violations,
        "by_kind": {kind.value: count for kind, count in findings.counts.items()},
        "compared": [
            {"name": row.name, "compared": row.compared, "violations": row.violations, "reason": row.reason}
            for row in findings.rows
        ],
        "listed": [asdict(one) for one in findings.kept],
        "notes": findings.notes,
        "seconds": seconds,
    }


def _print(findings: Findings, seconds: float) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("compared")
    table.add_column("")
    table.add_column("result", justify="right")
    for row in findings.rows:
        table.add_row(row.name, row.compared if row.reason is None else row.reason, _result(row.violations, row.reason))
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for note in findings.notes:
        console.print(f"note: {note}", markup=False)
    for one in findings.kept:
        console.print(f"{one.kind.value}  {one.place}  {one.words}", markup=False)
    for kind, count in findings.counts.items():
        if count > KEPT:
            console.print(f"{kind.value}: {count - KEPT:,} more", markup=False)
    console.print(_verdict(findings, seconds), markup=False)


def _result(violations: int, reason: str | None) -> str:
    if reason is not None:
        return "[yellow]not compared"
    return f"[bold red]{violations:,} violations" if violations else "[green]agrees"


def _verdict(findings: Findings, seconds: float) -> str:
    missed = len(list(findings.incomplete))
    words = f"{len(findings.rows) - missed} comparisons in {seconds} s, {findings.violations:,} violations"
    return f"{words}, {missed} not made." if missed else f"{words}."
