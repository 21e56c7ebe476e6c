"""One bulk call of a whole city, which tells its progress while its lines still come in."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from services.runtime.bulk import CHUNK_LINES, NDJSON
from tests.component.intake_world import IntakeWorld, intake_on, person
from tests.component.runtime.world import CALLER

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINES = 48_000
PEOPLE = 8_000
"""Distinct ones: every file of a region names whom the others name too."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with intake_on(date(2001, 3, 1), broker, database) as world:
        yield world


class Stream:
    """A request whose body is written while its answer is read, which httpx does not do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._rest = b""

    async def write(self, lines: Iterable[Any]) -> None:
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self._writer.write(b"%x\r\n%s\r\n" % (len(body), body))
        await self._writer.drain()

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def status(self) -> int:
        head = await self._reader.readuntil(b"\r\n\r\n")
        return int(head.split()[1])

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        """What is told, until the answer ends."""
        while size := int(await self._reader.readline(), 16):
            self._rest += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
            *whole, self._rest = self._rest.split(b"\n")
            for line in whole:
                yield json.loads(line)


@asynccontextmanager
async def stream(intake: IntakeWorld, key: str) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.replicas[-1].port, limit=64 << 20)
    headers = CALLER | {"Host": "intake", "Idempotency-Key": key, "Accept": NDJSON, "Transfer-Encoding": "chunked"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST /bulk HTTP/1.1\r\n{head}\r\n".encode())
    try:
        yield Stream(reader, writer)
    finally:
        writer.close()


def line(number: int) -> dict[str, Any]:
    return {"command": "register", **person(number, benefits=[])}


async def test_forty_eight_thousand_lines_go_in_with_one_call_that_tells_its_progress(intake: IntakeWorld) -> None:
    async with asyncio.timeout(240), stream(intake, "city") as call:
        await call.write(line(number) for number in range(CHUNK_LINES))
        assert await call.status() == 200
        told = call.lines()
        first = await anext(told)
        assert first == {"progress": {"lines": CHUNK_LINES, "applied": CHUNK_LINES, "unchanged": 0, "refused": 0}}

        async def rest() -> None:
            for start in range(CHUNK_LINES, LINES - 1, CHUNK_LINES):
                end = min(start + CHUNK_LINES, LINES - 1)
                await call.write(line(number % PEOPLE) for number in range(start, end))
            await call.write([{"command": "abolish"}])
            await call.end()

        writing = asyncio.create_task(rest())
        found = [first, *[one async for one in told]]
        await writing
    *progress, last = found
    seen = [one["progress"]["lines"] for one in progress]
    assert seen == sorted(seen)
    assert seen[-1] == LINES
    assert len(progress) >= LINES // CHUNK_LINES
    report = last["report"]
    assert (report["lines"], report["applied"], report["unchanged"]) == (LINES, PEOPLE, LINES - PEOPLE - 1)
    assert [(one["line"], one["code"]) for one in report["refused"]] == [(LINES, "unknown_command")]
    assert progress[-1]["progress"]["refused"] == 1
    assert len(report["results"]) == LINES - 1
    assert await intake.db.fetchval("select count(*) from client") == PEOPLE


async def test_a_call_that_breaks_off_says_so_after_what_is_committed(intake: IntakeWorld) -> None:
    other = [line(300_000 + number) for number in range(CHUNK_LINES)]
    async with asyncio.timeout(60), stream(intake, "twice") as call:
        await call.write(other)
        await call.write([line(400_000)])
        await call.end()
        assert await call.status() == 200
        assert "report" in [one async for one in call.lines()][-1]
    async with asyncio.timeout(60), stream(intake, "twice") as call:
        await call.write(other)
        await call.write([line(500_000)])
        await call.end()
        assert await call.status() == 200
        *progress, last = [one async for one in call.lines()]
    assert [one["progress"]["lines"] for one in progress] == [CHUNK_LINES]
    assert (last["problem"]["code"], last["problem"]["status"]) == ("idempotency_key_reused", 422)


async def test_what_is_wrong_with_a_call_as_a_whole_has_its_own_status(intake: IntakeWorld) -> None:
    await intake.bulk([line(600_000)], key="used")
    async with asyncio.timeout(60), stream(intake, "used") as call:
        await call.write([line(700_000)])
        await call.end()
        assert await call.status() == 422
