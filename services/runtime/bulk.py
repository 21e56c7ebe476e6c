"""Many commands in one request: numbered lines, committed in chunks, with a report at the end or as it goes on.

A chunk is one transaction under the request's key and the number of its first line: a request that is sent again goes
on where it stopped.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import orjson
from fastapi import Response
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from services.runtime import problems
from services.runtime.decision import Refusal

MAX_LINE: Final = 64 * 1024
CHUNK_LINES: Final = 500
NDJSON: Final = "application/x-ndjson"
Report = dict[str, Any]


class Chunk:
    """Lines that are carried out together."""

    def __init__(self) -> None:
        self.commands: list[tuple[int, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.digest = hashlib.sha256()
        self.lines = 0

    @property
    def full(self) -> bool:
        return self.lines >= CHUNK_LINES

    def take(self, number: int, command: Any, content: bytes) -> None:
        self.lines += 1
        self.digest.update(content)
        self.commands.append((number, command))

    def add(self, number: int, line: bytes | None, parse: Callable[[bytes], Any]) -> None:
        self.lines += 1
        if line is None:
            self._refuse(number, "too_large", "", f"a line has at most {MAX_LINE} bytes")
            return
        self.digest.update(line)
        try:
            self.commands.append((number, parse(line)))
        except ValidationError as error:
            for one in problems.field_errors(error.errors()):
                self._refuse(number, one["code"], one["field"], one["detail"])
        except Refusal as refusal:
            self._refuse(number, refusal.code, "", str(refusal))
        except ValueError:
            self._refuse(number, "malformed", "", "the line is no JSON object of this kind")

    def _refuse(self, number: int, code: str, field: str, detail: str) -> None:
        self.refused.append({"line": number, "code": code, "field": field, "detail": detail})


async def of_lines(stream: AsyncIterator[bytes], parse: Callable[[bytes], Any]) -> AsyncIterator[Chunk]:
    """An NDJSON body in chunks, the last one perhaps empty."""
    chunk = Chunk()
    async for number, line in _lines(stream):
        chunk.add(number, line, parse)
        if chunk.full:
            yield chunk
            chunk = Chunk()
    yield chunk


async def of_commands(made: Sequence[Any]) -> AsyncIterator[Chunk]:
    """The same of a list that the service itself made."""
    for start in range(0, max(len(made), 1), CHUNK_LINES):
        chunk = Chunk()
        for number, command in enumerate(made[start : start + CHUNK_LINES], start + 1):
            chunk.take(number, command, repr(command).encode())
        yield chunk


async def _lines(stream: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes | None]]:
    """Numbered non-empty lines; None for one that is too long, whose bytes are not kept."""
    number, rest, overlong = 0, b"", False
    async for piece in stream:
        *whole, rest_of = (rest + piece).split(b"\n")
        for line in whole:
            number += 1
            if overlong or line.strip():
                yield number, None if overlong or len(line) > MAX_LINE else line
            overlong = False
        rest = rest_of
        if len(rest) > MAX_LINE:
            rest, overlong = b"", True
    if overlong or rest.strip():
        yield number + 1, None if overlong or len(rest) > MAX_LINE else rest


def empty_report() -> Report:
    return {"lines": 0, "applied": 0, "unchanged": 0, "refused": [], "results": []}


async def at_the_end(reports: AsyncIterator[Report]) -> Response:
    """One answer, when all is done."""
    report = empty_report()
    async for latest in reports:
        report = latest
    return Response(orjson.dumps(report), 200, media_type="application/json")


class AsItGoes(Response):
    """NDJSON while the request's lines still come in: a `progress` after each chunk, at last the `report`, or the
    `problem` that ended it; what was told as progress is committed.

    Sends by itself: Starlette's streaming answer listens for a disconnection, and would swallow the request's body.
    """

    media_type = NDJSON

    def __init__(self, first: Report, reports: AsyncIterator[Report]) -> None:
        super().__init__()
        self._first, self._reports = first, reports

    @classmethod
    async def begun(cls, reports: AsyncIterator[Report]) -> "AsItGoes":
        """After the first chunk: what is wrong with the request as a whole still has its own status."""
        return cls(await anext(reports), reports)

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-type", NDJSON.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for line in self._told():
            await send({"type": "http.response.body", "body": orjson.dumps(line) + b"\n", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _told(self) -> AsyncIterator[dict[str, Any]]:
        report = self._first
        yield _progress(report)
        try:
            async for report in self._reports:
                yield _progress(report)
        except Exception as error:
            yield {"problem": orjson.loads(problems.answer_to(error).body)}
        else:
            yield {"report": report}


def _progress(report: Report) -> dict[str, Any]:
    counts = {name: report[name] for name in ("lines", "applied", "unchanged")}
    return {"progress": counts | {"refused": len({one["line"] for one in report["refused"]})}}
