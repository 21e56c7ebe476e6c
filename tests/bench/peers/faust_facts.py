"""Reporting's projection on faust-streaming: an agent that takes a thousand events and writes their rows in bulk.

python -m tests.bench.peers.faust_facts <kafka> <database> <topic> <records>
"""

import gc
import os
import sys
from typing import Final

import mode.loop

mode.loop.use("uvloop")  # before faust is imported

import asyncpg  # noqa: E402
import faust  # noqa: E402

from tests.bench.peers.facts import facts, validated, write  # noqa: E402
from tests.bench.stopwatch import Stopwatch  # noqa: E402

BATCH: Final = 1000


def application(kafka: str, database: str, topic: str, records: int) -> faust.App:
    app = faust.App(
        database.rsplit("/", 1)[1],
        broker=f"kafka://{kafka}",
        key_serializer="raw",
        value_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        broker_max_poll_records=BATCH,
        web_enabled=False,
    )
    heard = app.topic(topic, key_type=bytes, value_type=bytes)
    watch = Stopwatch()

    @app.agent(heard)
    async def project(stream: faust.Stream) -> None:
        db = await asyncpg.connect(database, server_settings={"jit": "off"})
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        done = 0
        async for events in stream.take_events(BATCH, within=0.2):
            if done == 0:
                watch.start()
            found = (validated(one.message.headers, one.value) for one in events)
            await write(db, [row for event, sequence in found for row in facts(event, sequence)])
            done += len(events)
            if done >= records:
                watch.tell(records)
                await db.close()
                os._exit(0)  # what is measured is over, and its group of one is nobody's concern

    return app


if __name__ == "__main__":
    at_kafka, at_database, named, count = sys.argv[1:]
    made = application(at_kafka, at_database, named, int(count))
    faust.Worker(made, loglevel="WARNING", redirect_stdouts=False).execute_from_commandline()
