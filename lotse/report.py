"""`lotse report`: the press release's figures, as reporting computes them from events."""

import asyncio
import json
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.console import Console

from lotse.asking import Operator, account, ask
from lotse.home_asked import Demo, asked, elsewhere
from lotse.rates_table import rates_table
from lotse.report_table import table
from lotse.served import served
from lotse.settings import Settings

MONTH = "YYYY-MM"


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    *,
    first: Annotated[str | None, typer.Option("--from", metavar=MONTH, help="First month of the period.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar=MONTH, help="Its last month.")] = None,
    month: Annotated[str | None, typer.Option(metavar=MONTH, help="Whose last day is counted.")] = None,
    demo: Demo = False,
    as_json: Annotated[bool, typer.Option("--json", help="As reporting answers it, with its `rates`.")] = False,
) -> None:
    """Print recipients, expenditure, referrals, placements, integrations and rates. Without months: the last twelve.

    Payments, placements and integrations are of the period, all else is of the last day of `--month`, or of today
    while that month runs. What cannot be told yet is n/a, with the reason.

    Where nothing runs on the home, PostgreSQL, Kafka and reporting are started for it, and ended.

    Exit codes: 0 told · 1 reporting refused · 3 reporting does not answer.
    """
    settings = asked(demo=demo)
    if elsewhere(settings, demo=demo):
        found = _both(settings, first=first, last=last, month=month)
    else:
        found = asyncio.run(_started(settings, first=first, last=last, month=month))
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(table(found))
    console.print(rates_table(found["rates"]))


async def _started(settings: Settings, *, first: str | None, last: str | None, month: str | None) -> dict[str, Any]:
    async with served(settings, "reporting") as there:
        return await asyncio.to_thread(_both, there, first=first, last=last, month=month)


def _both(settings: Settings, *, first: str | None, last: str | None, month: str | None) -> dict[str, Any]:
    """What GET /report answers, with what GET /rates answers as `rates`."""
    figures = figures_of(settings, first=first, last=last, month=month)
    period = urlencode({"from": figures["from"], "to": figures["to"]})
    return figures | {
        "rates": ask(settings, "reporting", f"/rates?{period}", operator=Operator(account(), "lotse report"))
    }


def figures_of(settings: Settings, *, first: str | None, last: str | None, month: str | None) -> dict[str, Any]:
    """What GET /report of reporting answers. Months are `2002-03`. Raises `DoesNotAnswer` and `Refused`."""
    months = {"from": first, "to": last, "month": month}
    query = urlencode({name: value for name, value in months.items() if value is not None})
    operator = Operator(account(), "lotse report")
    figures: dict[str, Any] = ask(settings, "reporting", f"/report?{query}", operator=operator)
    return figures
