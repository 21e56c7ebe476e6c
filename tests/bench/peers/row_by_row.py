"""The outbox as it is often written: one row a transaction, sent and acknowledged before it is deleted.

python -m tests.bench.peers.row_by_row <kafka> <database> <topic prefix> <records>
"""

import sys

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer

from services.runtime.outgoing import unpack
from tests.bench.stopwatch import Stopwatch

_NEXT = "select id, topic, partition, key, headers, value from outbox order by id limit 1 for update"


async def relay(kafka: str, database: str, prefix: str, records: int) -> None:
    db = await asyncpg.connect(database)
    async with AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all") as producer:
        watch = Stopwatch()
        for _ in range(records):
            async with db.transaction():
                row = await db.fetchrow(_NEXT)
                if row is None:
                    raise LookupError("the outbox is empty")
                number, topic, partition, key, headers, value = row
                await producer.send_and_wait(
                    prefix + topic, value, key=key, partition=partition, headers=unpack(headers)
                )
                await db.execute("delete from outbox where id = $1", number)
        watch.tell(records)
    await db.close()


if __name__ == "__main__":
    at_kafka, at_database, named, count = sys.argv[1:]
    uvloop.run(relay(at_kafka, at_database, named, int(count)))
