"""Reporting as a process of its own, on the run's real broker and a database of its own."""

import asyncio
import os
import sys
import uuid
from collections.abc import Iterable
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts.city import read_city
from contracts.envelope import Envelope, midnight
from contracts.topics import Layout
from services.reporting.app import service
from services.runtime.decision import Message
from services.runtime.migrations import migrate
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT, SESSION_SECONDS, Replica, World, free_port, until

YEAR = "/report?from=2001-04&to=2002-03&month=2002-03"


class ReportingWorld(World):
    """One replica, what it hears and what it answers."""

    async def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.kafka})
        made = service(read_city(ROOT / "deploy/bremen"))
        wanted = [
            NewTopic(
                self.prefix + t.name,
                num_partitions=t.partitions(Layout(person=PARTITIONS)),
                replication_factor=1,
                config=t.config,
            )
            for t in (*made.consumes, *made.publishes, *(t.dead_letters(made.name) for t in made.consumes))
        ]
        for future in admin.create_topics(wanted).values():
            future.result(timeout=20)
        await migrate("reporting", self.database)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await self.producer.start()
        self.db = await asyncpg.connect(self.database)
        self.http = httpx.AsyncClient(timeout=30)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LOTSE_KAFKA": self.kafka,
            "LOTSE_DATABASE": self.database,
            "LOTSE_NAMESPACE": str(uuid.UUID(int=7)),
            "LOTSE_PARTITIONS_PERSON": str(PARTITIONS),
            "LOTSE_SESSION_TIMEOUT": str(SESSION_SECONDS),
            "LOTSE_TOPIC_PREFIX": self.prefix,
            "LOTSE_CONFIG": str(ROOT / "deploy/bremen"),
            "LOTSE_BATCH": "20",
        }

    async def start(self, *, ready: bool = True, **environment: str) -> Replica:
        port = free_port()
        given = self.environment | {"LOTSE_PORT": str(port)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.reporting", env=os.environ | given | environment, cwd=ROOT
        )
        replica = Replica(process, port)
        self.replicas.append(replica)
        if ready:
            await until(lambda: self.is_ready(replica), what="readiness")
        return replica

    async def tell(self, messages: Iterable[Message]) -> None:
        """Sends messages as their producers' relays would."""
        waiting = []
        for message in messages:
            envelope = Envelope(
                id=message.id,
                source="/test",
                type=message.event.type_name(),
                subject=message.subject,
                time=midnight(message.event.occurred_on),
                sequence=message.sequence,
            )
            value = message.event.model_dump_json().encode()
            waiting.append(await self.put(message.topic, message.subject.encode(), value, envelope.headers()))
        await asyncio.gather(*waiting)

    async def heard(self) -> int:
        found: int = await self.db.fetchval("select coalesce(sum(next_offset), 0) from consumed_offset")
        return found

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        answer = await self.http.get(self.replicas[-1].url + path, headers=CALLER | headers)
        return answer.status_code, answer.json()

    async def report(self) -> dict[str, Any]:
        status, found = await self.get(YEAR)
        assert status == 200, found
        made: dict[str, Any] = found
        return made
