"""All four services as processes of their own, on the run's real broker, each with its database: what one erases goes
in all of them."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any, Final

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts import topics
from contracts.envelope import Envelope, Headers, midnight
from contracts.event import Event
from contracts.events.calendar import DayStarted
from contracts.topics import SERVICES, Layout, Topic, partner_in
from services.runtime.migrations import migrate
from services.runtime.outgoing import partition_of
from services.runtime.replay import replay
from services.runtime.settings import Settings
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT, SESSION_SECONDS, World, free_port, until
from tests.conftest import NewDatabase

AGENCIES: Final = ("arbeitsamt", "bremer-arbeit")
_TABLES: Final = "select table_name from information_schema.tables where table_schema = 'public' order by 1"


class ErasureWorld:
    """`on` counts on as days are started."""

    def __init__(self, kafka: str, databases: Mapping[str, str], first: date) -> None:
        self.kafka, self.databases, self.on = kafka, databases, first
        self.prefix = f"t{uuid.uuid4().hex[:10]}."
        self.reader = World(kafka, "", self.prefix)
        self.db: dict[str, asyncpg.Connection] = {}
        self.urls: dict[str, str] = {}
        self.processes: list[asyncio.subprocess.Process] = []

    async def open(self) -> None:
        admin, layout = AdminClient({"bootstrap.servers": self.kafka}), Layout(person=PARTITIONS)
        wanted = [
            NewTopic(self.prefix + t.name, num_partitions=t.partitions(layout), replication_factor=1, config=t.config)
            for t in topics.all_topics(AGENCIES)
        ]
        for future in admin.create_topics(wanted).values():
            future.result(timeout=30)
        for name, address in self.databases.items():
            await migrate(name, address)
            self.db[name] = await asyncpg.connect(address)
        self.http = httpx.AsyncClient(timeout=60)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await self.producer.start()
        await self._begin(self.on)
        await self.start()

    async def close(self) -> None:
        await self.stop()
        for db in self.db.values():
            await db.close()
        await self.reader.look_away()
        await self.producer.stop()
        await self.http.aclose()

    async def start(self) -> None:
        for name in SERVICES:
            port = free_port()
            self.urls[name] = f"http://127.0.0.1:{port}"
            given = self._environment(name) | {"LOTSE_PORT": str(port)}
            self.processes.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", f"services.{name}", env=os.environ | given, cwd=ROOT
                )
            )
        await until(self._ready, what="readiness")
        await self.settle()

    async def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in self.processes))
        self.processes.clear()

    def _environment(self, service: str) -> dict[str, str]:
        return {
            "LOTSE_KAFKA": self.kafka,
            "LOTSE_DATABASE": self.databases[service],
            "LOTSE_NAMESPACE": str(uuid.UUID(int=7)),
            "LOTSE_PARTITIONS_PERSON": str(PARTITIONS),
            "LOTSE_SESSION_TIMEOUT": str(SESSION_SECONDS),
            "LOTSE_TOPIC_PREFIX": self.prefix,
            "LOTSE_CONFIG": str(ROOT / "deploy/bremen"),
        }

    async def _ready(self) -> bool:
        try:
            found = [(await self.http.get(f"{url}/health/ready")).status_code for url in self.urls.values()]
        except httpx.TransportError:
            return False
        return found == [200] * len(SERVICES)

    # what is said

    async def next_day(self) -> None:
        await self.settle()
        self.on += timedelta(days=1)
        await self._begin(self.on)
        await self.settle()

    async def _begin(self, day: date) -> None:
        await self.put(topics.DAY, DayStarted(occurred_on=day), day.toordinal())

    async def put(self, topic: Topic, event: Event, sequence: int | None, *, message_id: str = "") -> None:
        """An event as its producer's relay would send it."""
        envelope = Envelope(
            id=message_id or uuid.uuid4().hex,
            source="/test",
            type=event.type_name(),
            subject=event.subject,
            time=midnight(event.occurred_on),
            sequence=sequence,
        )
        await self.send(topic, event.subject.encode(), event.model_dump_json().encode(), envelope.headers())

    async def send(self, topic: Topic, key: bytes, value: bytes | None, headers: Headers) -> None:
        place = partition_of(key, topic.partitions(Layout(person=PARTITIONS)))
        name = self.prefix + topic.name
        await self.producer.send_and_wait(name, value, key=key, partition=place, headers=headers)

    async def say(self, event: Event, agency: str = AGENCIES[0]) -> None:
        """What an agency says."""
        await self.put(partner_in(agency), event, None)
        await self.settle()

    async def post(self, service: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = CALLER | {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self.http.post(self.urls[service] + path, json=body or {}, headers=headers)
        return answer.status_code, answer.json()

    async def done(self, service: str, path: str, body: Any = None) -> Any:
        """A request that must not be refused, and everything that follows from it."""
        status, answer = await self.post(service, path, body)
        assert status < 300, (path, status, answer)
        await self.settle()
        return answer

    async def get(self, service: str, path: str) -> tuple[int, Any]:
        answer = await self.http.get(self.urls[service] + path, headers=CALLER)
        return answer.status_code, answer.json()

    # what came of it

    async def settle(self) -> None:
        await until(self._settled, what="everything said to be applied and published")

    async def _settled(self) -> bool:
        """Every service has read to the end what stood there, and had nothing more to say: asked twice, alike."""
        before = await self._ends()
        for service, db in self.db.items():
            if await db.fetchval("select count(*) from outbox") or await self._behind(service, before):
                return False
        return await self._ends() == before

    async def _ends(self) -> dict[tuple[str, int], int]:
        ends = await self.reader.ends(*topics.event_topics(AGENCIES))
        return {(place.topic.removeprefix(self.prefix), place.partition): end for place, end in ends.items()}

    async def _behind(self, service: str, ends: Mapping[tuple[str, int], int]) -> bool:
        rows = await self.db[service].fetch("select topic, partition, next_offset from consumed_offset")
        stands = {(row[0], row[1]): row[2] for row in rows}
        consumed = {topic.name for topic in topics.consumed_by(service, AGENCIES)}
        return any(stands.get(place, 0) < end for place, end in ends.items() if place[0] in consumed)

    async def told(self, topic: Topic, subject: str) -> list[Event]:
        return [event for _, event in await self.reader.published(topic) if event.subject == subject]

    async def tables_with(self, service: str, word: str) -> set[str]:
        """Every table, whichever there are, that has a row with this text in any column."""
        found = set()
        for row in await self.db[service].fetch(_TABLES):
            query = f'select exists(select from "{row[0]}" t where t::text ilike $1 or t::text like $2)'
            if await self.db[service].fetchval(query, f"%{word}%", f"%{word.encode().hex()}%"):  # bytes print as hex
                found.add(row[0])
        return found

    async def parked(self) -> int:
        counts = [await db.fetchval("select count(*) from parked_subject") for db in self.db.values()]
        return sum(counts)

    async def replayed(self, service: str, *, restore: bool = False) -> dict[str, Any]:
        given = {name.removeprefix("LOTSE_").lower(): value for name, value in self._environment(service).items()}
        return await replay(service, Settings.model_validate(given | {"service": service}), restore=restore)


@asynccontextmanager
async def four_services_on(day: date, broker: str, new_database: NewDatabase) -> AsyncIterator[ErasureWorld]:
    world = ErasureWorld(broker, {name: await new_database() for name in SERVICES}, day)
    await world.open()
    try:
        yield world
    finally:
        await world.close()
