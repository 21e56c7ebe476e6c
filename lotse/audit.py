"""`lotse audit`: who read or wrote a client's file, in every service, merged by time. No name, no content."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer

from contracts.words import is_uuid
from lotse.asking import Operator, account, ask
from lotse.home_asked import Demo, asked_running
from lotse.refusal import Refusal
from lotse.settings import Settings

NOBODY: Final = 1
ASKED: Final = ("intake", "casework", "referrals")
"""The services that hold files; reporting has figures only."""
PAGE: Final = 1000
COLUMNS: Final = ("day", "clock", "service", "what", "who", "office", "department", "purpose", "address")
_DAY: Final[dict[str, Any]] = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD"}
Begins = Annotated[datetime | None, typer.Option("--from", help="The first business day.", **_DAY)]
Ends = Annotated[datetime | None, typer.Option("--to", help="The last one.", **_DAY)]
Access = dict[str, Any]


class NoId(Refusal):
    """Clients are asked for by their id: a name would stand in shells' histories."""


def register(app: typer.Typer) -> None:
    app.command("audit")(audit)


def audit(
    person: Annotated[str, typer.Argument(help="A client's id.")],
    *,
    begins: Begins = None,
    ends: Ends = None,
    actor: Annotated[str, typer.Option(help="Who asks; your account if left out.")] = "",
    department: Annotated[str, typer.Option(help="For files of young people's services: young_people.")] = "operator",
    demo: Demo = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell who read or wrote a client's file, when and for what purpose, in all services. Asking is recorded too.

    Exit codes: 0 told · 1 nobody did, or no such id · 3 a service does not answer.
    """
    if not is_uuid(person):
        raise NoId(
            f"{person} is no client's id.", remedy="POST /clients/search of casework finds it by name or file number."
        )
    operator = Operator(actor or account(), "lotse audit", department)
    days = {name: f"{day:%Y-%m-%d}" for name, day in (("from", begins), ("to", ends)) if day is not None}
    found = merged(asked_running(demo=demo), person, days, operator)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _print(found)
    raise typer.Exit(0 if found else NOBODY)


def merged(settings: Settings, person: str, days: Mapping[str, str], operator: Operator) -> list[Access]:
    """Every service's accesses by the clock. Raises `DoesNotAnswer`: a list with a gap would look whole."""
    found: list[Access] = []
    for service in ASKED:
        for count, page in enumerate(pages(settings, service, person, days, operator), 1):
            found += ({"service": service, **one} for one in page)
            if count > 1:
                typer.echo(f"{service}: {count * PAGE:,} and more …", err=True)
    return sorted(found, key=lambda one: (datetime.fromisoformat(one["at"]), one["service"], one["id"]))


def pages(
    settings: Settings, service: str, person: str, days: Mapping[str, str], operator: Operator
) -> Iterator[list[Access]]:
    """What one service tells, page by page, but for this very question: each page records one more."""
    after: int | None = 0
    while after is not None:
        query = urlencode({"person": person, "after": after, "limit": PAGE, **days})
        page = ask(settings, service, f"/audit?{query}", operator=operator)
        yield page["accesses"]
        after = page["after"]


def _print(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        typer.echo("Nobody read or wrote this file, or there is none. Accesses are kept for the city's `audit_days`;")
        typer.echo("a file of young people's services alone is told with --department young_people.")
        return
    rows = [COLUMNS, *(_row(one) for one in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:  # whole, however narrow the terminal: a purpose that is cut off says nothing
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    typer.echo(f"{len(found):,} accesses by {len({one['actor'] for one in found}):,} accounts. `--json` has the ids.")


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    what = one["action"] if one["outcome"] == "done" else f"{one['action']}, refused"
    clock = f"{datetime.fromisoformat(one['at']):%Y-%m-%d %H:%M:%S}"
    who = (one["actor"], one["office"], one["department"], one["purpose"], one["route"])
    return (one["day"], clock, one["service"], what, *who)
