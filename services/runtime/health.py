"""What a service says of itself: readiness with its reasons, progress for the calendar, gauges for Prometheus."""

from typing import Any, Generic

import asyncpg

from services.runtime.consumer import Consumer
from services.runtime.database import is_away
from services.runtime.days import Days
from services.runtime.decision import S
from services.runtime.runtime import Runtime
from services.runtime.telemetry import Metrics

OUTBOX_AGE_LIMIT = 60
"""Seconds: an older outbox makes the service unready."""

_OUTBOX = "select count(*), coalesce(extract(epoch from now() - min(written_at)), 0)::float8 from outbox"
_GAUGES = f"""select *, (select count(*) from parked_subject), (select today from business_day) from ({_OUTBOX}) o"""
_PROGRESS = """select (select today from business_day), (select count(*) from outbox),
case when (select min(due) from state) <= (select today from business_day) then
 (select count(*) from state where due <= (select today from business_day)
  and not exists (select from parked_subject p where p.subject = state.subject)) else 0 end,
(select count(*) from parked_subject),
(select json_object_agg(topic || '/' || partition, next_offset) from consumed_offset)::jsonb"""


class Health(Generic[S]):
    def __init__(self, runtime: Runtime[S], consumer: Consumer[S], days: Days[S]) -> None:
        self._runtime, self._consumer, self._days = runtime, consumer, days

    @property
    def metrics(self) -> Metrics:
        return self._runtime.metrics

    async def checks(self) -> dict[str, str]:
        """Each check with `ok` or what is wrong."""
        try:
            _, age = await self._row(_OUTBOX)
        except Exception as error:
            if not is_away(error):
                raise
            return {"database": "away"}
        stopped = self._runtime.stopped
        return {
            "database": "ok",
            "consumer": "ok" if self._consumer.assigned.is_set() else "not yet in its group",
            "calendar": "ok" if self._days.joined.is_set() else "not yet in its group",
            "outbox": "ok" if age < OUTBOX_AGE_LIMIT else f"oldest message waits {age:.0f} s",
            "loss": "ok" if not stopped else "; ".join(f"{place}: {why}" for place, why in sorted(stopped.items())),
        }

    async def progress(self) -> dict[str, Any]:
        """How far the service is: what the calendar and `lotse status` compare with the broker."""
        row = await self._row(_PROGRESS)
        return {
            "service": self._runtime.service.name,
            "today": row[0],
            "outbox": row[1],
            "due": row[2],
            "parked": row[3],
            "offsets": row[4] or {},
            "stopped": self._runtime.stopped,
            "held": self._runtime.held,
        }

    async def _row(self, query: str) -> asyncpg.Record:
        (row,) = await self._runtime.pool.fetch(query, timeout=3)
        return row

    async def measure(self) -> None:
        """Brings the gauges up to date that the database knows."""
        metrics = self._runtime.metrics
        metrics.stopped.set(len(self._runtime.stopped))
        metrics.ready.set(0)
        try:
            metrics.ready.set(all(found == "ok" for found in (await self.checks()).values()))
            rows, age, parked, today = await self._row(_GAUGES)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return
        metrics.outbox_rows.set(rows)
        metrics.outbox_age.set(age)
        metrics.parked.set(parked)
        metrics.day.set(today.toordinal() if today else 0)
