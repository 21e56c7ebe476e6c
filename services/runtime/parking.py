"""What an operator does with parked subjects: look, redrive in order, discard a record. `lotse dlq` calls it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

import asyncpg

from services.runtime.batch import business_day
from services.runtime.database import transaction
from services.runtime.decision import NotFound, Refusal, S
from services.runtime.inbound import Inbound, Record, decode, sequence_of
from services.runtime.runtime import Runtime
from services.runtime.tracing import Spans
from services.runtime.unit import Unit
from services.runtime.waiting import QUEUE, queued

_LIST = """select s.subject, s.since, s.reason, count(r.id) as waiting,
min(r.topic) as topic, max(r.attempts) as attempts
from parked_subject s left join parked_record r on r.subject = s.subject group by 1, 2, 3 order by s.since, s.subject"""


class NotParked(NotFound):
    code = "not_parked"


class NotAtTheHead(Refusal):
    code = "not_at_the_head"


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many queued records were applied, and how many still wait; `reason` of the one that failed again."""

    subjects: tuple[str, ...]
    applied: int
    waiting: int
    reason: str | None = None


class Parking(Generic[S]):
    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime

    async def listed(self) -> list[dict[str, Any]]:
        """Parked subjects, the oldest first."""
        rows = await self._runtime.pool.fetch(_LIST)
        return [dict(row) | {"since": _instant(row["since"])} for row in rows]

    async def shown(self, subject: str) -> list[dict[str, Any]]:
        """A subject's queue in order: where each record stands and why it failed, never its content."""
        rows = await self._runtime.pool.fetch(QUEUE, [subject])
        names = ("id", "topic", "partition", "offset", "attempts", "reason")
        return [
            {name: row[name] for name in names} | {"first_failed_at": _instant(row["first_failed_at"])} for row in rows
        ]

    async def redrive(self, subject: str, *, actor: str, reason: str) -> Redriven:
        """Applies the queue of a subject, and of all it was merged with, in order; stops at the first that fails."""
        with self._runtime.tracing.transaction() as spans:
            redriven = await self._redrive(subject, spans, actor=actor, reason=reason)
        self._runtime.committed()
        return redriven

    async def _redrive(self, subject: str, spans: Spans, *, actor: str, reason: str) -> Redriven:
        async with transaction(self._runtime.pool) as db:
            subjects = await self._claim(db, subject)
            rows = await db.fetch(QUEUE, subjects)
            today, behind = await business_day(db, self._runtime)
            unit = Unit(self._runtime, db, today=today, behind=behind, spans=spans)
            applied = await Inbound(self._runtime, unit, redrive=True).apply([queued(row) for row in rows])
            await db.execute("delete from parked_record where id = any($1::bigint[])", applied.done)
            left = len(rows) - len(applied.done)
            await self._release(db, subjects)
            await self._note(db, "redrive", subject, actor, reason)
            failed = await db.fetchval(
                "select reason from parked_record where subject = any($1) order by id limit 1", subjects
            )
        return Redriven(tuple(subjects), len(applied.done), left, failed)

    async def discard(self, subject: str, *, actor: str, reason: str) -> dict[str, Any]:
        """Gives up the record at the head of a queue: its sequence counts as heard, its effects never happen."""
        async with transaction(self._runtime.pool) as db:
            subjects = await self._claim(db, subject)
            rows = await db.fetch(QUEUE, subjects)
            if not rows:
                raise NotParked(f"{subject} has no queued record in {self._runtime.service.name}")
            head = rows[0]
            if head["reason"] is None:
                raise NotAtTheHead("the first queued record has not failed: redrive first")
            await self._count(db, queued(head))
            await db.execute("delete from parked_record where id = $1", head["id"])
            await self._release(db, subjects)
            place = (head["topic"], head["partition"], head["offset"])
            await self._note(db, "discard", subject, actor, reason, place)
        self._runtime.committed()
        return {"topic": place[0], "partition": place[1], "offset": place[2], "waiting": len(rows) - 1}

    async def _claim(self, db: asyncpg.Connection, subject: str) -> list[str]:
        """Locks the parked subjects of one person, so that newcomers wait for the outcome."""
        family = await db.fetch(
            "with roots as (select $1::text as subject union select canonical from alias where subject = $1) "
            "select subject from roots union select a.subject from alias a join roots r on a.canonical = r.subject",
            subject,
        )
        rows = await db.fetch(
            "select subject from parked_subject where subject = any($1) order by subject for update",
            [row[0] for row in family],
        )
        if not rows:
            raise NotParked(f"{subject} is not parked in {self._runtime.service.name}: `lotse dlq list` shows who is")
        return [row[0] for row in rows]

    async def _release(self, db: asyncpg.Connection, subjects: list[str]) -> None:
        """Whoever has nothing queued any more is parked no more; one whose sibling still waits stays."""
        waiting = await db.fetchval("select count(*) from parked_record where subject = any($1)", subjects)
        if not waiting:
            await db.execute("delete from parked_subject where subject = any($1)", subjects)

    async def _count(self, db: asyncpg.Connection, record: Record) -> None:
        found = decode(self._runtime, record)
        sequence = found.message.sequence if found.message else sequence_of(record)
        if found.topic.sequenced and found.subject is not None and sequence:
            await db.execute(
                "insert into ledger (topic, subject, last) values ($1, $2, $3) on conflict (topic, subject) "
                "do update set last = greatest(ledger.last, excluded.last)",
                record.topic,
                found.subject,
                sequence,
            )

    async def _note(
        self,
        db: asyncpg.Connection,
        action: str,
        subject: str,
        actor: str,
        reason: str,
        place: tuple[str | None, int | None, int | None] = (None, None, None),
    ) -> None:
        await db.execute(
            'insert into operator_action (action, subject, topic, partition, "offset", actor, reason, at) '
            "values ($1, $2, $3, $4, $5, $6, $7, now())",
            action,
            subject,
            *place,
            actor,
            reason,
        )


def _instant(found: datetime | None) -> str | None:
    return found.isoformat(timespec="seconds") if found else None
