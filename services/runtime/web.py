"""HTTP for every service: callers, idempotent commands, bulk, reads, health. Errors: problems.py."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response
from prometheus_client import generate_latest
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import commands, problems
from services.runtime.audit import about, access_of, named_in
from services.runtime.bulk import NDJSON, AsItGoes, Chunk, Report, at_the_end, empty_report, of_commands, of_lines
from services.runtime.decision import Refusal
from services.runtime.health import Health
from services.runtime.parking import Parking
from services.runtime.problems import BadRequest
from services.runtime.tables import Alias, Reference, State

MAX_BODY = 1_000_000
"""Bytes of a request body; bulk requests are bounded by the line instead."""
_HEADER_LIMIT = 200


def caller(
    request: Request,
    x_actor: Annotated[str, Header()] = "",
    x_office: Annotated[str, Header()] = "",
    x_department: Annotated[str, Header()] = "",
    x_purpose: Annotated[str, Header()] = "",
) -> commands.Caller:
    """Who asks. A later login vouches for these headers; they must not be missing (C9)."""
    given = {"X-Actor": x_actor, "X-Office": x_office, "X-Department": x_department, "X-Purpose": x_purpose}
    if missing := [name for name, value in given.items() if not value.strip() or len(value) > _HEADER_LIMIT]:
        raise BadRequest("missing_caller", f"{', '.join(missing)}: say who asks, from where and for what purpose")
    found = access_of(request).caller = commands.Caller(*given.values())
    return found


Caller = Annotated[commands.Caller, Depends(caller)]


class Order:
    """A changing request on its way to the unit of work."""

    def __init__(self, request: Request, who: Caller, idempotency_key: Annotated[str, Header()] = "") -> None:
        if not idempotency_key.strip() or len(idempotency_key) > _HEADER_LIMIT:
            raise BadRequest(
                "missing_idempotency_key", "send an Idempotency-Key of at most 200 characters, new for each request"
            )
        self.caller, self._request, self._key = who, request, idempotency_key
        self._commands: commands.Commands[Any] = request.app.state.commands
        access_of(request).write = True

    async def execute(self, command: Any, *, status: int = 200) -> Response:
        """Carries out one command. The body is its result and `events`; a repeat gets the stored answer."""
        found = await self._commands.one(self._order(await self._request.body()), command, status=status)
        kind = "application/json" if found.status < problems.BadRequest.status else problems.MEDIA_TYPE
        return Response(found.body, found.status, media_type=kind)

    async def bulk(self, parse: Callable[[bytes], Any]) -> Response:
        """NDJSON: one command a line, committed in chunks. A bad line is reported, all others go in."""
        return await self._in_chunks(of_lines(self._request.stream(), parse))

    async def bulk_commands(self, made: Sequence[Any]) -> Response:
        """The same for a list that the service itself made."""
        return await self._in_chunks(of_commands(made))

    async def _in_chunks(self, chunks: AsyncIterator[Chunk]) -> Response:
        """The report; with `Accept: application/x-ndjson` progress before it, a line for each chunk."""
        reports = self._reports(chunks)
        wanted = NDJSON in self._request.headers.get("accept", "")
        return await AsItGoes.begun(reports) if wanted else await at_the_end(reports)

    async def _reports(self, chunks: AsyncIterator[Chunk]) -> AsyncIterator[Report]:
        """One report that grows: after each chunk as far as it is committed."""
        report = empty_report()
        async for chunk in chunks:
            report["lines"] += chunk.lines
            report["refused"] += chunk.refused
            if chunk.commands:
                order = self._order(chunk.digest.digest(), part=f"#{chunk.commands[0][0]}")
                found = await self._commands.many(order, chunk.commands)
                for name, value in found.items():
                    report[name] += value
            report["refused"].sort(key=lambda one: one["line"])
            yield report

    def _order(self, body: bytes, *, part: str = "") -> commands.Order:
        url = self._request.url
        digest = hashlib.sha256(f"{self._request.method} {url.path}?{url.query} ".encode() + body).hexdigest()
        template = getattr(self._request.scope.get("route"), "path", url.path)
        route, trace = f"{self._request.method} {template}", self._request.headers.get("traceparent")
        named = named_in(self._request.path_params)
        return commands.Order(self._key + part, digest, route, self.caller, trace, named)


Call = Annotated[Order, Depends(Order)]


async def reads(request: Request) -> AsyncIterator[AsyncSession]:
    """A read-only session; it sees what is committed. Whom an answer shows is told to `about`."""
    async with AsyncSession(request.app.state.engine) as session:
        session.info["access"] = access_of(request)
        yield session


Reads = Annotated[AsyncSession, Depends(reads)]


async def load_state(session: AsyncSession, kind: type[Any], name: str) -> Any:
    """The state of a subject or reference, or None."""
    subject = (await session.exec(select(Reference.subject).where(Reference.name == name))).first() or name
    document = (await session.exec(select(State.document).where(State.subject == subject))).first()
    return None if document is None else TypeAdapter(kind).validate_python(document)


async def load_family(session: AsyncSession, kind: type[Any], name: str) -> list[Any]:
    """The states of all subjects that are one with the named one, which are recorded as shown: the one they lead to
    first, then by subject."""
    root = await _canonical(session, name)
    found, led = {root}, [root]
    while led:
        rows = await session.exec(select(Alias.subject).where(col(Alias.canonical).in_(led)))
        led = [subject for subject in rows if subject not in found]
        found.update(led)
    about(session, found)
    known = await session.exec(select(State.subject, State.document).where(col(State.subject).in_(found)))
    codec = TypeAdapter(kind)
    return [codec.validate_python(state) for _, state in sorted(known, key=lambda one: (one[0] != root, one[0]))]


async def _canonical(session: AsyncSession, subject: str) -> str:
    """Whom a merged subject leads to."""
    while into := (await session.exec(select(Alias.canonical).where(Alias.subject == subject))).first():
        subject = into
    return subject


class BodyLimit:
    """Refuses request bodies over `MAX_BODY` outside bulk routes, whatever Content-Length claims."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith("/bulk"):
            await self._app(scope, receive, send)
            return
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise TooMuch(f"a request body has at most {MAX_BODY} bytes: send many clients to the bulk address")
            return message

        try:
            await self._app(scope, bounded, send)
        except TooMuch as error:
            await problems.refused(error)(scope, receive, send)


class TooMuch(Refusal):
    code = "too_large"
    status = 413


class Reason(BaseModel):
    """Why an operator interferes; no personal data."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(min_length=3, max_length=300)]


def parked(parking: Parking[Any]) -> APIRouter:
    """Dead letters: parked subjects, their queues, redrive and discard. `lotse dlq` speaks to it.

    What is carried out is recorded as an operator's action, in its own transaction.
    """
    router = APIRouter(prefix="/parked", tags=["operations"])

    @router.get("")
    async def listed(request: Request, _: Caller) -> list[dict[str, Any]]:
        found = await parking.listed()
        access_of(request).shown.update(one["subject"] for one in found)
        return found

    @router.get("/{subject}")
    async def shown(subject: str, _: Caller) -> list[dict[str, Any]]:
        return await parking.shown(subject)

    @router.post("/{subject}/redrive")
    async def redrive(subject: str, body: Reason, who: Caller, request: Request) -> dict[str, Any]:
        access_of(request).write = True
        return asdict(await parking.redrive(subject, actor=who.actor, reason=body.reason))

    @router.post("/{subject}/discard")
    async def discard(subject: str, body: Reason, who: Caller, request: Request) -> dict[str, Any]:
        access_of(request).write = True
        return await parking.discard(subject, actor=who.actor, reason=body.reason)

    return router


def operations(health: Health[Any]) -> APIRouter:
    """Liveness, readiness, progress and metrics: for operators, without a caller's headers."""
    router = APIRouter(tags=["operations"])

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> Response:
        checks = await health.checks()
        status = 200 if all(found == "ok" for found in checks.values()) else 503
        return Response(orjson.dumps({"ready": status == 200, "checks": checks}), status, media_type="application/json")

    @router.get("/progress")
    async def progress() -> Response:
        return Response(orjson.dumps(await health.progress()), media_type="application/json")

    @router.get("/metrics")
    async def metrics() -> Response:
        await health.measure()
        return Response(generate_latest(health.metrics.registry), media_type="text/plain; version=0.0.4")

    return router
