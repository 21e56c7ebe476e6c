"""What one message costs PostgreSQL, by service: statements, planning, executing, commits, as the server logs them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import asyncpg

MESSAGES: Final = 50
_SETTINGS: Final = {"log_min_duration_statement": "0", "log_parameter_max_length": "0", "log_line_prefix": "'%d|'"}
_LINE: Final = re.compile(r"^(?P<name>\w+)\|LOG:  duration: (?P<ms>[\d.]+) ms  (?P<step>parse|bind|execute|statement)")
_SUMS: Final = ("statements", "planning_ms", "executing_ms", "commit_ms")


async def statements(superuser: str, log: Path, send: Callable[[], Awaitable[Any]]) -> dict[str, dict[str, float]]:
    """By database and message: `statements`; `planning_ms`, of them all; `executing_ms`; `commit_ms`."""
    admin = await asyncpg.connect(superuser)
    try:
        for name, value in _SETTINGS.items():
            await admin.execute(f"alter system set {name} = {value}")
        await admin.execute("select pg_reload_conf()")
        await send()  # everybody has heard of it
        begin = len(await asyncio.to_thread(log.read_bytes))
        for _ in range(MESSAGES):
            await send()
        lines = (await asyncio.to_thread(log.read_bytes))[begin:].decode(errors="replace")
    finally:
        for name in _SETTINGS:
            await admin.execute(f"alter system reset {name}")
        await admin.execute("select pg_reload_conf()")
        await admin.close()
    return _counted(lines)


def _counted(lines: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for line in lines.splitlines():
        if (match := _LINE.match(line)) is None:
            continue
        sums, ms = found.setdefault(match["name"], dict.fromkeys(_SUMS, 0.0)), float(match["ms"]) / MESSAGES
        if match["step"] in {"parse", "bind"}:
            sums["planning_ms"] += ms
            continue
        sums["statements"] += 1 / MESSAGES
        sums["commit_ms" if "commit" in line[match.end() :].lower()[:20] else "executing_ms"] += ms
    return {name: {what: round(value, 2) for what, value in sums.items()} for name, sums in sorted(found.items())}
