"""When each business day began, by the broker's clock: what it stored later waits until that day has begun here too.

So what a service decides follows from the log alone, not from when it was running: an agency may have heard of a day
and answered while we were away, and its answer is of that day (docs/adr/0028).
"""

import asyncio
import contextlib
import time
from bisect import bisect_left
from typing import Final, Generic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from contracts.topics import DAY
from services.runtime.decision import S
from services.runtime.runtime import Runtime

_FOLLOWING: Final = "select next_offset from consumed_offset where topic = $1 and partition = 0"
_WITHIN: Final = 10
"""Seconds that the broker may take."""
_TRUSTED: Final = 1.0
"""Seconds after which it is asked again in any case: its clock may have been set back."""


class Daybreaks(Generic[S]):
    """Reads the calendar when it must; in between its partition is paused: behind a waiting fetch an answer waits."""

    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime
        self._place = TopicPartition(runtime.settings.wire(DAY.name), 0)
        self._client: AIOKafkaConsumer | None = None
        self._asking = asyncio.Lock()
        self._offsets: list[int] = []
        self._began: list[int] = []
        """Of the calendar's records, in ms since the epoch."""
        self._following = 0
        """The calendar's offset that this service has yet to work off, as far as we know."""
        self._known, self._asked = 0, 0.0
        """Every day is known that began before the one; when that was found out, by our monotonic clock."""

    async def look(self, stored: int) -> None:
        """From now on every day is known that began before something was `stored` that we have read. Raises what is
        away."""
        async with self._asking:
            now = time.monotonic()
            if stored >= self._known or now > self._asked + _TRUSTED:  # also within one millisecond a day may begin
                await self._read()
                self._known, self._asked = stored, now

    async def next(self) -> int | None:
        """When the first day began that has not begun here, in ms, if one is known. Raises what is away."""
        if self.at(self._following) is not None:  # perhaps it has begun here in the meantime
            self._following = await self._runtime.pool.fetchval(_FOLLOWING, DAY.name) or 0
        return self.at(self._following)

    def at(self, following: int) -> int | None:
        """When the first day from this offset on began, if one is known."""
        at = bisect_left(self._offsets, following)
        return self._began[at] if at < len(self._offsets) else None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.stop(), 3)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(_WITHIN):
                client = self._client or await self._open()
                end = (await client.end_offsets([self._place]))[self._place]
                if await client.position(self._place) < end:
                    await self._read_to(client, end)
        except TimeoutError:
            await self.close()
            raise KafkaTimeoutError from None
        except Exception:
            await self.close()
            raise

    async def _open(self) -> AIOKafkaConsumer:
        settings = self._runtime.settings
        client = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka,
            client_id=f"{settings.service}.daybreaks",
            auto_offset_reset="earliest",
            fetch_max_wait_ms=10,
        )
        await client.start()
        self._client = client
        client.assign([self._place])
        client.pause(self._place)
        self._following = await self._runtime.pool.fetchval(_FOLLOWING, DAY.name) or 0
        client.seek(self._place, self._following)
        return client

    async def _read_to(self, client: AIOKafkaConsumer, end: int) -> None:
        client.resume(self._place)
        try:
            while await client.position(self._place) < end:
                polled = await client.getmany(self._place, timeout_ms=200)
                for raw in polled.get(self._place, ()):
                    if not self._offsets or raw.offset > self._offsets[-1]:
                        self._offsets.append(raw.offset)
                        self._began.append(raw.timestamp)
        finally:
            client.pause(self._place)
