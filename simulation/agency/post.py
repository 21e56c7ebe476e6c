"""An agency's way to and from Kafka: read the city's mail, live a day, send, and only then say how far it got.

At least once: a day's messages are sent again, under the same ids, if the process dies before it commits its offsets.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from contracts import envelope, topics
from contracts.envelope import Envelope, MalformedEnvelope, midnight
from contracts.events.calendar import DayStarted
from contracts.topics import Undecodable
from simulation.agency.day import Agency, Said
from simulation.agency.file import Files
from simulation.agency.spoiling import spoil

CALENDAR: Final = TopicPartition(topics.DAY.name, 0)
POLL_MS: Final = 250
REQUEST_MS: Final = 15_000
PAUSE_SECONDS: Final = 0.5
STOP_SECONDS: Final = 1.5
LOG: Final = logging.getLogger("agency")


class Post:
    """One session with the broker. Everything known is read again from the beginning of the agency's own topic."""

    def __init__(self, agency: Agency, kafka: str, stopping: asyncio.Event) -> None:
        self._agency, self._kafka, self._stopping = agency, kafka, stopping
        self._out, self._in = topics.partner_out(agency.id), topics.partner_in(agency.id)
        self._files = Files()
        self._partitions: Sequence[TopicPartition] = ()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka,
            group_id=f"agency.{agency.id}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_MS,
            max_poll_records=2000,
        )
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka, acks="all", enable_idempotence=True, request_timeout_ms=REQUEST_MS
        )

    async def run(self) -> None:
        """Until asked to stop, or the broker is away (`KafkaError`)."""
        try:
            await self._open()
            while not self._stopping.is_set():
                await self._turn()
        finally:
            await self._close()

    async def _close(self) -> None:
        """Both at once, each a task of its own: whatever becomes of one, or of who waits here, the other is closed."""
        stops = {asyncio.ensure_future(part.stop()) for part in (self._consumer, self._producer)}
        done, late = await asyncio.wait(stops, timeout=STOP_SECONDS)
        for stop in late:
            stop.cancel()
        for error in filter(None, (stop.exception() for stop in done)):
            LOG.info("the broker is away (%s): a connection was dropped", type(error).__name__)

    async def _open(self) -> None:
        self._partitions = [TopicPartition(self._out.name, n) for n in range(await self._width())]
        await self._consumer.start()
        await self._producer.start()
        self._consumer.assign([*self._partitions, CALENDAR])
        lived = await self._consumer.committed(CALENDAR)
        self._consumer.seek(CALENDAR, lived or 0)
        for partition in self._partitions:
            self._consumer.seek(partition, 0)
        await self._read_to_the_end()
        await self._commit()

    async def _width(self) -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka, request_timeout_ms=REQUEST_MS)
        try:
            await admin.start()
            (found,) = await admin.describe_topics([self._out.name])
            if found["error_code"] or not found["partitions"]:
                raise KafkaError(f"{self._out.name} is not there yet")
            return len(found["partitions"])
        finally:
            await admin.close()

    async def _turn(self) -> None:
        polled = await self._consumer.getmany(timeout_ms=POLL_MS)
        days = polled.pop(CALENDAR, [])
        self._note(polled.values())
        for record in days:
            if (day := _day(record)) is not None:
                await self._read_to_the_end()
                await self._say(list(self._agency.day(self._files, day)), day)
            await self._commit(lived=record.offset + 1)
        if polled and not days:
            await self._commit()

    async def _read_to_the_end(self) -> None:
        """Read the city's mail up to where it ended when we looked."""
        ends = await self._consumer.end_offsets(list(self._partitions))
        while not self._stopping.is_set():
            behind = [place for place, end in ends.items() if await self._consumer.position(place) < end]
            if not behind:
                return
            self._note((await self._consumer.getmany(*behind, timeout_ms=POLL_MS)).values())
        raise asyncio.CancelledError

    def _note(self, batches: Iterable[Sequence[ConsumerRecord]]) -> None:
        for batch in batches:
            for record in batch:
                self._read(record)

    def _read(self, record: ConsumerRecord) -> None:
        try:
            found = envelope.read(record.headers)
            event = self._out.decode(found.type, record.value)
        except (MalformedEnvelope, Undecodable) as error:
            LOG.warning("%s/%d offset %d is unreadable: %s", record.topic, record.partition, record.offset, error)
            return
        told_on = date.fromisoformat(found.recorded[:10]) if found.recorded else event.occurred_on
        self._files.note(event, told_on)

    async def _say(self, messages: Sequence[Said], day: date) -> None:
        """Send a day's messages and wait until the broker has them all."""
        acks = []
        for said in messages:
            event = said.message
            headers = Envelope(
                id=said.id,
                source=f"agency/{self._agency.id}",
                type=event.type_name(),
                subject=event.subject,
                time=midnight(event.occurred_on),
                recorded=day.isoformat(),
            ).headers()
            value, key = event.model_dump_json().encode(), event.subject.encode()
            if said.spoilt is not None:
                headers, value = spoil(said.spoilt, headers, value)
            box = self._in if said.box is None else topics.partner_in(said.box)
            acks.append(await self._producer.send(box.name, value, key=key, headers=headers))
        if acks:
            await asyncio.gather(*acks)

    async def _commit(self, *, lived: int | None = None) -> None:
        offsets = {place: await self._consumer.position(place) for place in self._partitions}
        if lived is not None:
            offsets[CALENDAR] = lived
        await self._consumer.commit(offsets)


def _day(record: ConsumerRecord) -> date | None:
    try:
        event = topics.DAY.decode(envelope.read(record.headers).type, record.value)
    except (MalformedEnvelope, Undecodable):
        return None
    return event.occurred_on if isinstance(event, DayStarted) else None


async def serve(agency: Agency, kafka: str, stopping: asyncio.Event) -> None:
    """Session after session, through outages of the broker."""
    while not stopping.is_set():
        session = asyncio.ensure_future(Post(agency, kafka, stopping).run())
        asked = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({session, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not session.done():
            await asyncio.wait({session}, timeout=1.0)
            session.cancel()
            await asyncio.wait({session}, timeout=3.0)
            return
        error = session.exception() if not session.cancelled() else None
        if error is not None:
            if not isinstance(error, (KafkaError, OSError)):
                raise error
            LOG.warning("the broker is away (%s): trying again", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), PAUSE_SECONDS)
