"""Commands: the same decision, locks and tables as a message. The answer is kept under the caller's idempotency key."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

import asyncpg
import orjson

from contracts.words import is_uuid
from services.runtime.batch import business_day
from services.runtime.database import backoff, is_away, transaction
from services.runtime.decision import Refusal, S
from services.runtime.failpoint import failpoint
from services.runtime.outgoing import Outgoing, TooLarge
from services.runtime.problems import BadRequest, KeyReused, Parked, Unavailable, refused, unstorable
from services.runtime.runtime import Runtime
from services.runtime.service import Outcome
from services.runtime.tracing import Spans
from services.runtime.unit import Unit

_ATTEMPTS = 6
_DONE = """with done as (
  update command set status = $2, response = $3 where key = $1 returning actor, office, department, purpose, route)
insert into access (at, day, action, outcome, actor, office, department, purpose, route, named, subjects)
select now(), $4, 'write', 'done', done.*, $5::text[], $6::text[] from done where cardinality($6::text[]) > 0"""
"""The answer, and who wrote about whom: one statement, in the command's transaction."""
_REFUSED = """insert into access
(at, day, action, outcome, actor, office, department, purpose, route, named, subjects)
select now(), $2, 'write', 'refused', actor, office, department, purpose, route, $3::text[],
array(select r.subject from reference r where r.name = any($3::text[])
  union select s.subject from state s where s.subject = any($3::text[]) order by 1) from command where key = $1"""
"""Lines of a bulk call that were refused: their ids, in the row that a single refused command would have."""
_CLAIM = """insert into command (key, digest, status, response, actor, office, department, purpose, route, at)
values ($1, $2, 0, '', $3, $4, $5, $6, $7, now()) on conflict do nothing returning 1"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from where and what for: in every request's headers (domain.md C9)."""

    actor: str
    office: str
    department: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Order:
    """A changing request: its idempotency key, the digest of what it says, its route and caller."""

    key: str
    digest: str
    route: str
    caller: Caller
    traceparent: str | None = None
    """The caller's trace, which the command continues."""
    named: Sequence[str] = ()
    """The ids in the request's address."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Commands(Generic[S]):
    """Carries out commands, each order in one transaction."""

    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime

    async def one(self, order: Order, command: Any, *, status: int) -> Answer:
        """One command. A refusal that is raised changes nothing; one with events is the order's answer, and is kept."""

        async def work(unit: Unit[S], commands: Sequence[Any]) -> Answer:
            (only,) = commands
            if isinstance(only, Refusal):
                raise only
            await unit.open(only.targets)
            self._not_parked(unit, only)
            outcome, published = unit.execute(only, cause=order.key)
            if outcome.refusal is not None:
                return Answer(outcome.refusal.status, bytes(refused(outcome.refusal).body))
            return Answer(status, orjson.dumps(answer(outcome, published)))

        return await self._run(order, [command], work)

    async def many(self, order: Order, commands: Sequence[tuple[int, Any]]) -> dict[str, Any]:
        """Numbered commands; a refusal concerns its own line. Returns the report of these lines."""

        async def work(unit: Unit[S], ready: Sequence[Any]) -> Answer:
            numbered = list(zip([number for number, _ in commands], ready, strict=True))
            await unit.open({t for _, one in numbered if not isinstance(one, Refusal) for t in one.targets})
            report = self._lines(unit, order, numbered)
            lines = {one["line"] for one in report["refused"]}
            unit.refused = {t for n, asked in commands if n in lines for t in asked.targets if is_uuid(t)}
            return Answer(200, orjson.dumps(report))

        try:
            found = await self._run(order, [command for _, command in commands], work)
        except Exception as error:
            if not unstorable(error) and not isinstance(error, TooLarge):
                raise
            if len(commands) == 1:
                line = {"line": commands[0][0], "code": "unstorable", "field": "", "detail": "a value cannot be stored"}
                return {"applied": 0, "unchanged": 0, "refused": [line], "results": []}
            return await self._halves(order, commands)
        report: dict[str, Any] = orjson.loads(found.body)
        return report

    async def _halves(self, order: Order, commands: Sequence[tuple[int, Any]]) -> dict[str, Any]:
        """The database refused a chunk: its halves, until the line that is to blame stands alone."""
        middle = len(commands) // 2
        parts = []
        for name, part in (("a", commands[:middle]), ("b", commands[middle:])):
            parts.append(await self.many(replace(order, key=f"{order.key}{name}"), part))
        return merge(parts)

    def _lines(self, unit: Unit[S], order: Order, numbered: Sequence[tuple[int, Any]]) -> dict[str, Any]:
        report: dict[str, Any] = {"applied": 0, "unchanged": 0, "refused": [], "results": []}
        for number, command in numbered:
            try:
                if isinstance(command, Refusal):
                    raise command
                self._not_parked(unit, command)
                outcome, published = unit.execute(command, cause=f"{order.key}/{number}")
                if outcome.refusal is not None:
                    raise outcome.refusal
            except Refusal as refusal:
                report["refused"].append({"line": number, "code": refusal.code, "field": "", "detail": str(refusal)})
                continue
            report["applied" if published or outcome.rows else "unchanged"] += 1
            if outcome.result:
                report["results"].append({"line": number, **outcome.result})
        return report

    def _not_parked(self, unit: Unit[S], command: Any) -> None:
        if unit.is_parked(command.targets):
            raise Parked("an earlier message of this client waits for an operator: try again after its redrive")

    async def _run(self, order: Order, commands: Sequence[Any], work: Any) -> Answer:
        began, fate = time.monotonic(), "failed"
        try:
            with self._runtime.tracing.request(order.route, order.traceparent) as request:
                found = await self._try(order, commands, work, request)
            fate = "done" if found.status < BadRequest.status else "refused"
        except Refusal:
            fate = "refused"
            raise
        finally:
            self._runtime.metrics.command_seconds.labels(fate).observe(time.monotonic() - began)
        return found

    async def _try(self, order: Order, commands: Sequence[Any], work: Any, request: str | None) -> Answer:
        for attempt in itertools.count(1):
            try:
                with self._runtime.tracing.transaction() as spans:
                    spans.command(request)
                    async with transaction(self._runtime.pool) as db:
                        found = await self._transact(db, order, commands, work, spans)
                self._runtime.committed()
                failpoint("answered")
                return found
            except Exception as error:
                if not is_away(error):
                    raise
                if attempt == _ATTEMPTS:
                    raise Unavailable("the database is away: nothing was changed, send the request again") from error
                self._runtime.metrics.retries.labels("command").inc()
                await backoff(attempt, longest=0.5)
        raise AssertionError("unreachable")

    async def _transact(
        self, db: asyncpg.Connection, order: Order, commands: Sequence[Any], work: Any, spans: Spans
    ) -> Answer:
        who = order.caller
        claimed = await db.fetchval(
            _CLAIM, order.key, order.digest, who.actor, who.office, who.department, who.purpose, order.route
        )
        if not claimed:
            return await self._stored(db, order)
        today, behind = await business_day(db, self._runtime)
        unit = Unit(self._runtime, db, today=today, behind=behind, spans=spans)
        service = self._runtime.service
        if service.prepare is not None:
            commands = await service.prepare(db, commands, unit.context(f"{order.key}/prepare"))
        found: Answer = await work(unit, commands)
        await unit.close()
        written = sorted(unit.concerned)
        await db.execute(_DONE, order.key, found.status, found.body.decode(), today, list(order.named), written)
        if unit.refused:
            await db.execute(_REFUSED, order.key, today, sorted(unit.refused))
        return found

    async def _stored(self, db: asyncpg.Connection, order: Order) -> Answer:
        row = await db.fetchrow("select digest, status, response from command where key = $1", order.key)
        if row is None or row[0] != order.digest:
            raise KeyReused("this Idempotency-Key came with another request before: use a new key for a new request")
        return Answer(row[1], row[2].encode())


def answer(outcome: Outcome, published: Sequence[Outgoing]) -> dict[str, Any]:
    events = [{"type": one.event.type_name(), "id": one.id} for one in published]
    return {**outcome.result, "events": events}


def merge(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Reports of several parts as one."""
    found: dict[str, Any] = {"applied": 0, "unchanged": 0, "refused": [], "results": []}
    for part in parts:
        for name in found:
            found[name] += part[name]
    return found
