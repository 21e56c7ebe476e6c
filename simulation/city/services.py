"""The services as the city knows them: URLs. Every request is repeated, under its key, until it is answered."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import httpx
import orjson

from simulation.city.letters import Request
from simulation.city.lines import Json

CONNECTIONS: Final = 8
PATIENCE_SECONDS: Final = 180.0
"""How long a service may be away: it is started again after a crash."""
LONGEST_PAUSE: Final = 1.0
AGAIN: Final = frozenset({502, 503, 504})
JSON: Final = {"content-type": "application/json"}
REFUSED: Final = frozenset({404, 409})
"""The rules said no: the city lives with it. Anything else that is no success is a defect, and the city stops."""


class Refused(Exception):
    """A service did not do what the city asked, and it should have."""


class Away(Exception):
    """A service did not come back."""


@dataclass(frozen=True, slots=True)
class Addresses:
    intake: str
    casework: str
    referrals: str
    reporting: str
    calendar: str

    def of(self, service: str) -> str:
        url: str = getattr(self, service)
        return url


class Services:
    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(90.0, connect=5.0),
            limits=httpx.Limits(max_connections=CONNECTIONS * 2, max_keepalive_connections=CONNECTIONS * 2),
            trust_env=False,
        )
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def start_day(self, day: str) -> None:
        """Returns when the day has begun and everything that follows from it has happened."""
        await self._until_answered("POST", self._addresses.calendar + "/days", JSON, orjson.dumps({"day": day}))

    async def read(self, service: str, path: str) -> Any:
        return (await self._read(service, path)).json()

    async def _read(self, service: str, path: str) -> httpx.Response:
        headers = _headers("city.hall", "city-hall", "reading")
        return await self._until_answered("GET", self._addresses.of(service) + path, headers, b"")

    async def listed(self, service: str, path: str) -> list[Any]:
        found: list[Any] = []
        while path:
            answer = await self._read(service, path)
            found += answer.json()
            path = answer.links.get("next", {}).get("url", "")
        return found

    async def post(self, request: Request, key: str) -> Json:
        """The answer; empty if the rules refused."""
        headers = _headers(request.actor, request.office, request.purpose) | {"idempotency-key": key}
        content = b"" if request.body is None else orjson.dumps(request.body)
        if content:
            headers["content-type"] = "application/json"
        async with self._room:
            url = self._addresses.of(request.service) + request.path
            answer = await self._until_answered("POST", url, headers, content, accept=REFUSED)
        found: Json = {} if answer.status_code in REFUSED else answer.json()
        return found

    async def bulk(self, lines: Sequence[Json], key: str, office: str) -> list[Json]:
        """The result of each line, in order. Raises `Refused` if one was not applied."""
        headers = _headers("intake.desk", office, "import") | {"idempotency-key": key}
        headers["content-type"] = "application/x-ndjson"
        content = b"\n".join(orjson.dumps(line) for line in lines) + b"\n"
        answer = await self._until_answered("POST", self._addresses.intake + "/bulk", headers, content)
        report = answer.json()
        if report["refused"]:
            line = report["refused"][0]
            told = f"{lines[line['line'] - 1]['command']}: {line['code']} {line['field']} {line['detail']}"
            raise Refused(f"intake refused {len(report['refused'])} of {len(lines)} lines, the first being {told}")
        results: list[Json] = [{} for _ in lines]
        for found in report["results"]:
            results[found["line"] - 1] = found
        return results

    async def _until_answered(
        self, method: str, url: str, headers: dict[str, str], content: bytes, *, accept: frozenset[int] = frozenset()
    ) -> httpx.Response:
        began, pause, why = time.monotonic(), 0.05, ""
        while time.monotonic() - began < PATIENCE_SECONDS:
            try:
                answer = await self._client.request(method, url, headers=headers, content=content)
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if answer.is_success or answer.status_code in accept:
                    return answer
                why = f"{answer.status_code} {answer.text[:500]}"
                if answer.status_code not in AGAIN:
                    raise Refused(f"{method} {url}: {why}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        raise Away(f"{method} {url} was not answered within {PATIENCE_SECONDS:.0f} s: {why}")


def _headers(actor: str, office: str, purpose: str) -> dict[str, str]:
    return {"x-actor": actor, "x-office": office, "x-department": "economic_assistance", "x-purpose": purpose}
