"""One trace follows a referral through four real services; the agency's answer begins a second one, linked to it."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contracts import topics
from contracts.envelope import Envelope, midnight
from contracts.events.partners import ReferralAccepted
from contracts.topics import Layout, Topic, partner_in, partner_out
from lotse.daylog import DayLog
from lotse.settings import Settings
from lotse.stack.home import ClockKind
from lotse.stack.ports import on_free_ports
from lotse.stack.stack import Stack
from tests.collector import Collector, Seen, collecting

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY: Final = date(2001, 11, 5)
AGENCY: Final = "arbeitsamt"
LAYOUT: Final = Layout(person=3, partner=3)
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
"""Begun by whoever called us."""
CALLER: Final = {"X-Actor": "s.meyer", "X-Office": "vahr", "X-Department": "adults", "X-Purpose": "test"}
SECRETS: Final = ("Geheim", "Jürgen", "1970-01-02", "Unter den Eichen", "0421 361")
ABLE: Final[dict[str, Any]] = {
    "ability": "able",
    "qualification": "vocational",
    "languages": ["de"],
    "hours_per_week": 38,
    "mobility": "city",
    "work_permit": True,
}
PLAN: Final[dict[str, Any]] = {
    "goal": "regular_job",
    "steps": ["apply"],
    "strengths": ["Geheim kocht"],
    "duties_client": ["kommt"],
    "duties_office": ["hilft"],
}


@dataclass
class Round:
    """One client's referral, offered under the caller's trace and accepted by the agency."""

    settings: Settings
    collector: Collector
    http: httpx.AsyncClient
    log: DayLog
    today: date = DAY
    person: str = ""
    referral: str = ""

    async def post(self, service: str, path: str, body: Any, *, trace: str | None = None) -> Any:
        """Again while the service has no business day yet."""
        headers = CALLER | {"Idempotency-Key": uuid.uuid4().hex}
        if trace:
            headers["traceparent"] = f"00-{trace}-b7ad6b7169203331-01"
        while True:
            answer = await self.http.post(self.settings.url(service) + path, json=body, headers=headers)
            if answer.status_code != 503:
                break
            await asyncio.sleep(0.1)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def get(self, service: str, path: str) -> Any:
        return (await self.http.get(self.settings.url(service) + path, headers=CALLER)).json()

    async def next_day(self) -> None:
        self.today += timedelta(days=1)
        await self.log.append(self.today)

    async def refer(self) -> None:
        client = {"given_name": "Jürgen", "family_name": "Geheim", "birth_date": "1970-01-02", "sex": "male"}
        lives = {"street": "Unter den Eichen", "house_number": "17b", "postcode": "28195", "district": "vahr"}
        benefit = {"kind": "hlu", "monthly": {"minor": 50_000, "currency": "DEM"}, "since": DAY.isoformat()}
        asked = client | {"address": lives, "phone": "0421 361", "benefits": [benefit]}
        self.person = (await self.post("intake", "/clients", asked))["person_id"]
        await self.post("intake", f"/clients/{self.person}/disclosure-bases", {"kind": "consent"})
        await self.post("intake", f"/clients/{self.person}/assessments", ABLE)
        while not (cases := await self.get("casework", "/cases?state=open")):
            await asyncio.sleep(0.1)
        (case,) = cases
        await self.post(
            "casework", "/case-managers", {"staff_id": "s.meyer", "office": "vahr", "since": DAY.isoformat()}
        )
        await self.next_day()
        while not await self.get("casework", "/cases?assigned=true"):
            await asyncio.sleep(0.1)
        await self.post("casework", f"/cases/{case['case_id']}/plans", PLAN)
        path = f"/cases/{case['case_id']}/referrals"
        answer = await self.post("casework", path, {"agency": AGENCY, "service": "job_placement"}, trace=TRACE)
        self.referral = answer["referral_id"]
        await self.until(lambda: self.seen(f"process {topics.REFERRAL.name}", TRACE, 2))

    async def accept(self) -> None:
        """As the agency's own client would, with a trace of its own that is none of ours."""
        event = ReferralAccepted(referral_id=self.referral, occurred_on=DAY)
        envelope = Envelope(
            id="Geheim-1",
            source=f"agency/{AGENCY}",
            type=event.type_name(),
            subject=event.subject,
            time=midnight(DAY),
            traceparent=f"00-{'e' * 32}-{'e' * 16}-01",
        )
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_address)
        await producer.start()
        place, value = partner_in(AGENCY).name, event.model_dump_json().encode()
        await producer.send_and_wait(place, value, key=event.subject.encode(), headers=envelope.headers())
        await producer.stop()
        await self.until(lambda: bool(self.named(f"process {place}")))
        (heard,) = self.named(f"process {place}")
        await self.until(lambda: self.seen(f"process {topics.REFERRAL.name}", heard.trace, 2))

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.collector.spans if span.name == name]

    def seen(self, name: str, trace: str, services: int) -> bool:
        return len({span.service for span in self.named(name) if span.trace == trace}) >= services

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Round]:
    settings = on_free_ports(Settings(home=tmp_path_factory.mktemp("home"), fsync=False, partitions=3))
    with pytest.MonkeyPatch.context() as patch, collecting() as collector:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        patch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")  # an environment that asks for too much gets nothing of it
        stack = Stack(settings, clock=ClockKind.SIMULATED, start=DAY)
        async with stack, httpx.AsyncClient(timeout=30) as http:
            log = DayLog(settings.kafka_address)
            await log.append(DAY)
            round_ = Round(settings, collector, http, log)
            async with asyncio.timeout(90):
                await round_.refer()
                await round_.accept()
            await log.close()
            yield round_


async def test_one_trace_leads_from_the_callers_request_to_every_reader(played: Round) -> None:
    found = played.collector.of(TRACE)
    told = [(span.service, span.name) for span in found]
    referral, case = topics.REFERRAL.name, topics.CASE.name
    assert ("casework", "POST /cases/{case_id}/referrals") in told
    assert ("casework", "transaction") in told
    for expected in (
        ("casework", f"send {case}"),
        ("referrals", f"process {case}"),
        ("referrals", f"send {referral}"),
        ("casework", f"process {referral}"),
        ("reporting", f"process {referral}"),
    ):
        assert expected in told
    known = {span.id for span in found} | {"b7ad6b7169203331"}
    assert all(span.parent in known for span in found), "every span hangs below another of its trace, or the caller's"


async def test_the_agencys_message_begins_a_trace_of_its_own_linked_to_the_offer(played: Round) -> None:
    (heard,) = played.named(f"process {partner_in(AGENCY).name}")
    assert heard.trace not in {TRACE, "e" * 32}
    assert heard.parent == ""
    assert heard.links == (TRACE,)
    assert heard.attributes["lotse.fate"] == "applied"
    assert {"casework", "referrals", "reporting"} <= {span.service for span in played.collector.of(heard.trace)}


async def test_no_partner_record_carries_a_trace(played: Round) -> None:
    out = await records(played.settings, partner_out(AGENCY))
    assert {"ReferralOffered", "ContactReleased"} <= {
        dict(headers)["ce_type"].decode().split(".")[3] for headers in out
    }
    for headers in out:
        assert not {"traceparent", "tracestate", "ce_correlationid", "ce_causationid"} & dict(headers).keys()
        assert TRACE not in json.dumps([value.decode("latin-1") for _, value in headers])


async def test_internal_records_carry_the_trace_that_decided_them(played: Round) -> None:
    carried = [
        dict(headers).get("traceparent", b"").decode() for headers in await records(played.settings, topics.CASE)
    ]
    assert all(carried)
    assert any(TRACE in traceparent for traceparent in carried)


async def test_spans_hold_nothing_of_a_person_and_nothing_that_an_agency_chose(played: Round) -> None:
    everything = b"".join(played.collector.raw)
    for secret in (*SECRETS, played.person, played.referral, "e" * 32, "Geheim-1"):
        assert secret.encode() not in everything
    assert len(played.collector.spans) > 20


async def records(settings: Settings, topic: Topic) -> list[list[tuple[str, bytes]]]:
    reader = AIOKafkaConsumer(bootstrap_servers=settings.kafka_address, auto_offset_reset="earliest")
    await reader.start()
    try:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions(LAYOUT))]
        reader.assign(places)
        ends = await reader.end_offsets(places)
        found, left = [], {place for place, end in ends.items() if end}
        while left:
            for batch in (await reader.getmany(timeout_ms=200)).values():
                found += [[(name, value or b"") for name, value in record.headers] for record in batch]
            left = {place for place in left if await reader.position(place) < ends[place]}
    finally:
        await reader.stop()
    return found
