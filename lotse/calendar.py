"""`python -m lotse.calendar`: business time as an event. A real clock publishes each day at midnight in Berlin; a
simulated one when it is told to, and only while nothing is on its way."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import uvicorn
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.city import read_city
from lotse.absence import Absence, remedy
from lotse.clock import DAY, business_day, missing, until_midnight
from lotse.daylog import DayLog
from lotse.settled import BROKER, Observer

LOG: Final = logging.getLogger("calendar")
SURELY_BUSY: Final = 0.02
"""Seconds that a day takes at least: no use in looking before."""
FIRST_PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 0.05
PAUSE_GROWS: Final = 1.4
ASK_WHO_IS_THERE: Final = 1.0
"""Seconds between two questions to the broker for the members of an agency's group that is behind."""
RETRY_SECONDS: Final = 1.0
LONGEST_NAP: Final = 30.0
"""Seconds: a machine that slept, or whose clock was set, is noticed this soon."""


class Settings(BaseSettings):
    """Environment variables with the prefix LOTSE_. `services`: `intake=http://127.0.0.1:8001,…`."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_", env_ignore_empty=True)

    kafka: str = "127.0.0.1:19092"
    host: str = "127.0.0.1"
    port: int = 8005
    clock: Literal["real", "simulated"] = "real"
    start: date | None = None
    services: str = ""
    config: Path = Path("deploy/bremen")
    settle_seconds: float = 60.0

    @field_validator("services")
    @classmethod
    def _pairs(cls, text: str) -> str:
        if any("=" not in pair for pair in text.split(",") if pair):
            raise ValueError("name=url pairs, separated by commas")
        return text

    @property
    def urls(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.services.split(",") if pair)


class Problem(Exception):
    """Answered as a problem document (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


class DayBody(BaseModel):
    """Without a day, the next one starts."""

    model_config = ConfigDict(extra="forbid")

    day: date | None = None


class Calendar:
    """One at a time: a day is decided under a lock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.log = DayLog(settings.kafka)
        self._observer = Observer(settings.urls, read_city(settings.config).agency_ids, settings.kafka)
        self._lock = asyncio.Lock()

    async def start_day(self, wanted: date | None) -> dict[str, Any]:
        """Simulated: wait until all is settled, publish, wait again. A day that has started is only waited for."""
        if self._settings.clock == "real":
            raise Problem(
                409, "real_clock", "this calendar follows the real clock: days start at midnight by themselves"
            )
        async with self._lock:
            began = time.monotonic()
            last = await self._last()
            following = self._next(last, wanted)
            day = wanted or following
            new = last is None or day > last
            if new and day != following:
                raise Problem(409, "skipped_day", f"{day} would skip days: the next one is {following}")
            looks = await self._settle()
            if new:
                await self._publish(day)
                await asyncio.sleep(SURELY_BUSY)
                looks += await self._settle()
            return {"day": day, "published": new, "looks": looks, "seconds": round(time.monotonic() - began, 3)}

    async def keep_real_days(self) -> None:
        """Publish every missing day, then sleep until midnight; through outages of the broker."""
        while True:
            now = datetime.now(UTC)
            try:
                for day in missing(await self.log.last(), business_day(now)):
                    await self.log.append(day)
                    LOG.info("%s has begun", day)
                await asyncio.sleep(min(until_midnight(now) + 0.01, LONGEST_NAP))
            except (KafkaError, OSError) as error:
                LOG.warning("the broker is away (%s): trying again", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def know(self) -> None:
        """Read the newest day, so that a simulated calendar is ready before it is asked."""
        while not self.log.known:
            try:
                await self.log.last()
            except (KafkaError, OSError):
                await asyncio.sleep(RETRY_SECONDS / 4)

    async def close(self) -> None:
        await self.log.close()
        await self._observer.close()

    async def _last(self) -> date | None:
        try:
            return await self.log.last()
        except (KafkaError, OSError) as error:
            raise _away(error) from None

    async def _publish(self, day: date) -> None:
        try:
            await self.log.append(day)
        except (KafkaError, OSError) as error:
            raise _away(error) from None

    def _next(self, last: date | None, wanted: date | None) -> date:
        """Time that was given no start begins with the day that is first asked for."""
        return last + DAY if last else self._settings.start or wanted or business_day(datetime.now(UTC))

    async def _settle(self) -> int:
        """Until one look at everybody finds all settled; in between only those are asked again who were not.

        Returns how many looks it took.
        """
        looks, absence, began = 1, Absence(), time.monotonic()
        deadline, pause, ask_at = began + self._settings.settle_seconds, FIRST_PAUSE, began + ASK_WHO_IS_THERE
        while found := await self._observer.look():
            while found:
                if time.monotonic() > deadline:
                    waited = f"after {self._settings.settle_seconds:.0f} s"
                    detail = f"{waited}: {'; '.join(found.values())}. Nothing is lost: try again"
                    raise Problem(503, "not_settled", detail)
                if time.monotonic() > ask_at:
                    if away := absence.away(await self._observer.behind(found), time.monotonic()):
                        raise Problem(503, "agency_away", remedy(away))
                    ask_at = time.monotonic() + ASK_WHO_IS_THERE
                await asyncio.sleep(pause)
                pause = min(pause * PAUSE_GROWS, LONGEST_PAUSE)
                found = await self._observer.look(None if BROKER in found else found)
                looks += 1
            looks += 1
        return looks


def _away(error: Exception) -> Problem:
    return Problem(503, "broker_away", f"the broker does not answer ({type(error).__name__}): try again")


def create_app(settings: Settings) -> FastAPI:
    calendar = Calendar(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = calendar.keep_real_days() if settings.clock == "real" else calendar.know()
        task = asyncio.create_task(work)
        yield
        task.cancel()
        await asyncio.wait({task}, timeout=1.0)
        await calendar.close()

    app = FastAPI(title="Lotse calendar", version="1", lifespan=lifespan)
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)

    @app.post("/days")
    async def start_day(body: DayBody) -> dict[str, Any]:
        return await calendar.start_day(body.day)

    @app.get("/days/today")
    async def today() -> dict[str, Any]:
        try:
            return {"today": await calendar.log.last(), "clock": settings.clock}
        except (KafkaError, OSError) as error:
            raise _away(error) from None

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/health/ready")
    async def ready() -> Response:
        known = calendar.log.known
        return JSONResponse({"checks": {"broker": "ok" if known else "not reached yet"}}, 200 if known else 503)

    return app


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return _problem(error.status, error.code, str(error))


async def _invalid(_: Request, __: Exception) -> Response:
    return _problem(422, "invalid", 'send {"day": "2001-03-01"}, or {} for the next day')


def _problem(status: int, code: str, detail: str) -> Response:
    title = code.replace("_", " ")
    body = {"type": f"urn:lotse:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return JSONResponse(body, status, media_type="application/problem+json")


def main() -> None:
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.WARNING)
    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
