"""`lotse status`: each part, whether it runs, is ready, and how far behind it is."""

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Annotated, Final

import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from lotse.home_asked import Demo, asked
from lotse.settings import HOST, SERVICES, Settings
from lotse.stack import kafka, postgres
from lotse.stack.home import Home
from lotse.stack.http import get
from lotse.stack.ledger import Ledger, running

NOT_WELL: Final = 1
NOT_RUNNING: Final = "does not run"
"""Whoever listens on its port then is somebody else's."""


@dataclass(frozen=True, slots=True)
class PartStatus:
    """`lag` counts records not yet applied, `outbox_age` is in seconds; both are None where a part has none."""

    part: str
    pid: int | None
    up: bool
    ready: bool
    lag: int | None = None
    outbox_age: float | None = None
    parked: int | None = None
    stopped_partitions: int | None = None
    problem: str = ""


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    *, demo: Demo = False, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """Tell how each part is. Exit code 0: all run and are ready; 1: one does not."""
    settings = asked(demo=demo)
    home = Home(settings.home)
    parts = asyncio.run(survey(settings, home))
    well = all(part.ready for part in parts)
    if as_json:
        said = {"home": str(home.path), "supervisor": home.holder(), "ready": well, "parts": [asdict(p) for p in parts]}
        typer.echo(json.dumps(said, indent=2))
    else:
        _print(parts, home)
    raise typer.Exit(0 if well else NOT_WELL)


async def survey(settings: Settings, home: Home) -> list[PartStatus]:
    """Every part of `lotse up`, and what else the ledger of this home has running."""
    pids = {entry.part: entry.pid for entry in Ledger(home.ledger).entries if running(entry)}
    served = [*SERVICES, "calendar"]
    others = [name for name in pids if name not in {postgres.NAME, kafka.NAME, *served}]
    return [
        await _postgres(settings, home, pids.get(postgres.NAME)),
        await _kafka(settings, pids.get(kafka.NAME)),
        *await asyncio.gather(*(_service(name, settings.port(name), pids.get(name)) for name in served)),
        *(PartStatus(name, pids[name], up=True, ready=True) for name in others),
    ]


async def _postgres(settings: Settings, home: Home, pid: int | None) -> PartStatus:
    installation = home.read()
    if installation is None:
        return PartStatus(postgres.NAME, pid, up=False, ready=False, problem="nothing was started in this home yet")
    try:
        ready = await postgres.answers(settings.postgres_port, installation.superuser_password)
    except OSError:
        ready = False
    return PartStatus(postgres.NAME, pid, up=pid is not None, ready=ready)


async def _kafka(settings: Settings, pid: int | None) -> PartStatus:
    if pid is None:
        return PartStatus(kafka.NAME, pid, up=False, ready=False, problem=NOT_RUNNING)
    try:
        ready = await kafka.answers(settings.kafka_address)
    except OSError:
        ready = False
    return PartStatus(kafka.NAME, pid, up=True, ready=ready)


async def _service(name: str, port: int, pid: int | None) -> PartStatus:
    if pid is None:
        return PartStatus(name, pid, up=False, ready=False, problem=NOT_RUNNING)
    try:
        code, body = await get(HOST, port, "/health/ready")
        metrics = _sums((await get(HOST, port, "/metrics"))[1])
    except OSError:
        return PartStatus(name, pid, up=True, ready=False, problem="does not answer")
    return PartStatus(
        name,
        pid,
        up=True,
        ready=code == 200,
        lag=_whole(metrics.get("lotse_lag_records")),
        outbox_age=metrics.get("lotse_outbox_age_seconds"),
        parked=_whole(metrics.get("lotse_parked_subjects")),
        stopped_partitions=_whole(metrics.get("lotse_stopped_partitions")),
        problem=_problem(code, body, metrics),
    )


def _problem(code: int, body: bytes, metrics: dict[str, float]) -> str:
    if code != 200:
        return _reasons(body)
    return "a release is held back: `lotse release list`" if metrics.get("lotse_publication_held") else ""


def _sums(exposition: bytes) -> dict[str, float]:
    """Each gauge, summed over its labels; empty for a part without metrics."""
    sums: dict[str, float] = {}
    try:
        for family in text_string_to_metric_families(exposition.decode()):
            for sample in family.samples:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    except ValueError:
        return {}
    return sums


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _reasons(body: bytes) -> str:
    try:
        checks = json.loads(body).get("checks", {})
    except (ValueError, AttributeError):
        return "not ready"
    return "; ".join(f"{name}: {found}" for name, found in checks.items() if found != "ok")


def _print(parts: list[PartStatus], home: Home) -> None:
    table = Table(title=f"{home.path}, supervisor {home.holder() or 'not running'}", title_justify="left")
    for column in ("part", "process", "ready", "lag", "outbox s", "parked", "stopped", ""):
        table.add_column(column, justify="left" if column in {"part", ""} else "right")
    for p in parts:
        age = "" if p.outbox_age is None else f"{p.outbox_age:.1f}"
        ready = "[green]yes" if p.ready else "[red]no"
        numbers = (_cell(p.lag), age, _cell(p.parked), _cell(p.stopped_partitions))
        table.add_row(p.part, _cell(p.pid), ready, *numbers, p.problem)
    Console().print(table)


def _cell(value: int | None) -> str:
    return "" if value is None else str(value)
