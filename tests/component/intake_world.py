"""Intake as a process of its own, on the run's real broker and a migrated database."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts import topics
from contracts.event import Event
from contracts.topics import Layout
from services.runtime.migrations import migrate
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT, SESSION_SECONDS, Replica, World, free_port, until

Answer = tuple[int, Any]


class IntakeWorld(World):
    """One replica, whose API the test talks to."""

    @property
    def url(self) -> str:
        return self.replicas[-1].url

    async def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.kafka})
        wanted = [
            NewTopic(
                self.prefix + t.name,
                num_partitions=t.partitions(Layout(person=PARTITIONS)),
                replication_factor=1,
                config=t.config,
            )
            for t in (topics.PERSON, topics.IDENTITY, topics.DAY)
        ]
        for future in admin.create_topics(wanted).values():
            future.result(timeout=20)
        await migrate("intake", self.database)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await self.producer.start()
        self.db = await asyncpg.connect(self.database)
        self.http = httpx.AsyncClient(timeout=60)

    async def start(self, *, ready: bool = True, **environment: str) -> Replica:
        port = free_port()
        given = {
            "LOTSE_KAFKA": self.kafka,
            "LOTSE_DATABASE": self.database,
            "LOTSE_PORT": str(port),
            "LOTSE_NAMESPACE": str(uuid.UUID(int=7)),
            "LOTSE_PARTITIONS_PERSON": str(PARTITIONS),
            "LOTSE_SESSION_TIMEOUT": str(SESSION_SECONDS),
            "LOTSE_TOPIC_PREFIX": self.prefix,
            "LOTSE_CONFIG": str(ROOT / "deploy/bremen"),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.intake", env=os.environ | given | environment, cwd=ROOT
        )
        replica = Replica(process, port)
        self.replicas.append(replica)
        if ready:
            await until(lambda: self.is_ready(replica), what="readiness")
        return replica

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Answer:
        """A changing request, under a key of its own unless one is given."""
        caller = CALLER | {"Idempotency-Key": key or uuid.uuid4().hex} | headers
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        given = {"Content-Type": "application/json"} | caller
        answer = await self.http.post(self.url + path, content=content, headers=given)
        return answer.status_code, answer.json()

    async def bulk(self, lines: Iterable[Any], *, key: str | None = None) -> dict[str, Any]:
        """NDJSON; bytes go as they are."""
        raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        status, answer = await self.post("/bulk", b"\n".join(raw), key=key)
        assert status == 200, answer
        report: dict[str, Any] = answer
        return report

    async def get(self, path: str, **headers: str) -> Answer:
        answer = await self.http.get(self.url + path, headers=CALLER | headers)
        return answer.status_code, answer.json()

    async def register(self, number: int, **fields: Any) -> str:
        """The id of an invented person; the same number is the same person."""
        status, answer = await self.post("/clients", person(number, **fields))
        assert status in {200, 201}, answer
        person_id: str = answer["person_id"]
        return person_id

    async def told_of(self, *person_ids: str) -> list[Event]:
        """What is on `intake.person.v1` of these persons, once all that was decided is published."""
        await until(self.settled, what="an empty outbox")
        return [event for _, event in await self.published(topics.PERSON) if event.subject in person_ids]

    async def settled(self) -> bool:
        waiting: int = await self.db.fetchval("select count(*) from outbox")
        return waiting == 0


SYLLABLES = ("bim", "tor", "kas", "wel", "nud", "fyg", "paz", "gho", "rix", "luv")


def person(number: int, **fields: Any) -> dict[str, Any]:
    """An invented person of Groepelingen with 600 DM of HLU; none resembles another one by a typing error."""
    found = {
        "given_name": "".join(SYLLABLES[int(digit)] for digit in str(number)).capitalize(),
        "family_name": "Mustermann",
        "birth_date": "1965-04-30",
        "sex": "female",
        "address": {"street": "Hauptstraße", "house_number": "7a", "postcode": "28237", "district": "groepelingen"},
        "benefits": [{"kind": "hlu", "monthly": {"minor": 60_000, "currency": "DEM"}, "since": "2001-01-01"}],
    }
    return found | fields


@asynccontextmanager
async def intake_on(day: date, broker: str, database: str) -> AsyncIterator[IntakeWorld]:
    """Intake, whose first business day is `day`."""
    world = IntakeWorld(broker, database)
    await world.prepare()
    try:
        await world.day(day)
        await world.start()
        await until(lambda: _is_today(world, day), what="the first day")
        yield world
    finally:
        await world.close()


async def _is_today(world: IntakeWorld, day: date) -> bool:
    return await world.today() == day
