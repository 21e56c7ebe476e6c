"""aiokafka's `send_batch` alone: the same records lie in memory, their headers unpacked; no database is asked.

    python -m tests.bench.peers.send_batch <kafka> <database> <topic prefix> <records>

The database only says, before the clock runs, what the records are.
"""

import asyncio
import gc
import sys
from typing import Any, Final

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer

from services.runtime.outgoing import unpack
from tests.bench.stopwatch import Stopwatch

AT_ONCE: Final = 2000
"""Records between two waits for the broker, as many as the relay reads from the outbox."""


async def send(kafka: str, database: str, prefix: str, records: int) -> None:
    db = await asyncpg.connect(database)
    rows = await db.fetch("select topic, partition, key, headers, value from outbox order by id")
    ready = [(prefix + topic, place, key, unpack(headers), value) for topic, place, key, headers, value in rows]
    await db.close()
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, acks="all", max_batch_size=900_000, max_request_size=3 << 20
    ) as producer:
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        watch = Stopwatch()
        for first in range(0, len(ready), AT_ONCE):
            batches: dict[tuple[str, int], Any] = {}
            for topic, partition, key, headers, value in ready[first : first + AT_ONCE]:
                batch = batches.get((topic, partition)) or batches.setdefault(
                    (topic, partition), producer.create_batch()
                )
                if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                    raise OverflowError("the records of one wait fit into one batch a partition")
            sent = [await producer.send_batch(batch, topic, partition=p) for (topic, p), batch in batches.items()]
            await asyncio.gather(*sent)
        watch.tell(records)


if __name__ == "__main__":
    at_kafka, at_database, named, count = sys.argv[1:]
    uvloop.run(send(at_kafka, at_database, named, int(count)))
