"""Reporting as a process of its own, on the run's real broker: heard, killed, asked, replayed."""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts.city import read_city
from contracts.envelope import Envelope, midnight
from contracts.topics import Layout
from services.reporting.app import service
from services.runtime.decision import Message
from services.runtime.migrations import migrate
from services.runtime.replay import replay
from services.runtime.settings import Settings
from tests.component.reporting_year import TODAY, counted, told
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT, Replica, World, free_port, until
from tests.conftest import NewDatabase

YEAR = "/report?from=2001-04&to=2002-03&month=2002-03"


class ReportingWorld(World):
    """One replica, what it hears and what it answers."""

    async def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.kafka})
        wanted = [
            NewTopic(
                self.prefix + t.name,
                num_partitions=t.partitions(Layout(person=PARTITIONS)),
                replication_factor=1,
                config=t.config,
            )
            for t in service(read_city(ROOT / "deploy/bremen")).consumes
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


@pytest.fixture
async def world(broker: str, new_database: NewDatabase) -> AsyncIterator[ReportingWorld]:
    made = ReportingWorld(broker, await new_database())
    await made.prepare()
    yield made
    await made.close()


async def _has_heard(world: ReportingWorld, records: int) -> bool:
    return await world.heard() >= records


async def _tell_the_year(world: ReportingWorld) -> int:
    """The year on a running service. Returns the number of its events."""
    messages = told()
    await world.day(TODAY)
    await world.tell(messages)
    await until(lambda: _has_heard(world, len(messages) + 1), what="the year in the books")
    return len(messages)


async def test_a_year_of_events_becomes_the_report(world: ReportingWorld) -> None:
    await world.start()
    events = await _tell_the_year(world)

    found = await world.report()
    assert (found["from"], found["to"], found["month"]) == ("2001-04", "2002-03", "2002-03")
    assert (found["as_of"], found["reference_day"]) == ("2002-04-15", "2002-03-31")
    assert (found["recipients"], found["recipients_year_before"], found["change_on_year"]) == (6, 7, -14.29)
    assert (found["expenditure_dem_minor"], found["placements"], found["integrations"]) == (293_657, 7, 4)
    assert (found["events"], found["clients_registered"]) == (events, 9)

    status, months = await world.get("/months?from=2001-10&to=2002-03&office=vahr")
    assert status == 200
    by_hand = {month: numbers["recipients"] for (month, office), numbers in counted().items() if office == "vahr"}
    told_of = {one["month"]: one["offices"]["vahr"]["recipients"] for one in months["months"]}
    assert told_of == by_hand | {"2002-01": 1}

    status, offices = await world.get("/offices")
    assert status == 200
    assert len(offices["offices"]) == 16


async def test_the_months_default_to_the_year_up_to_today(world: ReportingWorld) -> None:
    await world.start()
    assert (await world.get("/report"))[1]["code"] == "no_business_day"
    await world.day(date(2001, 3, 1))
    await until(lambda: _is_today(world, date(2001, 3, 1)), what="the first day")

    status, report = await world.get("/report")
    assert (status, report["from"], report["to"], report["month"]) == (200, "2000-04", "2001-03", "2001-03")
    assert report["reasons"]["recipients"] == "before_records"
    status, months = await world.get("/months")
    assert (status, len(months["months"])) == (200, 13)


async def test_a_question_that_has_no_answer_is_refused(world: ReportingWorld) -> None:
    await world.start()
    for path, expected in {
        "/report?office=altona": (404, "unknown_office"),
        "/report?month=2002-13": (422, "invalid"),
        "/report?from=2002-04&to=2002-03": (422, "unusable_period"),
        "/months?from=1990-01&to=2002-03": (422, "unusable_period"),
        "/months?office=%00": (422, "invalid"),
        "/nothing": (404, "not_found"),
    }.items():
        status, answer = await world.get(path)
        assert (status, answer["code"]) == expected, path
    assert (await world.get("/report", **{"X-Purpose": ""}))[1]["code"] == "missing_caller"


async def test_killed_on_its_way_and_told_twice_it_counts_once(world: ReportingWorld) -> None:
    messages = told()
    await world.day(TODAY)
    await world.tell(messages[:60])
    dying = await world.start(ready=False, LOTSE_FAIL="inside:3,committed:2")
    assert await dying.ended() == -signal.SIGKILL
    await world.tell(messages[40:60])  # a relay that died after its send and before its delete
    await world.tell(messages[60:])
    await world.start()
    await until(lambda: _has_heard(world, len(messages) + 21), what="the year in the books")

    found = await world.report()
    assert (found["recipients"], found["expenditure_dem_minor"]) == (6, 293_657)
    assert found["events"] == len(messages)


async def test_replayed_from_the_topics_it_is_the_same(world: ReportingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.start()
    events = await _tell_the_year(world)
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)

    answer = await replay("reporting", Settings(service="reporting"))

    print(answer)
    assert answer["identical"], answer
    assert answer["events"] == events + 1  # and the day
    assert {table["table"]: table["live"] > 0 for table in answer["tables"]} == {
        str(model.__tablename__): True for model in service(read_city(ROOT / "deploy/bremen")).tables
    }


async def test_a_person_whose_message_fails_is_told_of_in_the_report(world: ReportingWorld) -> None:
    await world.start()
    messages = told()
    await world.day(TODAY)
    poisoned = next(m for m in messages if m.event.type_name().startswith("lotse.intake.BenefitPaid"))
    await world.tell([m for m in messages if m.sequence < poisoned.sequence or m.subject != poisoned.subject])
    await world.put(poisoned.topic, poisoned.subject.encode(), b"{}", [("ce_id", b"x")])
    await until(lambda: _is_parked(world), what="the parked person")

    found = await world.report()
    assert found["parked"] == 1
    assert found["expenditure"]["DEM"]["hlu"] == 5_000  # V's alone


async def _is_parked(world: ReportingWorld) -> bool:
    found: int = await world.db.fetchval("select count(*) from parked_subject")
    return found == 1


async def _is_today(world: ReportingWorld, day: date) -> bool:
    return await world.today() == day
