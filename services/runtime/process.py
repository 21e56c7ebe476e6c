"""One service process: HTTP, consumer, calendar and relay around one pool; it stops within a bound, whoever hangs."""

import asyncio
import contextlib
import gc
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contracts.city import City, read_city
from services.runtime import audit_log
from services.runtime.audit import Audit
from services.runtime.commands import Commands
from services.runtime.consumer import Consumer
from services.runtime.database import connect_pool
from services.runtime.days import Days
from services.runtime.health import Health
from services.runtime.parking import Parking
from services.runtime.problems import RESPONSES, install
from services.runtime.relay import Relay
from services.runtime.runtime import Runtime
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics, configure_logs, fault, log
from services.runtime.tracing import tracing
from services.runtime.web import BodyLimit, operations, parked

_SILENT: Final[TelemetryConfig] = {
    "auto_configure": False,
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
}
"""FastAPI's own spans and logs hold paths, which name clients, and values that failed validation."""


def main(service: Callable[[City], Service[Any]], router: APIRouter, *, title: str, description: str) -> None:
    """Runs a service until SIGTERM or SIGINT. Settings come from the environment (settings.py)."""
    settings = Settings()
    city = read_city(settings.config)
    made = service(city)
    settings = settings.in_city(city).model_copy(update={"service": made.name})
    configure_logs(made.name, settings.log_level)
    app = create_app(made, city, settings, router, title=title, description=description)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        loop="uvloop",
        http="httptools",
    )
    uvicorn.Server(config).run()


def create_app(
    service: Service[Any], city: City, settings: Settings, router: APIRouter, *, title: str, description: str
) -> FastAPI:
    """The service's HTTP application; its lifespan runs everything else."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        metrics = Metrics()
        traces = tracing(service.name, metrics, os.environ)
        engine = _read_engine(settings)
        runtime = Runtime(service, settings, city, await connect_pool(settings), metrics, engine, traces)
        consumer = Consumer(runtime)
        days, relay = Days(runtime), Relay(runtime)
        app.state.commands, app.state.engine, app.state.runtime = Commands(runtime), engine, runtime
        app.include_router(operations(Health(runtime, consumer, days)))
        app.include_router(parked(Parking(runtime)))
        tasks = [
            _guarded(name, part.run()) for name, part in (("consumer", consumer), ("days", days), ("relay", relay))
        ]
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        gc.enable()
        log().info("started", port=settings.port, day=None)
        yield
        await _stop(runtime, tasks, engine)

    app = FastAPI(
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        telemetry=_SILENT,
        responses=RESPONSES,
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(Audit)
    install(app)
    app.include_router(router)
    if service.initial is not None:
        app.include_router(audit_log.router)
    return app


def _read_engine(settings: Settings) -> AsyncEngine:
    url = settings.database.replace("postgresql://", "postgresql+asyncpg://", 1)
    return create_async_engine(
        url,
        pool_size=6,
        max_overflow=0,  # a connection costs half a statement of every kind: none is made for one request
        pool_pre_ping=True,
        execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
        connect_args={"timeout": 5, "command_timeout": settings.transaction_timeout, "server_settings": {"jit": "off"}},
    )


def _guarded(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A part whose unforeseen failure ends the process: its supervisor starts it anew from what is committed."""

    async def run() -> None:
        try:
            await work
        except Exception as error:  # the process must not go on without this part
            log().critical("part failed: the process ends", part=name, error=fault(error))
            os._exit(70)

    return asyncio.create_task(run(), name=name)


async def _stop(runtime: Runtime[Any], tasks: list[asyncio.Task[None]], engine: AsyncEngine) -> None:
    """Lets the parts finish what they have begun, within `stop_within`; the outbox keeps what could not be sent."""
    bound = runtime.settings.stop_within
    watchdog = threading.Timer(bound + 2, os._exit, args=(71,))
    watchdog.daemon = True
    watchdog.start()
    runtime.stopping.set()
    runtime.committed()
    _, late = await asyncio.wait(tasks, timeout=bound - 2)
    for task in late:
        log().warning("did not stop in time", part=task.get_name())
        task.cancel()
    await asyncio.wait([asyncio.create_task(runtime.pool.close()), asyncio.create_task(engine.dispose())], timeout=2)
    runtime.pool.terminate()
    runtime.tracing.stop()
    log().info("stopped", late=len(late))
    watchdog.cancel()
