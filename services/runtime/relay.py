"""The relay publishes the outbox in order. One leader a service; lock, read and delete share one connection, so that a
relay that lost its lock cannot delete, and consumers drop by sequence what a paused one sends twice."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from typing import Any, Generic

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.runtime.database import backoff, is_away, session_settings
from services.runtime.decision import S
from services.runtime.failpoint import failpoint
from services.runtime.outgoing import unpack
from services.runtime.runtime import Runtime
from services.runtime.telemetry import fault, log

_READ = """select id, topic, partition, key, headers, value from outbox where id <> all($2::bigint[])
order by id limit $1"""
_DELETE = "delete from outbox where id = any($1::bigint[])"
_VACUUM_AFTER = 5_000
"""Deleted rows: whoever looks for the first of an empty outbox walks over all that were in it."""
_MAX_REQUEST = 3 << 20
"""Bytes: a dead letter of 2 MiB fits."""
_BATCH_BYTES = 900_000
_SHORTEST_POLL, _LONGEST_POLL = 0.05, 0.4
"""Seconds between looks for what another process committed; our own commits wake us at once."""


class Relay(Generic[S]):
    """Reads visible rows by id, sends, awaits the acknowledgements, deletes exactly those ids, goes on.

    While the broker stores some, the ones before are deleted and the next are read: all that is visible but not yet
    sent, so that what was committed late under a low id is found. A client's rows are committed in order of their ids.
    """

    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime

    async def run(self) -> None:
        """Until the runtime stops and the outbox is empty, or `stop_within` ends it."""
        for attempt in itertools.count(1):
            try:
                await self._lead()
                return
            except Exception as error:
                if not is_away(error) and not isinstance(error, (asyncpg.PostgresError, KafkaError)):
                    raise
                self._runtime.metrics.retries.labels("relay").inc()
                log().warning("relay waits", error=fault(error), attempt=attempt)
                if self._runtime.stopping.is_set():
                    return
                await backoff(min(attempt, 4))

    async def _lead(self) -> None:
        settings = self._runtime.settings
        db = await asyncpg.connect(
            settings.database,
            timeout=5,
            command_timeout=settings.transaction_timeout,
            server_settings=session_settings(settings)
            | {
                "idle_session_timeout": f"{int(settings.relay_idle_timeout * 1000)}",
                "plan_cache_mode": "force_custom_plan",  # a list of ids that is known is hashed, one that is not is not
            },
        )
        producer = None
        try:
            if not await self._locked(db):
                return
            producer = AIOKafkaProducer(
                bootstrap_servers=settings.kafka,
                client_id=f"{settings.service}.relay",
                enable_idempotence=True,
                acks="all",
                max_batch_size=_BATCH_BYTES,
                max_request_size=_MAX_REQUEST,
                request_timeout_ms=10_000,
                linger_ms=0,
            )
            await asyncio.wait_for(producer.start(), 10)
            self._runtime.metrics.leading.set(1)
            await self._lead_on(db, producer)
        finally:
            self._runtime.metrics.leading.set(0)
            if producer is not None:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(producer.stop(), 3)
            db.terminate()

    async def _locked(self, db: asyncpg.Connection) -> bool:
        """Asks every 200 ms: waiting inside the lock would hold back vacuum."""
        while not await self.lock(db):
            if self._runtime.stopping.is_set():
                return False
            await asyncio.sleep(0.2)
        return True

    async def lock(self, db: asyncpg.Connection) -> bool:
        """Whether this session leads now; it does until it ends."""
        leads: bool = await db.fetchval("select pg_try_advisory_lock(hashtext($1))", "relay")
        return leads

    async def _lead_on(self, db: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        wake, pause, deleted = self._runtime.wake, _SHORTEST_POLL, 0
        while True:
            wake.clear()
            if published := await self.publish(db, producer):
                pause, deleted = _SHORTEST_POLL, deleted + published
            elif deleted > _VACUUM_AFTER:
                await db.execute("vacuum outbox")
                deleted = 0
            elif self._runtime.stopping.is_set():
                return
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), pause)
                pause = min(pause * 1.5, _LONGEST_POLL)

    async def publish(self, db: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        """Publishes, with `db` holding the lock, until nothing is visible any more; how many rows that were."""
        count, stored = 0, list[int]()
        rows = await self._read(db, ())
        while rows:
            began, ids = time.time_ns(), [row[0] for row in rows]
            sending = asyncio.create_task(asyncio.wait_for(self._send(producer, rows), 20))
            try:
                await self._delete(db, stored)
                following = await self._read(db, ids)
                await sending
            finally:
                sending.cancel()
            self._runtime.tracing.sent(rows, began)
            failpoint("sent")
            count, stored, rows = count + len(ids), ids, following
        await self._delete(db, stored)
        return count

    async def _read(self, db: asyncpg.Connection, known: Sequence[int]) -> Sequence[Any]:
        return await db.fetch(_READ, self._runtime.settings.relay_batch, known)

    async def _delete(self, db: asyncpg.Connection, stored: Sequence[int]) -> None:
        if stored:
            await db.execute(_DELETE, stored)
            self._runtime.metrics.relayed.inc(len(stored))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> None:
        """One batch a partition, in order; a full one is sent and the next begun."""
        builders: dict[tuple[str, int], Any] = {}
        sent = []
        for _, topic, partition, key, headers, value in rows:
            place, content = (
                (self._runtime.settings.wire(topic), partition),
                {"key": key, "value": value, "headers": unpack(headers)},
            )
            builder = builders.get(place) or builders.setdefault(place, producer.create_batch())
            if builder.append(timestamp=None, **content) is None:
                sent.append(await producer.send_batch(builder, place[0], partition=partition))
                builders[place] = fresh = producer.create_batch()
                if fresh.append(timestamp=None, **content) is None:
                    raise KafkaError(f"a message for {topic} is larger than the producer allows")
        for (name, partition), builder in builders.items():
            sent.append(await producer.send_batch(builder, name, partition=partition))
        await asyncio.gather(*sent)
