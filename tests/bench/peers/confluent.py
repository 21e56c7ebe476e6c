"""The hop by hand behind confluent-kafka in a thread of its own, which hands over whole batches.

python -m tests.bench.peers.confluent <kafka> <database> <prefix> <records>
"""

import asyncio
import gc
import sys
import threading
from asyncio import AbstractEventLoop, Queue

import asyncpg
import uvloop
from confluent_kafka import Consumer, TopicPartition

from tests.bench.peers.by_hand import PARTITIONS, PERSON, SESSION, Raw, apply
from tests.bench.stopwatch import Stopwatch

BATCH = 1000
AHEAD = 4
"""Batches that may wait for the database."""


def assigned(kafka: str, topic: str) -> Consumer:
    """A consumer that has its partitions, as the others have when their clocks start."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "by-hand",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": 4 << 20,
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    return consumer


def poll(consumer: Consumer, loop: AbstractEventLoop, batches: "Queue[list[Raw]]", ending: threading.Event) -> None:
    while not ending.is_set():
        found = consumer.consume(BATCH, 0.1)
        batch: list[Raw] = [
            (m.partition(), m.offset(), m.key(), m.headers() or [], m.value()) for m in found if not m.error()
        ]
        if batch:
            asyncio.run_coroutine_threadsafe(batches.put(batch), loop).result()
    consumer.close()


async def consume(kafka: str, database: str, prefix: str, records: int) -> None:
    db = await asyncpg.connect(database, server_settings=SESSION)
    batches: Queue[list[Raw]] = Queue(AHEAD)
    ending = threading.Event()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    consumer = assigned(kafka, prefix + PERSON)
    watch, done = Stopwatch(), 0
    polling = asyncio.create_task(asyncio.to_thread(poll, consumer, asyncio.get_running_loop(), batches, ending))
    while done < records:
        done += await apply(db, await batches.get())
    watch.tell(records)
    ending.set()
    await polling
    await db.close()


if __name__ == "__main__":
    kafka, database, prefix, records = sys.argv[1:]
    uvloop.run(consume(kafka, database, prefix, int(records)))
