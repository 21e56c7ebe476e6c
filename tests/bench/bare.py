"""The least that a replay can be: consume, COPY into a table, produce as many records and bytes, commit, go on.

`python -m tests.bench.bare '<json>'`: it validates nothing, decides nothing and locks nothing.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

_COLUMNS: Final = ("topic", "partition", "number", "key", "value")
_TABLE: Final = """create table bare (topic text, partition int, number bigint, key bytea, value bytea,
primary key (topic, partition, number))"""
_KEY_BYTES: Final = 36


class Bare:
    """`places`: partitions by topic to read up to their ends; `out`: topic, partitions, records and bytes to write."""

    def __init__(self, kafka: str, dsn: str, places: Mapping[str, int], out: Mapping[str, Any], batch: int) -> None:
        self._kafka, self._dsn, self._out, self._batch = kafka, dsn, out, batch
        self._places = [TopicPartition(topic, number) for topic, count in places.items() for number in range(count)]

    async def run(self) -> dict[str, Any]:
        db = await asyncpg.connect(self._dsn)
        await db.execute("drop table if exists bare")
        await db.execute(_TABLE)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20
        )
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, enable_idempotence=True, acks="all", max_batch_size=900_000
        )
        async with consumer, producer:
            consumer.assign(self._places)
            await consumer.seek_to_beginning(*self._places)
            ends = await consumer.end_offsets(self._places)
            gc.freeze()
            gc.set_threshold(50_000, 20, 20)
            began = time.monotonic()
            records, written = await self._through(db, consumer, producer, sum(ends.values()))
            seconds = time.monotonic() - began
        await db.close()
        return {"seconds": seconds, "records": records, "written": written}

    async def _through(
        self, db: asyncpg.Connection, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, until: int
    ) -> tuple[int, int]:
        done = written = 0
        while done < until:
            polled = await consumer.getmany(timeout_ms=200, max_records=self._batch)
            batch = [record for found in polled.values() for record in found]
            if not batch:
                continue
            done += len(batch)
            owed = self._out["records"] * done // until - written
            async with db.transaction():
                await db.copy_records_to_table("bare", records=_rows(batch), columns=_COLUMNS)
            await self._produce(producer, owed, written)
            written += owed
        return done, written

    async def _produce(self, producer: AIOKafkaProducer, count: int, number: int) -> None:
        if not count:
            return
        value = bytes(max(0, self._out["bytes"] // self._out["records"] - _KEY_BYTES))
        sent = []
        for partition in range(self._out["partitions"]):
            mine = range(partition, count, self._out["partitions"])
            if not mine:
                continue
            batch = producer.create_batch()
            for turn in mine:
                key = b"%036d" % (number + turn)
                if batch.append(timestamp=None, key=key, value=value) is None:
                    sent.append(await producer.send_batch(batch, self._out["topic"], partition=partition))
                    batch = producer.create_batch()
                    batch.append(timestamp=None, key=key, value=value)
            sent.append(await producer.send_batch(batch, self._out["topic"], partition=partition))
        await asyncio.gather(*sent)


def _rows(batch: Sequence[ConsumerRecord]) -> Iterator[tuple[str, int, int, bytes | None, bytes | None]]:
    return ((record.topic, record.partition, record.offset, record.key, record.value) for record in batch)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(json.dumps(runner.run(Bare(**json.loads(sys.argv[1])).run())) + "\n")
