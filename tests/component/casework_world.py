"""Casework as a process of its own, on the run's real broker and a migrated database; the others are scripted."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts import topics
from contracts.envelope import Envelope, midnight
from contracts.event import Event
from contracts.events import intake, referrals
from contracts.topics import Layout, Topic
from contracts.words import (
    Ability,
    BenefitKind,
    Currency,
    Department,
    Mobility,
    Money,
    ProtectionClass,
    Qualification,
    RejectionCode,
    Sex,
)
from services.runtime.migrations import migrate
from services.runtime.replay import replay
from services.runtime.settings import Settings
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT, SESSION_SECONDS, Replica, World, free_port, until

Answer = tuple[int, Any]
HEARD = (topics.PERSON, topics.IDENTITY, topics.REFERRAL)


class CaseworkWorld(World):
    """One replica, whose API the test talks to. `today` counts on as days are started."""

    def __init__(self, kafka: str, database: str, first: date) -> None:
        super().__init__(kafka, database)
        self.on = first
        self.staffed: set[str] = set()
        self.log: Path | None = None
        """Where everything goes that processes say, instead of to the test's output."""

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
            for t in (*HEARD, topics.CASE, topics.DAY, *(t.dead_letters("casework") for t in HEARD))
        ]
        for future in admin.create_topics(wanted).values():
            future.result(timeout=20)
        await migrate("casework", self.database)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await self.producer.start()
        self.db = await asyncpg.connect(self.database)
        self.http = httpx.AsyncClient(timeout=60)

    async def start(self, *, ready: bool = True, **environment: str) -> Replica:
        port = free_port()
        output = None if self.log is None else self.log.open("ab")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.casework",
            stdout=output,
            stderr=output,
            env=os.environ | self.environment | {"LOTSE_PORT": str(port)} | environment,
            cwd=ROOT,
        )
        replica = Replica(process, port)
        self.replicas.append(replica)
        if ready:
            await until(lambda: self.is_ready(replica), what="readiness")
        return replica

    # what the others say

    async def send(self, topic: Topic, *events: Event, sequence: int | None = None) -> None:
        """As their producers' relays would: numbered per topic and subject, in order."""
        waiting = []
        for event in events:
            place = f"{topic.name}/{event.subject}"
            number = sequence or self.sent.get(place, 0) + 1
            self.sent[place] = number
            envelope = Envelope(
                id=str(uuid.uuid5(uuid.UUID(int=3), f"{self.prefix}{place}/{number}")),
                source="/test",
                type=event.type_name(),
                subject=event.subject,
                time=midnight(event.occurred_on),
                sequence=number,
            )
            value = event.model_dump_json().encode()
            waiting.append(await self.put(topic, event.subject.encode(), value, envelope.headers()))
        await asyncio.gather(*waiting)

    async def able_client(self, *, office: str = "vahr", person_id: str = "") -> str:
        """A client whom casework must look after; returns the id."""
        one: dict[str, Any] = {"person_id": person_id or str(uuid.uuid4()), "occurred_on": self.on}
        await self.send(
            topics.PERSON,
            intake.ClientRegistered(**one, office=office, district="vahr", sex=Sex.FEMALE, birth_month="1970-01"),
            intake.DepartmentsAssigned(**one, departments=(Department.ECONOMIC_ASSISTANCE, Department.YOUNG_PEOPLE)),
            intake.BenefitStarted(
                **one,
                benefit_id=str(uuid.uuid4()),
                kind=BenefitKind.HLU,
                monthly=Money(minor=50_000, currency=Currency.DEM),
            ),
            intake.AbilityAssessed(
                **one,
                ability=Ability.ABLE,
                qualification=Qualification.VOCATIONAL,
                languages=("de",),
                hours_per_week=38,
                mobility=Mobility.CITY,
                work_permit=True,
                earliest_start=self.on,
                author="m.weber",
            ),
        )
        await until(self.settled, what="everything sent to be applied")
        found: str = one["person_id"]
        return found

    async def name(
        self, person_id: str, family_name: str, given_name: str = "Anna", *, born: date = date(1970, 1, 1)
    ) -> None:
        await self.tell(
            intake.IdentityRecorded(
                person_id=person_id,
                occurred_on=self.on,
                given_name=given_name,
                family_name=family_name,
                birth_date=born,
                street="Am Wall",
                house_number="1",
                postcode="28195",
            )
        )

    async def protect(self, person_id: str) -> None:
        event = intake.ProtectionSet(
            person_id=person_id,
            occurred_on=self.on,
            protection_id=str(uuid.uuid4()),
            protection_class=ProtectionClass.ILL,
            valid_from=self.on,
            valid_until=None,
            author="m.weber",
        )
        await self.tell(event)

    async def tell(self, *events: Event) -> None:
        """One message after the other, and until casework has acted on them."""
        for event in events:
            topic = next(t for t in HEARD if type(event) in t.events)
            await self.send(topic, event)
        await until(self.settled, what="everything sent to be applied")

    async def reject(
        self, person_id: str, referral_id: str, *, message_id: str, code: RejectionCode = RejectionCode.EXPIRED
    ) -> None:
        """Referrals could not apply an agency's message."""
        await self.tell(
            referrals.PartnerMessageRejected(
                person_id=person_id,
                occurred_on=self.on,
                referral_id=referral_id,
                agency="arbeitsamt",
                message_id=message_id,
                message_type="lotse.partners.in.PlacementResultReported.v1",
                code=code,
                state="expired",
            )
        )

    async def next_day(self) -> None:
        await self.settled_all()
        self.on += timedelta(days=1)
        await self.day(self.on)
        await until(self._is_today, what=f"{self.on}")
        await self.settled_all()

    async def settled_all(self) -> None:
        await until(self.settled, what="everything sent to be applied")

    async def _is_today(self) -> bool:
        return await self.today() == self.on

    async def settled(self) -> bool:
        rows = await self.db.fetch("select topic, partition, next_offset from consumed_offset")
        stands = {(row[0], row[1]): row[2] for row in rows}
        ends = await self.ends(*HEARD)
        prefix = len(self.prefix)
        behind = any(stands.get((place.topic[prefix:], place.partition), 0) < end for place, end in ends.items())
        return not behind and await self.db.fetchval("select count(*) from outbox") == 0

    # the API

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Answer:
        """A changing request, under a key of its own unless one is given."""
        given = CALLER | {"Idempotency-Key": key or uuid.uuid4().hex, "Content-Type": "application/json"} | headers
        answer = await self.http.post(self.url + path, content=json.dumps(body or {}), headers=given)
        return answer.status_code, answer.json()

    async def get(self, path: str, **headers: str) -> Answer:
        answer = await self.http.get(self.url + path, headers=CALLER | headers)
        return answer.status_code, answer.json()

    async def listed(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """All of a list, page after page."""
        found: list[dict[str, Any]] = []
        while path:
            answer = await self.http.get(self.url + path, headers=CALLER | headers)
            assert answer.status_code == 200, answer.text
            found += answer.json()
            path = answer.links.get("next", {}).get("url", "")
        return found

    async def employ(
        self, staff_id: str, *, office: str = "vahr", limit: int | None = None, since: date | None = None
    ) -> None:
        begins = (since or self.on).isoformat()
        body = {"staff_id": staff_id, "office": office, "since": begins, "caseload_limit": limit}
        status, answer = await self.post("/case-managers", body)
        assert status == 201, answer

    async def case_of(self, person_id: str) -> dict[str, Any]:
        """The only case of a client."""
        (case,) = [one for one in await self.listed("/cases") if one["person_id"] == person_id]
        found: dict[str, Any] = case
        return found

    async def assigned(self) -> dict[str, Any]:
        """The case of a new client at Vahr who has a case manager."""
        if "vahr.fm1" not in self.staffed:
            self.staffed.add("vahr.fm1")
            await self.employ("vahr.fm1")
        person_id = await self.able_client()
        await self.next_day()
        return await self.case_of(person_id)

    async def planned(self) -> dict[str, Any]:
        case = await self.assigned()
        status, answer = await self.post(f"/cases/{case['case_id']}/plans", PLAN)
        assert status == 201, answer
        return case

    async def referred(self) -> tuple[dict[str, Any], str]:
        case = await self.planned()
        status, answer = await self.post(f"/cases/{case['case_id']}/referrals", OFFER)
        assert status == 202, answer
        return case, answer["referral_id"]

    async def told_of(self, person_id: str) -> list[tuple[str, Event]]:
        """Ids and events on `casework.case.v1` of a client, in order."""
        await self.settled_all()
        return [(e.id, event) for e, event in await self.published(topics.CASE) if event.subject == person_id]

    async def replayed(self) -> dict[str, Any]:
        """Rebuilds casework's tables from the topics and compares."""
        await self.settled_all()
        given = {name.removeprefix("LOTSE_").lower(): value for name, value in self.environment.items()}
        return await replay("casework", Settings.model_validate(given | {"service": "casework"}))


PLAN = {
    "goal": "regular_job",
    "steps": ["apply", "refer"],
    "strengths": ["zuverlässig"],
    "duties_client": ["bewirbt sich jede Woche"],
    "duties_office": ["zahlt die Fahrkarte"],
}
OFFER = {"agency": "arbeitsamt", "service": "job_placement"}


@asynccontextmanager
async def casework_on(day: date, broker: str, database: str) -> AsyncIterator[CaseworkWorld]:
    """Casework, whose first business day is `day`."""
    world = CaseworkWorld(broker, database, day)
    await world.prepare()
    try:
        await world.day(day)
        await world.start()
        await until(world._is_today, what="the first day")
        yield world
    finally:
        await world.close()
