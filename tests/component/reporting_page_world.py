"""Reporting's addresses over a real database, without the parts that listen to Kafka; and a year told seven times."""

import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.city import read_city
from contracts.events.reporting import Release
from services.reporting.release.document import told_by
from services.reporting.release.freeze import summarise
from services.reporting.release.reading import versions
from services.reporting.routes import router
from services.runtime.audit import Audit
from services.runtime.decision import Message
from services.runtime.problems import install
from services.runtime.service import Snapshot
from tests.component.reporting_year import told

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
TIMES: Final = 7
"""Whatever was counted by hand, so often: nothing is left that small cells would hide."""
_RELEASED: Final = "insert into release_version values (:month, :version, :told_on, :digest, :file)"
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def told_often(times: int = TIMES) -> Iterator[Message]:
    """The year of reporting_year.txt, each time of other people."""
    for number in range(times):
        for message in told():
            event = type(message.event).model_validate_json(_renamed(message.event.model_dump_json(), number))
            yield Message(
                message.topic,
                event,
                _renamed(message.subject, number),
                _renamed(message.id, number),
                message.sequence,
            )


def _renamed(text: str, number: int) -> str:
    return _ID.sub(lambda found: str(uuid.uuid5(uuid.UUID(found[0]), str(number))), text)


def reporting(database: str, city: str = "bremen", *, provisional: bool = True) -> FastAPI:
    """The application, as services/runtime/process.py makes it for requests."""
    configured = read_city(DEPLOY / city).model_copy(update={"provisional_months": provisional})

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = create_async_engine(
            database.replace("postgresql://", "postgresql+asyncpg://"),
            execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
        )
        app.state.runtime = SimpleNamespace(city=configured, service=SimpleNamespace(initial=None))
        yield
        await app.state.engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(Audit)
    install(app)
    app.include_router(router)
    return app


async def release(database: str, today: date) -> list[str]:
    """Makes months final, and restates others, as the day that starts does. Returns the files, in order."""
    city, files = read_city(DEPLOY / "bremen"), []
    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as db:
        summary = await summarise(Snapshot(db, today, city, {"intake.person.v1/0": 1}, None))
        for event in summary.events:
            assert isinstance(event, Release)
            document = told_by(event, len(await versions(db, event.month)) + 1)
            values = {"month": event.month, "version": document.version, "told_on": today}
            await db.execute(text(_RELEASED), values | {"digest": event.digest, "file": document.json()})
            files.append(document.json())
    await engine.dispose()
    return files
