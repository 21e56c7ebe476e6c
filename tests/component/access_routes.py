"""Every address of a running service either records whose file it touched, or is known to touch nobody's."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import httpx

from tests.component.runtime.world import CALLER

NOBODYS: Final = frozenset({"GET /health/live", "GET /health/ready", "GET /progress", "GET /metrics"})
BY_AN_OPERATOR: Final = frozenset({"POST /parked/{subject}/redrive", "POST /parked/{subject}/discard"})
"""Recorded as an operator's action."""


async def assert_every_route_records(
    http: httpx.AsyncClient,
    url: str,
    db: asyncpg.Connection,
    person_id: str,
    reads: Mapping[str, Any],
    *,
    nobodys: frozenset[str] = frozenset(),
) -> None:
    """`reads`: by route the address to ask (and what to post); each must show that person. Commands record themselves,
    in the one place that carries them out: they are known by their idempotency key."""
    document = (await http.get(f"{url}/openapi.json")).json()
    routes = {
        f"{method.upper()} {path}": {one["name"] for one in told.get("parameters", ())}
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    }
    commands = {route for route, parameters in routes.items() if "idempotency-key" in parameters}
    reads = {"GET /audit": f"/audit?person={person_id}"} | dict(reads)
    parked = {"GET /parked", "GET /parked/{subject}"}
    assert routes.keys() == commands | reads.keys() | nobodys | NOBODYS | BY_AN_OPERATOR | parked
    await db.execute("insert into parked_subject (subject, since, reason) values ($1, now(), 'a test')", person_id)
    try:
        for route, asked in (
            reads | {"GET /parked": "/parked", "GET /parked/{subject}": f"/parked/{person_id}"}
        ).items():
            await _records(http, url, db, person_id, route, asked)
    finally:
        await db.execute("delete from parked_subject where subject = $1", person_id)


async def _records(
    http: httpx.AsyncClient, url: str, db: asyncpg.Connection, person_id: str, route: str, asked: Any
) -> None:
    path, body = (asked, None) if isinstance(asked, str) else asked
    last = await db.fetchval("select coalesce(max(id), 0) from access")
    answer = await http.request(route.split(maxsplit=1)[0], url + path, json=body, headers=CALLER)
    assert answer.status_code == 200, (route, answer.text)
    rows = await db.fetch("select route, action, outcome, subjects from access where id > $1", last)
    assert [tuple(row)[:3] for row in rows] == [(route, "read", "done")], route
    assert person_id in rows[0]["subjects"], route
