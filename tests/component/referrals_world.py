"""Referrals as a process of its own, on the run's real broker and a migrated database; the others are scripted."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts import topics
from contracts.envelope import Envelope, Headers, midnight
from contracts.event import Event
from contracts.events import intake, partners
from contracts.events.casework import ReferralRequested
from contracts.profile import Profile
from contracts.topics import Layout, Topic, consumed_by, partner_in, partner_out
from contracts.words import BasisKind, Mobility, ProtectionClass, Qualification, ServiceKind, Sex
from services.runtime.migrations import migrate
from services.runtime.replay import replay
from services.runtime.settings import Settings
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT, SESSION_SECONDS, Replica, World, free_port, until

Answer = tuple[int, Any]
ARBEITSAMT, BAG = "arbeitsamt", "bremer-arbeit"
AGENCIES = (ARBEITSAMT, BAG)
HEARD = [topic for topic in consumed_by("referrals", AGENCIES) if topic is not topics.DAY]
SPOKEN = [topics.REFERRAL, *(partner_out(agency) for agency in AGENCIES)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies, as answers name it."""

    topic: str
    partition: int
    offset: int


class ReferralsWorld(World):
    """`on` counts on as days are started."""

    def __init__(self, kafka: str, database: str, first: date) -> None:
        super().__init__(kafka, database)
        self.on = first

    @property
    def url(self) -> str:
        return self.replicas[-1].url

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
        }

    async def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.kafka})
        layout = Layout(person=PARTITIONS)
        wanted = [
            NewTopic(self.prefix + t.name, num_partitions=t.partitions(layout), replication_factor=1, config=t.config)
            for t in (*HEARD, *SPOKEN, topics.DAY, *(t.dead_letters("referrals") for t in HEARD))
        ]
        for future in admin.create_topics(wanted).values():
            future.result(timeout=20)
        await migrate("referrals", self.database)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka, max_request_size=1 << 20)
        await self.producer.start()
        self.db = await asyncpg.connect(self.database)
        self.http = httpx.AsyncClient(timeout=60)

    async def start(self, *, ready: bool = True, **environment: str) -> Replica:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.referrals",
            env=os.environ | self.environment | {"LOTSE_PORT": str(port)} | environment,
            cwd=ROOT,
        )
        replica = Replica(process, port)
        self.replicas.append(replica)
        if ready:
            await until(lambda: self.is_ready(replica), what="readiness")
        return replica

    # what the others say

    async def tell(self, *events: Event) -> None:
        """What intake and casework publish, numbered per topic and subject."""
        for event in events:
            topic = next(t for t in (topics.PERSON, topics.IDENTITY, topics.CASE) if type(event) in t.events)
            place = f"{topic.name}/{event.subject}"
            self.sent[place] = self.sent.get(place, 0) + 1
            await self._put(topic, event, f"{place}/{self.sent[place]}", self.sent[place])

    async def say(self, event: partners.PartnerMessage, agency: str = ARBEITSAMT, *, message_id: str = "") -> Place:
        """What an agency publishes."""
        return await self._put(partner_in(agency), event, message_id or uuid.uuid4().hex, None)

    async def _put(self, topic: Topic, event: Event, message_id: str, sequence: int | None) -> Place:
        envelope = Envelope(
            id=message_id,
            source="/test",
            type=event.type_name(),
            subject=event.subject,
            time=midnight(event.occurred_on),
            sequence=sequence,
        )
        return await self.put_raw(topic, event.subject.encode(), event.model_dump_json().encode(), envelope.headers())

    async def put_raw(self, topic: Topic, key: bytes | None, value: bytes | None, headers: Headers) -> Place:
        sent = await (await self.put(topic, key, value, headers))
        return Place(topic.name, sent.partition, sent.offset)

    async def client(self) -> str:
        """A client of whom both agencies may know; returns the id."""
        one: dict[str, Any] = {"person_id": str(uuid.uuid4()), "occurred_on": self.on}
        registered = intake.ClientRegistered(
            **one, office="vahr", district="vahr", sex=Sex.FEMALE, birth_month="1970-01"
        )
        basis = intake.DisclosureBasisRecorded(
            **one, basis_id=str(uuid.uuid4()), kind=BasisKind.CONSENT, agency=None, valid_from=self.on, valid_until=None
        )
        identity = intake.IdentityRecorded(
            **one,
            given_name="Jürgen",
            family_name="Geheim",
            birth_date=date(1970, 1, 2),
            street="Am Wall",
            house_number="3b",
            postcode="28195",
        )
        await self.tell(registered, basis, identity)
        found: str = one["person_id"]
        return found

    async def request(self, person_id: str, *, agency: str = ARBEITSAMT) -> str:
        """A case manager asks for an offer; returns the referral's id."""
        profile = Profile(
            qualification=Qualification.NONE,
            languages=("de",),
            hours_per_week=30,
            mobility=Mobility.CITY,
            work_permit=True,
            earliest_start=self.on,
        )
        request = ReferralRequested(
            person_id=person_id,
            occurred_on=self.on,
            case_id=str(uuid.uuid4()),
            referral_id=str(uuid.uuid4()),
            agency=agency,
            service=ServiceKind.JOB_PLACEMENT,
            profile=profile,
            intake_sequence=self.sent[f"{topics.PERSON.name}/{person_id}"],
        )
        await self.tell(request)
        return request.referral_id

    async def offered(self, *, agency: str = ARBEITSAMT) -> tuple[str, str]:
        """A client and a referral that has left for the agency."""
        person_id = await self.client()
        referral_id = await self.request(person_id, agency=agency)
        await until(lambda: self._is(referral_id, "requested"), what="the offer")
        return person_id, referral_id

    async def protect(self, person_id: str, *, since: date | None = None) -> None:
        await self.tell(
            intake.ProtectionSet(
                person_id=person_id,
                occurred_on=self.on,
                protection_id=str(uuid.uuid4()),
                protection_class=ProtectionClass.ILL,
                valid_from=since or self.on,
                valid_until=None,
                author="m.weber",
            )
        )

    async def next_day(self, days: int = 1) -> None:
        for _ in range(days):
            await self.settle()
            self.on += timedelta(days=1)
            await self.day(self.on)
            await until(self._is_today, what=f"{self.on}")
        await self.settle()

    async def _is_today(self) -> bool:
        return await self.today() == self.on

    # what referrals has done

    async def settle(self) -> None:
        await until(self.settled, what="everything sent to be applied and published")

    async def settled(self) -> bool:
        rows = await self.db.fetch("select topic, partition, next_offset from consumed_offset")
        stands = {(row[0], row[1]): row[2] for row in rows}
        ends, prefix = await self.ends(*HEARD), len(self.prefix)
        behind = any(stands.get((place.topic[prefix:], place.partition), 0) < end for place, end in ends.items())
        return not behind and await self.db.fetchval("select count(*) from outbox") == 0

    async def _is(self, referral_id: str, state: str) -> bool:
        found: str | None = await self.db.fetchval("select state from referral where referral_id = $1", referral_id)
        return found == state

    async def told(self, agency: str, key: str) -> list[str]:
        """Names of what left for an agency under one key, in order."""
        found = await self.published(partner_out(agency))
        return [type(event).__name__ for _, event in found if event.subject == key]

    async def answers(self, agency: str = ARBEITSAMT) -> dict[Place, list[partners.Answer]]:
        """Answers to an agency by the record that they answer."""
        found: dict[Place, list[partners.Answer]] = {}
        for _, event in await self.published(partner_out(agency)):
            if isinstance(event, partners.Answer):
                found.setdefault(Place(event.topic, event.partition, event.offset), []).append(event)
        return found

    async def facts_of(self, person_id: str) -> list[Event]:
        """What was published on `referrals.referral.v1` of a client."""
        await self.settle()
        return [event for _, event in await self.published(topics.REFERRAL) if event.subject == person_id]

    async def replayed(self, **environment: str) -> dict[str, Any]:
        """Rebuilds the tables from the topics and compares."""
        await self.settle()
        found = self.environment | environment
        given = {name.removeprefix("LOTSE_").lower(): value for name, value in found.items()}
        return await replay("referrals", Settings.model_validate(given | {"service": "referrals"}))

    # the API

    async def post(self, path: str, *, key: str | None = None) -> Answer:
        answer = await self.http.post(self.url + path, headers=CALLER | {"Idempotency-Key": key or uuid.uuid4().hex})
        return answer.status_code, answer.json()

    async def get(self, path: str) -> Answer:
        answer = await self.http.get(self.url + path, headers=CALLER)
        return answer.status_code, answer.json()


@asynccontextmanager
async def referrals_on(day: date, broker: str, database: str) -> AsyncIterator[ReferralsWorld]:
    """Referrals, whose first business day is `day`."""
    world = ReferralsWorld(broker, database, day)
    await world.prepare()
    try:
        await world.day(day)
        await world.start()
        await until(world._is_today, what="the first day")
        yield world
    finally:
        await world.close()
