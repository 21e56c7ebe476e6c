"""One client's way, asked for over HTTP as the offices do, answered over Kafka as an agency does."""

import time
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, TypeVar

import httpx
from confluent_kafka import Consumer, Producer

from contracts.envelope import Envelope, midnight
from contracts.event import ReferralMessage
from contracts.events import partners
from contracts.topics import DAY, partner_in, partner_out
from contracts.words import PlacementKind
from lotse.daylog import record
from tests.containers.installation import Installation

T = TypeVar("T")
AGENCY: Final = "arbeitsamt"
SOON: Final = 60.0
CALLER: Final = {"X-Actor": "s.meyer", "X-Office": "vahr", "X-Department": "adults", "X-Purpose": "test"}
ABLE: Final = {
    "ability": "able",
    "qualification": "vocational",
    "languages": ["de"],
    "hours_per_week": 38,
    "mobility": "city",
    "work_permit": True,
}
PLAN: Final = {
    "goal": "regular_job",
    "steps": ["apply"],
    "strengths": ["cooks"],
    "duties_client": ["comes"],
    "duties_office": ["helps"],
}


class Way:
    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._http = httpx.Client(timeout=30, headers=CALLER)
        self._kafka = {"bootstrap.servers": installation.kafka, "log_level": 0}
        self.today = date.fromisoformat(self.get("calendar", "/days/today")["today"])

    def get(self, service: str, path: str) -> Any:
        answer = self._http.get(self._installation.url(service) + path)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, service: str, path: str, body: Any) -> Any:
        """Again while the service has no business day yet."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}

        def answered() -> httpx.Response | None:
            answer = self._http.post(self._installation.url(service) + path, json=body, headers=headers)
            return None if answer.status_code == 503 else answer

        answer = self.until(answered)
        assert answer.is_success, answer.text
        return answer.json()

    def until(self, found: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + SOON
        while not (it := found()):
            assert time.monotonic() < deadline, f"not within {SOON:.0f} s"
            time.sleep(0.1)
        return it

    def register(self) -> str:
        """An able client of the Vahr, whose consent is on file; the case follows by itself."""
        who = {"given_name": "Erika", "family_name": f"Probe{uuid.uuid4().hex[:6]}", "birth_date": "1970-01-02"}
        lives = {"street": "Unter den Eichen", "house_number": "17b", "postcode": "28195", "district": "vahr"}
        benefit = {"kind": "hlu", "monthly": {"minor": 29_000, "currency": "EUR"}, "since": self.today.isoformat()}
        asked = who | {"sex": "female", "address": lives, "benefits": [benefit]}
        person: str = self.post("intake", "/clients", asked)["person_id"]
        self.post("intake", f"/clients/{person}/disclosure-bases", {"kind": "consent"})
        self.post("intake", f"/clients/{person}/assessments", ABLE)
        return person

    def midnight(self) -> None:
        """The next day begins early: cases are assigned when one does."""
        self.today += timedelta(days=1)
        self._send(DAY.name, record(self.today))

    def assigned_case(self, person: str) -> str:
        self.post("casework", "/case-managers", {"staff_id": "s.meyer", "office": "vahr", "since": str(self.today)})
        self.until(lambda: self._case_of(person, "/cases?state=open&limit=1000"))
        self.midnight()
        return self.until(lambda: self._case_of(person, "/cases?assigned=true&limit=1000"))

    def _case_of(self, person: str, path: str) -> str | None:
        return next((case["case_id"] for case in self.get("casework", path) if case["person_id"] == person), None)

    def refer(self, case: str) -> str:
        self.post("casework", f"/cases/{case}/plans", PLAN)
        asked = {"agency": AGENCY, "service": "job_placement"}
        referral: str = self.post("casework", f"/cases/{case}/referrals", asked)["referral_id"]
        return referral

    def heard_by_agency(self, referral: str, kind: type[ReferralMessage]) -> ReferralMessage:
        """Reads the agency's own topic from its beginning."""
        topic = partner_out(AGENCY)
        consumer = Consumer(
            self._kafka | {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        )
        consumer.subscribe([topic.name])

        def found() -> ReferralMessage | None:
            heard = consumer.poll(1.0)
            if heard is None or heard.error() or heard.key() != referral.encode():
                return None
            event = topic.decode(dict(heard.headers() or [])["ce_type"].decode(), heard.value())
            return event if isinstance(event, kind) else None

        try:
            return self.until(found)
        finally:
            consumer.close()

    def say(self, *messages: ReferralMessage) -> None:
        """As the agency's own program would."""
        records = []
        for event in messages:
            headers = Envelope(
                id=uuid.uuid4().hex,
                source=f"agency/{AGENCY}",
                type=event.type_name(),
                subject=event.subject,
                time=midnight(event.occurred_on),
            ).headers()
            records.append((headers, event.subject.encode(), event.model_dump_json().encode()))
        self._send(partner_in(AGENCY).name, *records)

    def _send(self, topic: str, *records: tuple[list[tuple[str, bytes]], bytes, bytes]) -> None:
        producer = Producer(self._kafka | {"partitioner": "murmur2_random"})
        for headers, key, value in records:
            producer.produce(topic, value, key, headers=list(headers))
        assert producer.flush(20) == 0

    def place(self, referral: str) -> None:
        """The agency takes the client on, and a job comes of it on the same day."""
        told: dict[str, Any] = {"referral_id": referral, "occurred_on": self.today}
        self.say(
            partners.ReferralReceived(**told),
            partners.ReferralAccepted(**told),
            partners.ServiceStarted(**told),
            partners.PlacementResultReported(
                **told,
                kind=PlacementKind.REGULAR_JOB,
                employer_id="12345678",
                start_date=self.today,
                hours_per_week=38,
            ),
        )
