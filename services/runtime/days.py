"""The subscriber of the calendar: when a day starts, timers fire, facts are summed up, ranks given; then it is today.

A day waits until this service has applied what the broker had stored in its other topics before it, and the consumer
waits with what came after it (lane.py): whatever was down meanwhile, each message is decided on the day of its arrival.
Firing is safe to repeat: a timer is used up in the transaction of its events.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Generic

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from contracts import topics
from contracts.envelope import MalformedEnvelope
from contracts.events.calendar import DayStarted
from contracts.topics import Undecodable
from services.runtime.audit import forget
from services.runtime.batch import business_day
from services.runtime.database import backoff, is_away, transaction, upsert_models
from services.runtime.decision import Message, Refusal, S
from services.runtime.ends import Ends
from services.runtime.failpoint import failpoint
from services.runtime.inbound import PartitionKey, Record, decode
from services.runtime.lane import record_of
from services.runtime.logcut import LogCheck
from services.runtime.runtime import Runtime, is_day
from services.runtime.summary import summarise
from services.runtime.telemetry import fault, log
from services.runtime.tracing import Spans
from services.runtime.unit import Unit

_DUE = """with due as materialized (select subject from state where due <= $1)
select subject from due where subject > $2
and not exists (select from parked_subject p where p.subject = due.subject) order by subject limit $3"""
_STILL_DUE = "select subject from state where subject = any($1) and due <= $2"
_USED_UP = """update state s set due = fired.due from unnest($1::text[], $2::date[]) as fired(subject, due)
where s.subject = fired.subject and s.due is distinct from fired.due"""
_OVERDUE = """select today, case when (select min(due) from state) <= today then exists(select from state
where due <= today and not exists (select from parked_subject p where p.subject = state.subject)) else false end
from business_day"""
_CHUNK = 500
_TOPIC = topics.DAY.name


class Days(ConsumerRebalanceListener, Generic[S]):
    """One consumer group `<service>.calendar`; the replica that has its partition runs the day, the others stand by."""

    def __init__(self, runtime: Runtime[S], ends: Ends | None = None) -> None:
        self._runtime = runtime
        others = [topic for topic in runtime.service.consumes if not is_day(topic)]
        self._ends = ends or Ends(runtime.settings, others)
        self._check = LogCheck(runtime)
        self._sought = False
        self._ended: dict[PartitionKey, int] | None = None
        """Ends as they were some time after the days of this poll had been stored."""
        self.joined = asyncio.Event()

    async def run(self) -> None:
        for attempt in itertools.count(1):
            try:
                await self._session()
            except Exception as error:
                if not is_away(error) and not isinstance(error, KafkaError):
                    raise
                log().warning("waiting", part="calendar", error=fault(error))
            if self._runtime.stopping.is_set():
                return
            self._runtime.metrics.retries.labels("calendar").inc()
            await backoff(attempt % 5)

    async def _session(self) -> None:
        settings = self._runtime.settings
        place = TopicPartition(settings.wire(_TOPIC), 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka,
            group_id=settings.wire(f"{self._runtime.service.name}.calendar"),
            group_instance_id=settings.member,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=7,  # days; after them the group must hear of us
            fetch_max_wait_ms=500,
            session_timeout_ms=int(settings.session_timeout * 1000),
            heartbeat_interval_ms=int(settings.session_timeout * 1000 / 6),
            metadata_max_age_ms=30_000,
        )
        consumer.subscribe([place.topic], listener=self)
        try:
            await consumer.start()
            while not self._runtime.stopping.is_set():
                if consumer.assignment() and not self._sought:
                    await self._seek(consumer, place)
                polled, self._ended = await consumer.getmany(timeout_ms=250), None
                for record in [record_of(raw, settings) for batch in polled.values() for raw in batch]:
                    self._sought = await self.day(record) == record.offset + 1
                    if not self._sought or self._runtime.stopping.is_set():
                        break
                if not polled and consumer.assignment():
                    await self.overdue()
                    await self._work_off()
                if not consumer.assignment():
                    self._sought = False
        finally:
            self._sought = False
            self.joined.clear()
            await self._ends.close()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(consumer.stop(), 3)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to hand over: the next owner continues from the database."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """With the partition or without it we are in the group."""
        self._sought = not assigned
        self.joined.set()

    async def _seek(self, consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
        """Goes on where the database stands, unless a day is lost or the calendar is not the one that we read."""
        offsets = await self._check.run(consumer, {place})
        if f"{_TOPIC}/0" in self._runtime.stopped:
            consumer.pause(place)
        else:
            consumer.seek(place, offsets[_TOPIC, 0])
        self._sought = True

    async def _stand(self) -> tuple[int, date | None]:
        """Our next offset, and the business day."""
        rows = await self._runtime.pool.fetch(
            "select next_offset, (select today from business_day) from consumed_offset where topic = $1", _TOPIC
        )
        return rows[0][0], rows[0][1]

    async def day(self, record: Record) -> int:
        """Runs a day to its end. Returns the offset to go on from."""
        following, today = await self._stand()
        if record.offset != following:
            return following
        message = self._message(record)
        day = message.event.occurred_on if message else None
        if message is None or day is None or (today is not None and day <= today):
            await self._finish(record, None)
        elif today is not None and day > today + timedelta(days=1):
            return self._missing(record, today, day)
        else:
            if today is not None:
                await self._reach(record.stored)
            await self._fire(message, day)
            await summarise(self._runtime, day)
            await forget(self._runtime, day)
            failpoint("fired")
            await self._finish(record, message)
            log().info("day started", day=day.isoformat())
        return record.offset + 1

    def _message(self, record: Record) -> Message | None:
        found = decode(self._runtime, record)
        if found.message is not None and isinstance(found.message.event, DayStarted):
            return found.message
        kind = found.failure if isinstance(found.failure, (MalformedEnvelope, Undecodable)) else "no day"
        log().error("calendar record skipped", offset=record.offset, reason=str(kind))
        return None

    def _missing(self, record: Record, today: date, day: date) -> int:
        """A day was lost: nothing more happens by time until the broker's data are restored, and we are started."""
        reason = f"{day} came after {today}: a day between is lost"
        self._runtime.stopped[f"{_TOPIC}/0"] = reason
        log().error("records lost: partition stopped", topic=_TOPIC, partition=0, reason=reason)
        return record.offset

    async def _reach(self, began: int) -> None:
        """Waits until everything is applied that was stored in our other topics before the day."""
        if self._ended is None:
            self._ended = await self._ends.read()
        ends, asked = dict(self._ended), set[PartitionKey]()
        while not self._runtime.stopping.is_set():
            counted = self._runtime.moved.count
            rows = await self._runtime.pool.fetch("select topic, partition, next_offset from consumed_offset")
            reached = {(row[0], row[1]): row[2] for row in rows}
            if not (left := self._left(ends, reached, began)):
                return
            if unknown := left - self._runtime.reads - asked:  # what another replica keeps, it does not tell
                ends |= await self._ends.before(unknown, began)
                asked |= unknown
            else:
                await self._runtime.moved.wait(counted, 0.05)
        raise ConnectionAbortedError("stopping")

    def _left(
        self, ends: Mapping[PartitionKey, int], reached: Mapping[PartitionKey, int], began: int
    ) -> set[PartitionKey]:
        """Where something may be left: neither the end is reached nor a record that came later."""
        left = {place for place, end in ends.items() if reached.get(place, 0) < end}
        for place in list(left):
            offset, stored = self._runtime.ahead.get(place, (0, 0))
            if stored >= began and reached.get(place, 0) >= offset:
                left.discard(place)
        return left

    async def overdue(self) -> None:
        """Timers that could not be decided on their day, or were due while their subject was parked, fire now."""
        if self._runtime.service.initial is None:
            return
        row = await self._runtime.pool.fetchrow(_OVERDUE)
        if row is not None and row[1]:
            event = DayStarted(occurred_on=row[0])
            await self._fire(Message(topics.DAY, event, event.subject, f"again/{row[0]}"), row[0])

    async def _work_off(self) -> None:
        """What was asked for of many subjects, portion by portion: each is used up in the transaction of its events."""
        while not self._runtime.stopping.is_set() and await self._portion():
            self._runtime.committed()
            failpoint("portion")

    async def _portion(self) -> bool:
        service = self._runtime.service
        if service.pending is None or (await self._stand())[1] is None:
            return False
        with self._runtime.tracing.transaction() as spans:
            async with transaction(self._runtime.pool, whole=True) as db:
                today, behind = await business_day(db, self._runtime)
                unit = Unit(self._runtime, db, today=today, behind=behind, spans=spans)
                commands = await service.pending(db, unit.context("pending"))
                await unit.open({target for command in commands for target in command.targets})
                for command in commands:
                    if unit.is_parked(command.targets):
                        continue
                    spans.timer("pending")
                    try:
                        unit.execute(command, cause=command.cause)
                    except Exception as error:  # a defect concerns this subject alone: the others are told
                        log().error("pending command failed", cause=command.cause, reason=fault(error))
                await unit.close()
        return bool(commands)

    async def _fire(self, message: Message, day: date) -> None:
        """Hands the day to every subject that is due, in chunks, each in a transaction of its own."""
        last = ""
        while self._runtime.service.initial is not None:
            with self._runtime.tracing.transaction() as spans:
                async with transaction(self._runtime.pool) as db:
                    rows = await db.fetch(_DUE, day, last, _CHUNK)
                    if not rows:
                        return
                    last = rows[-1][0]
                    await self._fire_chunk(db, message, day, [row[0] for row in rows], spans)
            self._runtime.committed()
            failpoint("timer")
            if len(rows) < _CHUNK:
                return

    async def _fire_chunk(
        self, db: asyncpg.Connection, message: Message, day: date, subjects: list[str], spans: Spans
    ) -> None:
        _, behind = await business_day(db, self._runtime, before=day)
        unit = Unit(self._runtime, db, today=day, behind=behind, spans=spans)
        turns = [Message(topics.DAY, message.event, subject, message.id) for subject in subjects]
        names = {turn.subject: frozenset(self._runtime.service.touches(turn)) | {turn.subject} for turn in turns}
        await unit.open({name for found in names.values() for name in found})
        due = {row[0] for row in await db.fetch(_STILL_DUE, subjects, day)}
        fired: list[str] = []
        for turn in turns:
            if turn.subject not in due or unit.is_parked(names[turn.subject]):
                continue
            spans.timer("timer")
            try:
                unit.hear(turn, names=names[turn.subject])
                fired.append(turn.subject)
            except Exception as error:  # a defect concerns this subject alone: it is parked
                reason = f"day {day}: {fault(error)}"
                log().error("timer failed: subject parked", subject=turn.subject, reason=reason)
                await db.execute(
                    "insert into parked_subject (subject, since, reason) values ($1, now(), $2) on conflict do nothing",
                    turn.subject,
                    reason,
                )
        await unit.close()
        await db.execute(_USED_UP, fired, [unit.clients[subject].due(day) for subject in fired])

    async def _finish(self, record: Record, message: Message | None) -> None:
        """Ranks, sets today and moves the offset, in one transaction."""
        with self._runtime.tracing.transaction() as spans:
            await self._begin(record, message, spans)
        self._runtime.committed()

    async def _begin(self, record: Record, message: Message | None, spans: Spans) -> None:
        async with transaction(self._runtime.pool, whole=True) as db:
            at = await db.fetchval(
                "select next_offset from consumed_offset where topic = $1 and partition = 0 for update", _TOPIC
            )
            if at != record.offset:
                return
            if message is not None:
                await self._rank(db, message, spans)
                await db.execute(
                    "insert into business_day (id, today) values (1, $1) on conflict (id) "
                    "do update set today = excluded.today",
                    message.event.occurred_on,
                )
                self._runtime.metrics.day.set(message.event.occurred_on.toordinal())
            await db.execute(
                "update consumed_offset set next_offset = $2, caught_up_at = now() where topic = $1 and partition = 0",
                _TOPIC,
                record.offset + 1,
            )

    async def _rank(self, db: asyncpg.Connection, message: Message, spans: Spans) -> None:
        """In units of a few hundred, by subject: a whole city's would keep its transaction idle while it decides."""
        service, day = self._runtime.service, message.event.occurred_on
        if service.initial is None:
            if rows := list(service.project(message)):
                await upsert_models(db, rows)
            return
        if service.rank is None:
            return
        commands = await service.rank(db, Unit(self._runtime, db, today=day).context(f"rank/{day}"))
        ranked = sorted(enumerate(commands), key=lambda one: one[1].targets)
        for start in range(0, len(ranked), _CHUNK):
            await self._carry_out(db, ranked[start : start + _CHUNK], day, spans)

    async def _carry_out(
        self, db: asyncpg.Connection, ranked: Sequence[tuple[int, Any]], day: date, spans: Spans
    ) -> None:
        """Numbered commands of a day, in the transaction that makes it today."""
        unit = Unit(self._runtime, db, today=day, spans=spans)
        await unit.open({target for _, command in ranked for target in command.targets})
        for number, command in ranked:
            if unit.is_parked(command.targets):
                continue
            spans.timer("rank")
            try:
                unit.execute(command, cause=f"rank/{day}/{number}/{command.targets[0]}")
            except Refusal as refusal:
                log().warning("ranked command refused", code=refusal.code)
        await unit.close()
