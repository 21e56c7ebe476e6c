"""Events at a steady rate: people of other cities, who register, move, are assessed and receive aid at intake's."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer

from contracts.topics import PERSON
from services.runtime.outgoing import partition_of
from tests.bench.log import BATCH_BYTES
from tests.bench.year import LAYOUT, Kept, Year, copies

_TICK: Final = 0.02
_FIRST_CITY: Final = 1000
"""Cities of which the stack has never heard."""


@dataclass
class Sent:
    """How it went: events, and the seconds that they took."""

    events: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.events / self.seconds if self.seconds else 0.0


@asynccontextmanager
async def load(kafka: str, year: Year, *, rate: int, seconds: float) -> AsyncIterator[Sent]:
    """Sends as long as the block lasts, at most so many seconds."""
    records = list(itertools.islice(_strangers(year), int(rate * seconds)))
    sent = Sent()
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES
    ) as producer:
        sending = asyncio.create_task(_send(producer, records, rate, sent))
        try:
            yield sent
        finally:
            sending.cancel()
            await asyncio.wait({sending})
    if not sending.cancelled() and (error := sending.exception()):
        raise error


def _strangers(year: Year) -> Iterator[Kept]:
    for number in itertools.count(_FIRST_CITY):
        yield from copies(year, PERSON, 1, first=number)


async def _send(producer: AIOKafkaProducer, records: list[Kept], rate: int, sent: Sent) -> None:
    began = time.monotonic()
    while sent.events < len(records):
        due = min(len(records), int((time.monotonic() - began) * rate))
        batches = {number: producer.create_batch() for number in range(LAYOUT.person)}
        for one in records[sent.events : due]:
            batch = batches[partition_of(one.key or b"", LAYOUT.person)]
            batch.append(timestamp=None, key=one.key, value=one.value, headers=list(one.headers))
        full = {number: batch for number, batch in batches.items() if batch.record_count()}
        await asyncio.gather(
            *[await producer.send_batch(batch, PERSON.name, partition=number) for number, batch in full.items()]
        )
        sent.events, sent.seconds = due, time.monotonic() - began
        await asyncio.sleep(_TICK)
