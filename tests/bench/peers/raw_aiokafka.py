"""The hop by hand behind aiokafka's `getmany`.

python -m tests.bench.peers.raw_aiokafka <kafka> <database> <topic prefix> <records>
"""

import gc
import sys

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.bench.peers.by_hand import PARTITIONS, PERSON, SESSION, apply
from tests.bench.stopwatch import Stopwatch

BATCH = 1000


async def consume(kafka: str, database: str, prefix: str, records: int) -> None:
    db = await asyncpg.connect(database, server_settings=SESSION)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=BATCH,
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=500,
    )
    await consumer.start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    consumer.assign([TopicPartition(prefix + PERSON, number) for number in range(PARTITIONS)])
    watch, done = Stopwatch(), 0
    while done < records:
        polled = await consumer.getmany(timeout_ms=200)
        batch = [
            (r.partition, r.offset, r.key or b"", r.headers, r.value or b"") for found in polled.values() for r in found
        ]
        if batch:
            done += await apply(db, batch)
    watch.tell(records)
    await consumer.stop()
    await db.close()


if __name__ == "__main__":
    kafka, database, prefix, records = sys.argv[1:]
    uvloop.run(consume(kafka, database, prefix, int(records)))
