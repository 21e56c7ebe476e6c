"""The bench as an agency: reports results, and is told by the databases when casework and reporting have them."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer

from contracts.envelope import Envelope, midnight
from contracts.events.partners import PlacementResultReported, ResultCorrected
from contracts.topics import partner_in
from contracts.words import PlacementKind
from lotse.stack.city import database_of
from lotse.stack.stack import Stack
from services.runtime.outgoing import partition_of
from tests.bench.year import LAYOUT

_TOLD: Final = {
    "casework": ("timeline", "new.data->>'employer_id'", "new.type = 'PlacementReported'"),
    "reporting": ("placement_report", "new.employer_id", "true"),
}
"""Where a result becomes visible, and by what its row is known."""
_TRIGGER: Final = """create or replace function bench_told() returns trigger language plpgsql as $$ begin
perform pg_notify('bench', {told}); return null; end $$;
create or replace trigger bench_told after insert on {table} for each row when ({when}) execute function bench_told()"""
_OPEN: Final = """select referral_id, agency from referral
where requested_on is not null and state in ('requested', 'received', 'accepted', 'in_service', 'on_hold')
order by md5(referral_id)"""
_FIRST_EMPLOYER: Final = 90_000_000


@dataclass
class Told:
    """A referral, and the first result that was reported of it."""

    referral_id: str
    agency: str
    result_id: str | None = None


class Agency:
    """Reports one result after the other, each of another referral; when all have one, corrections of them."""

    def __init__(self, producer: AIOKafkaProducer, referrals: list[Told], today: date) -> None:
        self._producer, self._referrals, self._today = producer, referrals, today
        self._number = 0
        self._seen: dict[tuple[str, str], asyncio.Future[float]] = {}

    @classmethod
    @asynccontextmanager
    async def on(cls, stack: Stack) -> "AsyncIterator[Agency]":
        def dsn(service: str) -> str:
            return database_of(service, stack.settings, stack.installation)

        async with AsyncExitStack() as held:
            db: asyncpg.Connection = await asyncpg.connect(dsn("referrals"))
            held.push_async_callback(db.close)
            referrals = [Told(row["referral_id"], row["agency"]) for row in await db.fetch(_OPEN)]
            today = await db.fetchval("select today from business_day")
            producer = AIOKafkaProducer(bootstrap_servers=stack.settings.kafka_address, acks="all")
            agency = cls(await held.enter_async_context(producer), referrals, today)
            for service, (table, told, when) in _TOLD.items():
                listening: asyncpg.Connection = await asyncpg.connect(dsn(service))
                held.push_async_callback(listening.close)
                await listening.execute(_TRIGGER.format(table=table, told=told, when=when))
                await listening.add_listener("bench", agency._hears(service))
            yield agency

    def _hears(self, service: str) -> Any:
        def heard(_: object, __: int, ___: str, employer: object) -> None:
            if (waiting := self._seen.get((service, str(employer)))) is not None and not waiting.done():
                waiting.set_result(time.monotonic())

        return heard

    async def result(self, *, within: float = 60.0) -> dict[str, float]:
        """Milliseconds from the send until it is committed: in `casework`, in `reporting`, and `both`."""
        referral = self._referrals[self._number % len(self._referrals)]
        employer = str(_FIRST_EMPLOYER + self._number)
        self._number += 1
        waiting = {service: asyncio.get_running_loop().create_future() for service in _TOLD}
        self._seen |= {(service, employer): future for service, future in waiting.items()}
        began = time.monotonic()
        await self._send(referral, employer)
        await asyncio.wait_for(asyncio.gather(*waiting.values()), within)
        took = {service: (future.result() - began) * 1000 for service, future in waiting.items()}
        for service in waiting:
            del self._seen[service, employer]
        return took | {"both": max(took.values())}

    async def _send(self, referral: Told, employer: str) -> None:
        said: dict[str, Any] = {"referral_id": referral.referral_id, "occurred_on": self._today, "hours_per_week": 38}
        said |= {"kind": PlacementKind.REGULAR_JOB, "employer_id": employer, "start_date": self._today}
        event: PlacementResultReported | ResultCorrected
        if referral.result_id is None:
            event = PlacementResultReported(**said)
        else:
            event = ResultCorrected(**said, result_id=referral.result_id)
        envelope = Envelope(
            id=str(uuid.uuid4()),
            source=f"/agencies/{referral.agency}",
            type=event.type_name(),
            subject=referral.referral_id,
            time=midnight(self._today),
        )
        referral.result_id = referral.result_id or envelope.id
        key = referral.referral_id.encode()
        await self._producer.send_and_wait(
            partner_in(referral.agency).name,
            event.model_dump_json().encode(),
            key=key,
            partition=partition_of(key, LAYOUT.partner),
            headers=list(envelope.headers()),
        )
