"""`lotse report`: the figures that reporting computes, as it tells them."""

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lotse.refusal import Refusal
from lotse.settings import HOST, Settings
from lotse.stack.http import get

MINOR_UNITS = "_minor"


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(*, as_json: Annotated[bool, typer.Option("--json", help="As reporting answers it.")] = False) -> None:
    """Print the press release's figures. Exit code 1: reporting does not answer."""
    figures = asyncio.run(figures_of(Settings()))
    if as_json:
        typer.echo(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        Console(highlight=False).print(table(figures))


async def figures_of(settings: Settings) -> dict[str, Any]:
    """What GET /report of reporting answers. Raises `Refusal`."""
    try:
        status, body = await get(HOST, settings.reporting_port, "/report")
    except OSError:
        raise Refusal(
            f"Reporting does not answer at {settings.url('reporting')}.",
            remedy="Start it: lotse up. If it runs on another port: LOTSE_REPORTING_PORT=<port>",
        ) from None
    if status != 200:
        raise Refusal(
            f"Reporting answered {status} to GET /report.", remedy="`lotse status` tells what it is waiting for."
        )
    figures: dict[str, Any] = json.loads(body)
    return figures


def table(figures: dict[str, Any]) -> Table:
    """Every figure in a row, those that cannot be told with their reason."""
    told = Table(show_header=False, caption=figures.get("definitions"), caption_justify="left")
    told.add_column(style="bold")
    told.add_column(justify="right")
    reasons = figures.get("reasons") or {}
    for name, value in figures.items():
        if name not in {"definitions", "reasons"}:
            told.add_row(name.replace("_", " "), _told(name, value, reasons.get(name, "")))
    return told


def _told(name: str, value: Any, reason: str) -> str:
    match value:
        case None:
            return f"n/a {f'({reason})' if reason else ''}".strip()
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith(MINOR_UNITS):
            return f"{value / 100:,.2f}"
        case int():
            return f"{value:,}"
        case dict():
            return "\n".join(f"{key} {_told(str(key), inner, '')}" for key, inner in value.items())
        case _:
            return str(value)
