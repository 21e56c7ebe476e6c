"""Rebuilds a service's state from the topics alone, and compares it with what the service has.

`python -m services.runtime.replay <service>` folds the service's own topics and the consumed ones, up to where the
service stands, into a scratch schema of its database, dumps both and compares the dumps row by row, ordered by key.
With `--restore` the rebuilt tables take the place of the service's (disaster recovery; the service must be stopped),
and its offsets, ledger and business day are brought to where it stood by what it published (stand.py): an older backup
or an empty database will do. Nothing is published.
"""

import asyncio
import hashlib
import importlib
import json
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import chain
from typing import Any, Generic

import asyncpg
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlmodel import SQLModel

from contracts.city import read_city
from contracts.event import Erasure
from contracts.topics import Topic
from services.runtime.database import Writes, bulk, connect_pool, transaction, upsert_models
from services.runtime.decision import Message, S
from services.runtime.erasing import left_of, rows_of
from services.runtime.inbound import Decoded, decode
from services.runtime.lane import record_of
from services.runtime.migrations import migrate
from services.runtime.runtime import Runtime, folds, is_day
from services.runtime.settings import Settings
from services.runtime.stand import Stand, stand_of
from services.runtime.tables import REBUILT
from services.runtime.telemetry import Metrics
from services.runtime.unit import save_states

SCHEMA = "replay"
_CHUNK = 2000
_AT_ONCE = 200_000
"""Records whose states are in memory together: some 150 MB."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table's two dumps: rows, and the key of the first row that differs (None: identical): of one that is missing
    or otherwise, or else of one too many."""

    table: str
    live: int
    rebuilt: int
    digest: str
    first_difference: str | None


class Replay(Generic[S]):
    """Folds topics from zero, one share of the partitions after the other: topics that are folded into states have a
    subject in the same one. States of a share are kept in memory and saved at its end, facts are saved as they come."""

    def __init__(self, runtime: Runtime[S], live: asyncpg.Pool, stand: Stand | None = None) -> None:
        self._runtime, self._live, self._stand = runtime, live, stand
        self._states: dict[str, S] = {}
        self._last: dict[tuple[str, str], int] = {}
        self._named: dict[str, set[str]] = {}
        """Erased subjects, with the ids that led to them."""
        self._others: dict[str, set[str]] = {}
        """Other persons, with the erased subjects whom they named."""
        self.events = 0

    async def run(self) -> None:
        runtime = self._runtime
        known = {topic.name: topic for topic in (*runtime.service.publishes, *runtime.service.consumes)}
        runtime.consumed.update(known)
        topics = [t for t in known.values() if t.agency is None and not (is_day(t) and runtime.service.initial)]
        async with AIOKafkaConsumer(
            bootstrap_servers=runtime.settings.kafka,
            auto_offset_reset="earliest",  # by default an assignment jumps to the end, and may overtake our seek
            max_partition_fetch_bytes=2 << 20,
        ) as kafka:
            until = [await self._until(kafka, topic) for topic in topics]
            shares = 1 + sum(end for ends in until for end in ends.values()) // _AT_ONCE
            for share in range(shares):
                for ends in until:
                    mine = {place: end for place, end in ends.items() if place.partition % shares == share}
                    async for batch in self._records(kafka, mine):
                        await self._fold(batch)
                await self._save()
        async with transaction(runtime.pool, whole=True) as db:
            await self.erase(db)

    async def _save(self) -> None:
        """The states of a share, which is over."""
        today, subjects = await self._today(), sorted(self._states)
        async with transaction(self._runtime.pool, whole=True) as db:
            for start in range(0, len(subjects), _CHUNK):
                chunk = {s: self._states[s] for s in subjects[start : start + _CHUNK]}
                await self._write(db, chunk, {}, today)
        self._states.clear()
        self._last.clear()

    async def _write(self, db: asyncpg.Connection, states: dict[str, S], before: dict[str, S], today: date) -> None:
        writes = Writes()
        save_states(writes, self._runtime, states, before, today=today)
        await writes.send(db)

    async def erase(self, db: asyncpg.Connection) -> None:
        """Deletes what the tables have of erased subjects: theirs may have been told by several topics, and others name
        them in whatever share."""
        if not self._named:
            return
        if self._runtime.service.initial is not None:
            await self._forget(db)
        names = sorted({name for found in self._named.values() for name in found})
        await rows_of(db, self._runtime, sorted(self._named), names=names, others=sorted(self._others))
        if self._runtime.service.initial is not None:
            await left_of(db, self._runtime, await self._saved(db, self._named))

    async def _saved(self, db: asyncpg.Connection, subjects: Iterable[str]) -> dict[str, S]:
        rows = await db.fetch("select subject, document from state where subject = any($1)", sorted(subjects))
        return {row[0]: self._runtime.codec.validate_python(row[1]) for row in rows}

    async def _today(self) -> date:
        """The day that the service has decided last."""
        if self._stand is not None:
            return self._stand.today or date.min
        return await self._live.fetchval("select today from business_day") or date.min

    async def _records(
        self, kafka: AIOKafkaConsumer, until: Mapping[TopicPartition, int]
    ) -> AsyncIterator[list[Decoded]]:
        """Records of a topic up to these ends."""
        left = {place for place, end in until.items() if end > 0}
        if not left:
            return
        kafka.assign(list(left))
        await kafka.seek_to_beginning(*left)
        while left:
            polled = await kafka.getmany(timeout_ms=1000, max_records=_CHUNK)
            yield [
                decode(self._runtime, record_of(raw, self._runtime.settings))
                for place, batch in polled.items()
                for raw in batch
                if raw.offset < until[place]
            ]
            left = {place for place in left if await kafka.position(place) < until[place]}

    async def _until(self, kafka: AIOKafkaConsumer, topic: Topic) -> dict[TopicPartition, int]:
        """Where the service stands in a topic; of its own topic the end."""
        settings = self._runtime.settings
        places = [TopicPartition(settings.wire(topic.name), p) for p in range(topic.partitions(settings.layout))]
        if any(topic is own for own in self._runtime.service.publishes):
            return await kafka.end_offsets(places)
        if self._stand is not None:
            return {place: self._stand.offsets.get((topic.name, place.partition), 0) for place in places}
        rows = await self._live.fetch("select partition, next_offset from consumed_offset where topic = $1", topic.name)
        stands = {row[0]: row[1] for row in rows}
        return {place: stands.get(place.partition, 0) for place in places}

    async def _fold(self, batch: list[Decoded]) -> None:
        rows: list[SQLModel] = []
        for message in filter(None, (one.message for one in batch)):
            if self._is_new(message):
                self.events += 1
                rows += self._runtime.service.project(message)
                self._evolve(message)
                if isinstance(message.event, Erasure):
                    self._note(message.event)
        async with transaction(self._runtime.pool, whole=True) as db:
            await upsert_models(db, rows)

    def _evolve(self, message: Message) -> None:
        service = self._runtime.service
        own = any(message.topic.name == topic.name for topic in service.publishes)
        if service.initial is None or not folds(message.topic) or not (own or tuple(service.touches(message))):
            return
        before = self._states.get(message.subject) or service.initial(message.subject)
        self._states[message.subject] = after = service.evolve(before, message)
        if after.erased and not before.erased:
            self._named.setdefault(message.subject, set()).update(before.references)

    def _note(self, event: Erasure) -> None:
        self._named.setdefault(event.subject, set()).add(event.subject)
        for other in event.others:
            self._others.setdefault(other, set()).add(event.subject)

    async def _forget(self, db: asyncpg.Connection) -> None:
        """Others name erased subjects no more. At last: partitions are folded in any order."""
        before = await self._saved(db, self._others)
        after = dict(before)
        for other in before:
            for subject in self._others[other]:
                after[other] = after[other].without(subject)
        await self._write(db, after, before, await self._today())

    def _is_new(self, message: Message) -> bool:
        """Drops what a relay sent twice."""
        if not message.topic.sequenced:
            return True
        key = message.topic.name, message.subject
        if message.sequence <= self._last.get(key, 0):
            return False
        self._last[key] = message.sequence
        return True


async def dump(db: asyncpg.Connection, model: type[SQLModel], schema: str) -> list[str]:
    """A table's rows as JSON, ordered by key."""
    form = bulk(model)
    table = sa.inspect(model).local_table
    names = ", ".join(f'"{name}"' for name in sorted(form.names))
    order = ", ".join(f'"{name}"' for name in form.key)
    query = f'select row_to_json(t)::text from (select {names} from {schema}."{table.name}" order by {order}) t'
    return [row[0] for row in await db.fetch(query)]


async def compare(db: asyncpg.Connection, tables: tuple[type[SQLModel], ...]) -> list[Compared]:
    found = []
    for model in tables:
        live, rebuilt = await dump(db, model, "public"), await dump(db, model, SCHEMA)
        there, wanted = set(live), set(rebuilt)
        differing = next(
            chain((row for row in rebuilt if row not in there), (row for row in live if row not in wanted)), None
        )
        digest = hashlib.sha256("\n".join(rebuilt).encode()).hexdigest()
        found.append(Compared(str(model.__tablename__), len(live), len(rebuilt), digest, _key(model, differing)))
    return found


def _key(model: type[SQLModel], row: str | None) -> str | None:
    """A row's key: what may be shown of it."""
    if row is None:
        return None
    content: dict[str, Any] = json.loads(row)
    return ", ".join(str(content[name]) for name in bulk(model).key)


async def replay(service_name: str, settings: Settings, *, restore: bool = False) -> dict[str, Any]:
    """The whole comparison: `identical`, `events`, and each table's `Compared`."""
    city = read_city(settings.config)
    service = importlib.import_module(f"services.{service_name}.app").service(city)
    live = await connect_pool(settings)
    if restore:
        await migrate(service_name, settings.database)
    await live.execute(f"drop schema if exists {SCHEMA} cascade")
    await live.execute(f"create schema {SCHEMA}")
    await migrate(service_name, settings.database, schema=SCHEMA)
    scratch = await connect_pool(settings, schema=SCHEMA)
    runtime = Runtime(service, settings, city, scratch, Metrics())
    stand = await stand_of(runtime, live) if restore else None
    folding = Replay(runtime, live, stand)
    try:
        await folding.run()
        tables = (*(REBUILT if service.initial else ()), *service.tables)
        async with transaction(live, whole=True) as db:
            compared = await compare(db, tables)
            if stand is not None:
                await stand.save(db)
                for model in tables:
                    name = model.__tablename__
                    await db.execute(f"truncate public.{name}")
                    await db.execute(f"insert into public.{name} select * from {SCHEMA}.{name}")
                await folding.erase(db)  # an older backup still has their names and texts
            await db.execute(f"drop schema {SCHEMA} cascade")
    finally:
        await scratch.close()
        await live.close()
    identical = all(one.first_difference is None for one in compared)
    return {
        "service": service_name,
        "identical": identical,
        "restored": restore,
        "events": folding.events,
        "tables": [asdict(one) for one in compared],
    }


if __name__ == "__main__":
    answer = asyncio.run(replay(sys.argv[1], Settings(), restore="--restore" in sys.argv))
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.exit(0 if answer["identical"] or answer["restored"] else 1)
