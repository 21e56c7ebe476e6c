"""What a service that only projects publishes: events over all its facts, decided once a day at one moment.

Facts and offsets are read in one REPEATABLE READ snapshot, and what follows from them is committed in the transaction
that took it: a fact that arrives meanwhile is in neither. A second process that does the same fails on the ledger's
row and begins anew, on what the first has published.
"""

from datetime import date
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime.database import transaction
from services.runtime.failpoint import failpoint
from services.runtime.runtime import Runtime
from services.runtime.service import Snapshot, Summarise, Summary
from services.runtime.telemetry import log
from services.runtime.unit import Unit

_READING = "set local idle_in_transaction_session_timeout = '10min'"
"""The transaction that lends its snapshot waits, and holds no lock: figures of a whole city take a while."""
_OFFSETS = """select topic || '/' || partition, next_offset from consumed_offset order by topic, partition"""


async def summarise(runtime: Runtime[Any], day: date) -> None:
    """Asks the service what follows from its facts, and publishes it."""
    ask, engine = runtime.service.summarise, runtime.engine
    if ask is None or engine is None:
        return
    async with transaction(runtime.pool, isolation="repeatable_read") as db:
        summary = await _asked(runtime, ask, engine, db, day)
        if summary.events:
            await db.execute(f"set local idle_in_transaction_session_timeout = '{_idle(runtime)}ms'")
            unit = Unit(runtime, db, today=day)
            await unit.publish(summary.events, cause=f"summary/{day}")
            await unit.close()
            failpoint("summary")
    runtime.committed()
    if summary.held and summary.held != runtime.held:
        log().warning("publication held", day=day.isoformat(), reason=summary.held)
    runtime.held = summary.held
    runtime.metrics.held.set(summary.held is not None)


async def _asked(
    runtime: Runtime[Any], ask: Summarise, engine: AsyncEngine, db: asyncpg.Connection, day: date
) -> Summary:
    await db.execute(_READING)
    name = await db.fetchval("select pg_export_snapshot()")
    rows = await db.fetch(_OFFSETS)
    async with engine.connect() as reading:
        await reading.execute(text(f"set transaction snapshot '{name}'"))
        offsets = {row[0]: row[1] for row in rows}
        return await ask(Snapshot(reading, day, runtime.city, offsets, await _loss(runtime, db)))


async def _loss(runtime: Runtime[Any], db: asyncpg.Connection) -> str | None:
    """Why facts are missing, if any are known to be."""
    if runtime.stopped:
        return f"{len(runtime.stopped)} partitions stopped because records were lost"
    parked = await db.fetchval("select count(*) from parked_subject")
    return f"{parked} subjects wait for a redrive (`lotse dlq list`)" if parked else None


def _idle(runtime: Runtime[Any]) -> int:
    return int(runtime.settings.relay_idle_timeout * 1000)
