"""`lotse dlq`: dead letters and parked clients, through the services' own addresses. Content is never shown."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from lotse.asking import Operator, Refused, account, ask
from lotse.check.comparing import city_of
from lotse.home_asked import Demo, asked_running
from lotse.letters import letter_counts, letters_of, place_of
from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings

NOT_ALL: Final = 1
EXITS: Final = (
    "Exit codes: 0 done · 1 not found, refused, or still waiting · 3 a service or the broker does not answer."
)


class ServiceName(StrEnum):
    INTAKE = "intake"
    CASEWORK = "casework"
    REFERRALS = "referrals"
    REPORTING = "reporting"


AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Only = Annotated[ServiceName | None, typer.Option("--service", help="This service only; all if left out.")]
Actor = Annotated[str, typer.Option(help="Who orders it; your account if left out.")]
Subject = Annotated[str, typer.Argument(help="A parked client's id, from `lotse dlq list`.")]


class NotParked(Refusal):
    """Nobody of that id waits anywhere."""


class Ambiguous(Refusal):
    """Parked in several services; a record is given up in one at a time."""


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help=f"Messages that could not be applied, and the clients parked by them. {EXITS}")
    for command in (show_list, show, redrive, discard):
        commands.command(command.__name__.removeprefix("show_"), epilog=EXITS)(command)
    app.add_typer(commands, name="dlq", no_args_is_help=True)


def show_list(*, service: Only = None, actor: Actor = "", demo: Demo = False, as_json: AsJson = False) -> None:
    """Who is parked where, since when and why; and how many dead letters each topic has."""
    settings, operator = asked_running(demo=demo), Operator(actor or account(), "lotse dlq list")
    found = parked(settings, _services(service), operator)
    letters = asyncio.run(letter_counts(settings, _services(service)))
    if as_json:
        typer.echo(json.dumps({"parked": found, "dead_letters": letters}, indent=2))
        return
    _print_parked(found)
    for topic, count in (letters or {}).items():
        typer.echo(f"{topic}: {count:,} dead letters")
    if letters is None:
        typer.echo("The dead-letter topics were not counted: the broker does not answer.")


def show(
    subject: Subject, *, service: Only = None, actor: Actor = "", demo: Demo = False, as_json: AsJson = False
) -> None:
    """A parked client's queue in order, and where each failed record's untouched bytes lie."""
    settings, operator = asked_running(demo=demo), Operator(actor or account(), "lotse dlq show")
    queues = {
        name: ask(settings, name, f"/parked/{subject}", operator=operator)
        for name in _where(settings, _services(service), subject, operator)
    }
    rows = [row | {"service": name} for name, queue in queues.items() for row in queue]
    letters = asyncio.run(letters_of(city_of(settings), rows))
    rows = [row | {"dead_letter": letters.get(place_of(row))} for row in rows]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print_queue(rows)


def redrive(
    subject: Annotated[str | None, typer.Argument(help="A parked client's id; or --all.")] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Everyone who is parked.")] = False,
    reason: Annotated[str, typer.Option(help="What has changed, for the audit: no personal data.")] = "redriven",
    service: Only = None,
    actor: Actor = "",
    demo: Demo = False,
    as_json: AsJson = False,
) -> None:
    """Apply the queue again, in order, once its cause is mended. Stops at the first record that fails."""
    if (subject is None) == (not everyone):
        raise typer.BadParameter("name one parked client, or --all")
    settings, operator = asked_running(demo=demo), Operator(actor or account(), reason)
    if subject is None:
        wanted = [(one["service"], one["subject"]) for one in parked(settings, _services(service), operator)]
    else:
        wanted = [(name, subject) for name in _where(settings, _services(service), subject, operator)]
    done = [_redrive(settings, name, who, operator) for name, who in wanted]
    if as_json:
        typer.echo(json.dumps(done, indent=2))
    else:
        for one in done:
            why = f": {one['reason']}" if one["reason"] else ""
            typer.echo(f"{one['service']}  {one['subject']}  {one['applied']} applied, {one['waiting']} wait{why}")
        typer.echo(f"{len(done)} redriven.")
    raise typer.Exit(NOT_ALL if any(one["waiting"] for one in done) else 0)


def discard(
    subject: Subject,
    *,
    reason: Annotated[str, typer.Option(help="Why it may be lost, for the audit: no personal data.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    service: Only = None,
    actor: Actor = "",
    demo: Demo = False,
    as_json: AsJson = False,
) -> None:
    """Give up the record at the head of a client's queue: its effects never happen in that service."""
    settings, operator = asked_running(demo=demo), Operator(actor or account(), reason)
    where = _where(settings, _services(service), subject, operator)
    if len(where) > 1:
        raise Ambiguous(f"{subject} is parked in {' and '.join(where)}.", remedy="Say where: --service <service>")
    queue = ask(settings, where[0], f"/parked/{subject}", operator=operator)
    if not queue:
        raise NotParked(f"{subject} has no queued record in {where[0]}.", remedy="`lotse dlq redrive` releases it.")
    place = f"{queue[0]['topic']}/{queue[0]['partition']}@{queue[0]['offset']}"
    if not yes:
        typer.confirm(f"Discard {place} in {where[0]} for good?", abort=True, err=as_json)
    told = ask(settings, where[0], f"/parked/{subject}/discard", operator=operator, body={"reason": reason})
    if as_json:
        typer.echo(json.dumps({"service": where[0], "subject": subject} | told, indent=2))
    else:
        typer.echo(f"{where[0]}  {subject}  {place} discarded, {told['waiting']} wait. Redrive what follows it.")


def parked(settings: Settings, services: Sequence[str], operator: Operator) -> list[dict[str, Any]]:
    """Parked clients of these services, the oldest first. Raises `DoesNotAnswer`."""
    return [
        {"service": service, **row}
        for service in services
        for row in ask(settings, service, "/parked", operator=operator)
    ]


def _services(only: ServiceName | None) -> tuple[str, ...]:
    return SERVICES if only is None else (only.value,)


def _where(settings: Settings, services: Sequence[str], subject: str, operator: Operator) -> list[str]:
    """The services where a client is parked. Raises `NotParked`."""
    found = [one["service"] for one in parked(settings, services, operator) if one["subject"] == subject]
    if not found:
        raise NotParked(
            f"{subject} is parked in none of {', '.join(services)}.", remedy="`lotse dlq list` shows who is."
        )
    return found


def _redrive(settings: Settings, service: str, subject: str, operator: Operator) -> dict[str, Any]:
    """One client's queue. Who was redriven with a merged one before is done."""
    nothing = {"service": service, "subject": subject, "applied": 0, "waiting": 0, "reason": None}
    try:
        told = ask(
            settings, service, f"/parked/{subject}/redrive", operator=operator, body={"reason": operator.purpose}
        )
    except Refused as error:
        if error.code == "not_parked":
            return nothing
        raise
    return nothing | {name: told[name] for name in ("applied", "waiting", "reason")}


def _print_parked(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        typer.echo("Nobody is parked.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("service", "client", "since", "waiting", "attempts", "reason"):
        table.add_column(column, justify="right" if column in {"waiting", "attempts"} else "left")
    for one in found:
        attempts = str(one["attempts"] or 0)
        table.add_row(one["service"], one["subject"], one["since"], str(one["waiting"]), attempts, one["reason"])
    Console(highlight=False, markup=False, soft_wrap=True).print(table)
    typer.echo("`lotse dlq show <client>`; once the cause is mended: `lotse dlq redrive <client>`.")


def _print_queue(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        typer.echo(f"{row['service']}  {row['topic']}/{row['partition']}@{row['offset']}  attempts {row['attempts']}")
        if row["reason"] is None:
            typer.echo("  waits behind a record that failed")
            continue
        typer.echo(f"  failed first {row['first_failed_at']}: {row['reason']}")
        lies = row["dead_letter"]
        if lies is None:
            typer.echo("  its dead letter is not there any more, or not yet")
        else:
            typer.echo(f"  untouched bytes: {lies['topic']}/{lies['partition']}@{lies['offset']}")
