"""The days on `calendar.day.v1`, the only memory of the calendar: a crash loses nothing and doubles nothing."""

import asyncio
import contextlib
from datetime import date
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from contracts import envelope, topics
from contracts.envelope import Envelope, midnight
from contracts.events.calendar import DayStarted

PLACE: Final = TopicPartition(topics.DAY.name, 0)
SOURCE: Final = "calendar"
REQUEST_MS: Final = 10_000
STOP_SECONDS: Final = 1.5


class DayLog:
    """Reads the newest day and appends the next. Raises `KafkaError` or `OSError` while the broker is away."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._producer: AIOKafkaProducer | None = None
        self._last: date | None = None
        self._known = False

    @property
    def known(self) -> bool:
        """Whether the topic was read since the last failure."""
        return self._known

    async def last(self) -> date | None:
        if not self._known:
            self._last = await self._read()
            self._known = True
        return self._last

    async def append(self, day: date) -> None:
        """Publish `day`. After a failure nobody knows whether it arrived: the topic is read again."""
        try:
            if self._producer is None:
                self._producer = await self._open()
            headers, key, value = record(day)
            await self._producer.send_and_wait(PLACE.topic, value, key=key, partition=0, headers=headers)
        except BaseException:
            self._known = False
            await self.close()
            raise
        self._last = day

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer:
            await _within(producer)

    async def _open(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, acks="all", enable_idempotence=True, request_timeout_ms=REQUEST_MS
        )
        try:
            await producer.start()
        except BaseException:
            await _within(producer)
            raise
        return producer

    async def _read(self) -> date | None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, request_timeout_ms=REQUEST_MS)
        try:
            async with asyncio.timeout(REQUEST_MS / 1000):
                await consumer.start()
                consumer.assign([PLACE])
                end = (await consumer.end_offsets([PLACE]))[PLACE]
                if end == 0:
                    return None
                consumer.seek(PLACE, end - 1)
                newest = await consumer.getone(PLACE)
        finally:
            await _within(consumer)
        return topics.DAY.decode(envelope.read(newest.headers).type, newest.value).occurred_on


async def _within(part: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop a client, however dead its broker is."""
    with contextlib.suppress(TimeoutError, KafkaError, OSError):
        await asyncio.wait_for(part.stop(), STOP_SECONDS)


def record(day: date) -> tuple[list[tuple[str, bytes]], bytes, bytes]:
    """Headers, key and value of a day: the same whenever it is published."""
    event = DayStarted(occurred_on=day)
    headers = Envelope(
        id=str(uuid5(NAMESPACE_URL, f"urn:lotse:day:{day}")),
        source=SOURCE,
        type=event.type_name(),
        subject=event.subject,
        time=midnight(day),
        recorded=day.isoformat(),
        sequence=day.toordinal(),
    ).headers()
    return headers, event.subject.encode(), event.model_dump_json().encode()
