"""`lotse check`: says what it compared, and every violation with its place."""

import asyncio
import json
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from lotse.asking import Operator, account
from lotse.check.comparing import city_of, compare
from lotse.check.findings import KEPT, Findings, Kind, Row
from lotse.check.kinds import Kinds
from lotse.home_asked import Demo, asked
from lotse.refusal import Refusal
from lotse.replay import Replayed, replay_service
from lotse.served import served
from lotse.settings import SERVICES, Settings


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    demo: Demo = False,
    replay: Annotated[bool, typer.Option("--replay", help="Rebuild the four services' tables too.")] = False,
    figures: Annotated[bool, typer.Option(help="Ask reporting too; without, the two servers are enough.")] = True,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="Count every kind of message, and name what never came.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds until the city must be at rest.")] = 30.0,
) -> None:
    """Compare ledgers, topics, consumers and read models, and say what was compared.

    Where nothing runs on the home, PostgreSQL, Kafka and reporting are started for it, and ended.

    Exit codes: 0 all was compared and agrees · 1 violations · 3 something could not be compared.
    """
    settings = asked(demo=demo)
    began = time.monotonic()
    try:
        findings = asyncio.run(_check(settings, figures=figures, replay=replay, wait=wait))
    except Refusal as error:
        if as_json:
            typer.echo(json.dumps({"clean": False, "error": error.what, "remedy": error.remedy}, indent=2))
            raise typer.Exit(error.exit_code) from None
        raise
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        typer.echo(json.dumps(as_dict(findings, seconds), indent=2))
    else:
        _print(findings, seconds, kinds=kinds)
    raise typer.Exit(findings.exit_code)


async def _check(settings: Settings, *, figures: bool, replay: bool, wait: float) -> Findings:
    operator = Operator(account(), "lotse check") if figures else None
    async with served(settings, *(["reporting"] if figures else [])) as there:
        city = city_of(there)
        findings = await compare(city, patience=wait, operator=operator)
        for service in SERVICES if replay else ():
            replayed = await asyncio.to_thread(replay_service, there, city.installation, service)
            note_replay(replayed, findings)
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
        "kinds": {
            "occurred": findings.kinds.occurred(),
            "absent": findings.kinds.absent(),
            "absent_codes": findings.kinds.absent_codes(),
            "dead_letters": findings.kinds.dead_letters,
        },
        "seconds": seconds,
    }


def _print(findings: Findings, seconds: float, *, kinds: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(row.name) for row in findings.rows)
    for row in findings.rows:
        result, style = _result(row)
        console.print(Text.assemble((f"{result:>14}", style), f"  {row.name:<{width}}  {row.reason or row.compared}"))
    if kinds:
        _print_kinds(findings.kinds, console)
    for note in findings.notes:
        console.print(f"note: {note}", markup=False)
    for one in findings.kept:
        console.print(f"{one.kind.value}  {one.place}  {one.words}", markup=False)
    for kind, count in findings.counts.items():
        if count > KEPT:
            console.print(f"{kind.value}: {count - KEPT:,} more", markup=False)
    console.print(_verdict(findings, seconds), markup=False)


def _print_kinds(kinds: Kinds, console: Console) -> None:
    for name, count in kinds.occurred().items():
        console.print(f"{count:>14,}  {name}", markup=False)
    for topic, count in kinds.dead_letters.items():
        console.print(f"{count:>14,}  dead letters in {topic}", markup=False)
    for code in kinds.absent_codes():
        console.print(f"{'never':>14}  {code}", markup=False)


def _result(row: Row) -> tuple[str, str]:
    """In words, with the style."""
    if row.reason is not None:
        return "not compared", "yellow"
    return (f"{row.violations:,} violations", "bold red") if row.violations else ("agrees", "green")


def _verdict(findings: Findings, seconds: float) -> str:
    missed = len(list(findings.incomplete))
    words = f"{len(findings.rows) - missed} comparisons in {seconds} s, {findings.violations:,} violations"
    return f"{words}, {missed} not made." if missed else f"{words}."
