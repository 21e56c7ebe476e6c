"""Reporting's projection on quixstreams: a dataframe of one step into a sink that writes a checkpoint's rows in bulk.

python -m tests.bench.peers.quix <kafka> <database> <topic> <records>
"""

import asyncio
import gc
import sys
from typing import Any, Final

import asyncpg
from quixstreams import Application
from quixstreams.sinks.base import BaseSink

from tests.bench.peers.facts import Fact, facts, validated, write
from tests.bench.stopwatch import Stopwatch

BATCH: Final = 1000


class Facts(BaseSink):
    """Keeps rows until the checkpoint, then writes them in one transaction; offsets are committed to Kafka after it."""

    def __init__(self, runner: asyncio.Runner, db: asyncpg.Connection, records: int) -> None:
        super().__init__()
        self._runner, self._db, self._records = runner, db, records
        self._rows: list[Fact] = []
        self._taken = 0
        self._watch = Stopwatch()

    def add(self, value: Any, *_: Any, **__: Any) -> None:
        if self._taken == 0:
            self._watch.start()
        self._taken += 1
        self._rows += value

    def flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._runner.run(write(self._db, rows))
        if rows and self._taken == self._records:
            self._watch.tell(self._records)

    def on_paused(self) -> None:
        self._rows = []


def rows(value: bytes, _: Any, __: int, headers: Any) -> list[Fact]:
    return list(facts(*validated(headers, value)))


def consume(kafka: str, database: str, topic: str, records: int) -> None:
    with asyncio.Runner() as runner:
        db = runner.run(asyncpg.connect(database, server_settings={"jit": "off"}))
        app = Application(
            broker_address=kafka,
            consumer_group=database.rsplit("/", 1)[1],
            auto_offset_reset="earliest",
            auto_create_topics=False,
            commit_every=BATCH,
            loglevel="WARNING",
        )
        heard = app.topic(topic, key_deserializer="bytes", value_deserializer="bytes")
        frame = app.dataframe(heard).apply(rows, metadata=True)
        frame.sink(Facts(runner, db, records))
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        app.run(count=records, timeout=30, collect=False)
        runner.run(db.close())


if __name__ == "__main__":
    at_kafka, at_database, named, count = sys.argv[1:]
    consume(at_kafka, at_database, named, int(count))
