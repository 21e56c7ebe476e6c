"""The toy on the run's real broker and a database of its own; its processes are to be killed, paused, started."""

import asyncio
import os
import signal
import socket
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from contracts import topics
from contracts.envelope import Envelope, Headers, midnight, read
from contracts.event import Event
from contracts.events.calendar import DayStarted
from contracts.topics import Layout, Topic
from services.runtime.outgoing import partition_of
from tests.component.runtime import toy

ROOT: Final = Path(__file__).parents[3]
FIRST_DAY: Final = date(2001, 3, 1)
PARTITIONS: Final = 3
SESSION_SECONDS: Final = 2.0
"""Whoever starts after a kill waits until the broker misses the one that was killed."""
CALLER: Final = {"X-Actor": "meyer", "X-Office": "vahr", "X-Department": "economic_assistance", "X-Purpose": "test"}


async def until(condition: Callable[[], Awaitable[bool]], *, within: float = 90.0, what: str = "the condition") -> None:
    """Waits for a condition, never for a time."""
    end = time.monotonic() + within
    while not await condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about within {within:.0f} s")
        await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Replica:
    """One process of the toy."""

    process: asyncio.subprocess.Process
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, *, within: float = 30.0) -> int:
        return await asyncio.wait_for(self.process.wait(), within)


@dataclass
class World:
    """Topics with a prefix of their own, one database, any number of replicas."""

    kafka: str
    database: str
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:10]}.")
    replicas: list[Replica] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    watch: AIOKafkaConsumer | None = None
    """Asks for end offsets, over and over."""

    async def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.kafka})
        layout = Layout(person=PARTITIONS)
        wanted = [
            NewTopic(self.prefix + t.name, num_partitions=t.partitions(layout), replication_factor=1, config=t.config)
            for t in topics.all_topics(())
            if t.name.startswith(("intake.person", "casework.case", "calendar"))
        ]
        for future in admin.create_topics(wanted).values():
            future.result(timeout=20)
        await toy.create_tables(self.database)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await self.producer.start()
        self.db = await asyncpg.connect(self.database)
        self.http = httpx.AsyncClient(timeout=10)

    async def close(self) -> None:
        for replica in self.replicas:
            if replica.process.returncode is None:
                replica.signal(signal.SIGCONT)
                replica.process.kill()
                await replica.process.wait()
        await self.look_away()
        await self.producer.stop()
        await self.db.close()
        await self.http.aclose()

    async def look_away(self) -> None:
        """For who watches a broker and has started nothing."""
        if self.watch is not None:
            await self.watch.stop()

    async def start(self, *, ready: bool = True, **environment: str) -> Replica:
        """Starts a replica, with failpoints and poison in its environment."""
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
            "LOTSE_BATCH": "100",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.component.runtime.toy", env=os.environ | given | environment, cwd=ROOT
        )
        replica = Replica(process, port)
        self.replicas.append(replica)
        if ready:
            await until(lambda: self.is_ready(replica), what="readiness")
            await until(self.has_begun, what="the first day")
        return replica

    async def is_ready(self, replica: Replica) -> bool:
        try:
            return (await self.http.get(f"{replica.url}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False

    async def lives(self, replica: Replica) -> bool:
        """Whether it answers at all."""
        try:
            return (await self.http.get(f"{replica.url}/health/live")).status_code == 200
        except httpx.TransportError:
            return False

    async def make_anew(self, topic: Topic) -> None:
        """The topic with nothing in it, as after somebody deleted it."""
        admin, name = AdminClient({"bootstrap.servers": self.kafka}), self.prefix + topic.name
        await asyncio.to_thread(admin.delete_topics([name])[name].result, 20)
        layout = Layout(person=PARTITIONS)
        wanted = NewTopic(name, num_partitions=topic.partitions(layout), replication_factor=1, config=topic.config)
        await until(lambda: self._is_made(admin, name, wanted), within=20, what="the topic")

    @staticmethod
    async def _is_made(admin: AdminClient, name: str, wanted: NewTopic) -> bool:
        """A broker takes its time to delete: until then there is one of this name."""
        try:
            await asyncio.to_thread(admin.create_topics([wanted])[name].result, 20)
        except KafkaException:
            return False
        return True

    async def day(self, day: date) -> None:
        """Later than what was sent before it, also by the broker's clock, which counts milliseconds."""
        await asyncio.sleep(0.002)
        await self.send(topics.DAY, DayStarted(occurred_on=day), sequence=day.toordinal())

    async def send(self, topic: Topic, *events: Event, sequence: int | None = None) -> None:
        """Sends events as their producer's relay would: numbered per subject, in order."""
        waiting = []
        for event in events:
            number = sequence or self.sent.get(event.subject, 0) + 1
            self.sent[event.subject] = number
            envelope = Envelope(
                id=str(uuid.uuid5(uuid.UUID(int=3), f"{self.prefix}{event.subject}/{number}")),
                source="/test",
                type=event.type_name(),
                subject=event.subject,
                time=midnight(event.occurred_on),
                sequence=number,
            )
            value = event.model_dump_json().encode()
            waiting.append(await self.put(topic, event.subject.encode(), value, envelope.headers()))
        await asyncio.gather(*waiting)

    async def put(self, topic: Topic, key: bytes | None, value: bytes | None, headers: Any) -> Any:
        """Sends any record, well-formed or not."""
        partition = partition_of(key or b"", topic.partitions(Layout(person=PARTITIONS)))
        return await self.producer.send(self.prefix + topic.name, value, key=key, partition=partition, headers=headers)

    async def progress(self) -> dict[str, Any]:
        for replica in self.replicas:
            if replica.process.returncode is None:
                found: dict[str, Any] = (await self.http.get(f"{replica.url}/progress")).json()
                return found
        raise AssertionError("no replica runs")

    async def settled(self) -> bool:
        """Everything sent is applied and everything decided is published."""
        ends = await self.ends(topics.PERSON)
        rows = await self.db.fetch(
            "select partition, next_offset from consumed_offset where topic = $1", topics.PERSON.name
        )
        stands = {row[0]: row[1] for row in rows}
        behind = any(stands.get(place.partition, 0) < end for place, end in ends.items())
        return not behind and await self.db.fetchval("select count(*) from outbox") == 0

    async def today(self) -> date | None:
        found: date | None = await self.db.fetchval("select today from business_day")
        return found

    async def has_begun(self) -> bool:
        """Before the first day, commands are refused."""
        return await self.today() is not None

    async def ends(self, *wanted: Topic) -> dict[TopicPartition, int]:
        if self.watch is None:
            self.watch = AIOKafkaConsumer(bootstrap_servers=self.kafka)
            await self.watch.start()
        layout = Layout(person=PARTITIONS)
        places = [TopicPartition(self.prefix + t.name, p) for t in wanted for p in range(t.partitions(layout))]
        return await self.watch.end_offsets(places)

    async def published(self, topic: Topic = topics.CASE) -> list[tuple[Envelope, Event]]:
        """What the service has published, in order of partition and offset."""
        return [(read(h), topic.decode(read(h).type, v)) for _, v, h in await self.records(topic)]

    async def records(self, topic: Topic) -> list[tuple[bytes | None, bytes | None, Headers]]:
        ends = await self.ends(topic)
        if not any(ends.values()):
            return []
        reader = AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await reader.start()
        found = []
        try:
            reader.assign(list(ends))
            left = {place for place, end in ends.items() if end}
            while left:
                for batch in (await reader.getmany(timeout_ms=200)).values():
                    found += [(r.key, r.value, [(n, v or b"") for n, v in r.headers]) for r in batch]
                left = {place for place in left if await reader.position(place) < ends[place]}
        finally:
            await reader.stop()
        return found
