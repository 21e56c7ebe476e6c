"""Reads what the services' databases say of messages: stands and ledgers, each in one snapshot. Nothing is written."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Final

import asyncpg

from lotse.check.ledgers import Stand
from lotse.check.reading import CannotRead
from lotse.settings import Settings
from lotse.stack import postgres
from lotse.stack.home import Installation

_OFFSETS: Final = "select topic, partition, next_offset from consumed_offset"
_PARKED: Final = """select s.subject, count(r.id) from parked_subject s
left join parked_record r on r.subject = s.subject group by 1"""
_QUEUE: Final = 'select subject, topic, partition, "offset", headers from parked_record'
_LEDGER: Final = "select subject, last from ledger where topic = $1"
_LEFT: Final = "select to_regclass('ledger') is not null and to_regclass('outbox') is not null"
_FETCH: Final = 5000


@contextlib.asynccontextmanager
async def connected(settings: Settings, installation: Installation, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A service's database. Raises `CannotRead`."""
    password = installation.passwords[service]
    address = postgres.dsn(settings, role=service, password=password, database=service)
    with _explained(settings, service):
        db = await asyncpg.connect(address, timeout=10, command_timeout=60, server_settings={"jit": "off"})
        try:
            if not await db.fetchval(_LEFT):
                raise CannotRead(
                    f"The database of {service} has no tables yet.", remedy="It is migrated by the first `lotse up`."
                )
            yield db
        finally:
            await db.close(timeout=5)


async def read_stand(db: asyncpg.Connection, service: str) -> Stand:
    async with db.transaction(isolation="repeatable_read", readonly=True):
        offsets = {(row[0], row[1]): row[2] for row in await db.fetch(_OFFSETS)}
        queued: dict[str, dict[str, set[int]]] = {}
        places = set()
        for subject, topic, partition, offset, headers in await db.fetch(_QUEUE):
            places.add((topic, partition, offset))
            queued.setdefault(topic, {}).setdefault(subject, set()).update(_sequence(headers))
        return Stand(
            service=service,
            today=await db.fetchval("select today from business_day"),
            outbox=await db.fetchval("select count(*) from outbox"),
            offsets=offsets,
            parked={row[0]: row[1] for row in await db.fetch(_PARKED)},
            queued=queued,
            places=frozenset(places),
        )


async def read_ledger(db: asyncpg.Connection, topic: str) -> AsyncIterator[tuple[str, int]]:
    """Subjects and their last sequence, a few thousand at a time."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        async for row in db.cursor(_LEDGER, topic, prefetch=_FETCH):
            yield row[0], row[1]


async def read_heard(db: asyncpg.Connection) -> dict[tuple[str, str], int]:
    """How far the service has heard of the subjects that are parked there, by topic and subject."""
    parked = [row[0] for row in await db.fetch("select subject from parked_subject")]
    rows = await db.fetch("select topic, subject, last from ledger where subject = any($1)", parked)
    return {(row[0], row[1]): row[2] for row in rows}


def _sequence(headers: str) -> Iterator[int]:
    """The sequence among a queued record's headers (JSON pairs)."""
    for name, value in json.loads(headers):
        if name == "ce_sequence" and value and value.isdigit():
            yield int(value)


@contextlib.contextmanager
def _explained(settings: Settings, service: str) -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CannotRead(
            f"The database of {service} on port {settings.postgres_port} cannot be read ({type(error).__name__}).",
            remedy="Start it: lotse up. If it runs on another port: LOTSE_POSTGRES_PORT=<port>",
        ) from None
