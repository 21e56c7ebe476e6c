"""Bare hops: produce, getmany, produce again, with nothing done in between."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.bench import log


class Hops:
    """A chain of topics of one partition; whoever reads one writes to the next, the last tells that it has it."""

    def __init__(self, producer: AIOKafkaProducer, names: list[str]) -> None:
        self._producer, self._names = producer, names
        self._arrived: asyncio.Queue[float] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def on(cls, kafka: str, count: int) -> "AsyncIterator[Hops]":
        prefix = f"hops-{uuid.uuid4().hex[:8]}."
        names = [f"{prefix}{number}" for number in range(count)]
        for name in names:
            log.make_plain(kafka, name, 1)
        async with AsyncExitStack() as held:
            producer = await held.enter_async_context(AIOKafkaProducer(bootstrap_servers=kafka, acks="all"))
            hops = cls(producer, names)
            tasks = []
            for number, name in enumerate(names):
                consumer = await held.enter_async_context(
                    AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
                )
                consumer.assign([TopicPartition(name, 0)])
                tasks.append(asyncio.create_task(hops._carry(consumer, number)))
            try:
                await hops.chain()  # everybody is there
                yield hops
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        log.delete(kafka, prefix)

    async def chain(self, *, within: float = 10.0) -> float:
        """Milliseconds from the first send until the last reader has the record."""
        began = time.monotonic()
        await self._producer.send_and_wait(self._names[0], b"x" * 200, partition=0)
        return (await asyncio.wait_for(self._arrived.get(), within) - began) * 1000

    async def _carry(self, consumer: AIOKafkaConsumer, number: int) -> None:
        while True:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for record in batch:
                    if number + 1 == len(self._names):
                        self._arrived.put_nowait(time.monotonic())
                    else:
                        await self._producer.send_and_wait(self._names[number + 1], record.value, partition=0)
