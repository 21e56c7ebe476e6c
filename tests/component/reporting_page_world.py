"""Reporting's addresses over a real database, without the parts that listen to Kafka; and a year told seven times."""

import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.city import read_city
from services.reporting.routes import router
from services.runtime.audit import Audit
from services.runtime.decision import Message
from services.runtime.problems import install
from tests.component.reporting_year import told

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
TIMES: Final = 7
"""Whatever was counted by hand, so often: nothing is left that small cells would hide."""
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


def reporting(database: str, city: str = "bremen") -> FastAPI:
    """The application, as services/runtime/process.py makes it for requests."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = create_async_engine(
            database.replace("postgresql://", "postgresql+asyncpg://"),
            execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
        )
        app.state.runtime = SimpleNamespace(city=read_city(DEPLOY / city), service=SimpleNamespace(initial=None))
        yield
        await app.state.engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(Audit)
    install(app)
    app.include_router(router)
    return app
