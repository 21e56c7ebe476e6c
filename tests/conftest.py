"""One real broker and one real database server for a whole run of tests, shared by its workers, ended with it."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil
import pytest
from filelock import FileLock

START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 15.0

NewDatabase = Callable[[], Awaitable[str]]


def run_folder() -> Path:
    """The folder that all workers of this run share.

    Not below pytest's own, which every start of pytest, of another run too, closes to other users: PostgreSQL is one.
    """
    folder = Path(tempfile.gettempdir()) / f"lotse-tests-{_watched()}"
    folder.mkdir(exist_ok=True, mode=0o755)
    return folder


def _watched() -> int:
    """The process whose end ends the run."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


@pytest.fixture(scope="session")
def broker() -> str:
    """The address of the run's one real Kafka. Topics are shared: a test takes its own, or its own keys."""
    address: str = _server("kafka", run_folder())["kafka"]
    return address


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "have the databases of this run in a container of this image, such as postgres:18, instead of the embedded"
    parser.addoption("--postgres-image", metavar="IMAGE", help=told)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The superuser's DSN of the run's one real PostgreSQL."""
    if image := request.config.getoption("--postgres-image"):
        os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # it is removed right here
        from testcontainers.community.postgres import PostgresContainer

        with PostgresContainer(image, driver=None) as server:
            yield server.get_connection_url()
    else:
        yield _server("postgres", run_folder())["dsn"]


@pytest.fixture
async def new_database(postgres: str) -> AsyncIterator[NewDatabase]:
    """Makes empty databases, each with an owner of its own, and returns their DSNs; they go with the test."""
    made: list[str] = []

    async def make() -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        made.append(name)
        return await asyncio.wait_for(_create_database(postgres, name), 30)

    yield make
    for name in made:
        await _drop_database(postgres, name)


@pytest.fixture(scope="module")
def new_module_database(postgres: str) -> Iterator[Callable[[], str]]:
    """The same for databases that live as long as a module's tests; called without await, outside of any loop."""
    made: list[str] = []

    def make() -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        made.append(name)
        return asyncio.run(_create_database(postgres, name))

    yield make
    for name in made:
        asyncio.run(_drop_database(postgres, name))


async def _create_database(superuser: str, name: str) -> str:
    admin = await asyncpg.connect(superuser)
    try:
        await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
        await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
    finally:
        await admin.close()
    return re.sub(r"//.*@(.*)/.*$", rf"//{name}:{name}@\1/{name}", superuser)


async def _drop_database(superuser: str, name: str) -> None:
    admin = await asyncpg.connect(superuser)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE IF EXISTS {name}")
    finally:
        await admin.close()


def _server(which: str, run: Path) -> dict[str, Any]:
    """Where the server is; the first worker that asks starts it."""
    folder = run / f"{which}-server"
    ready = folder / "server.json"
    with FileLock(run / f"{which}.lock", timeout=START_SECONDS):
        if not ready.exists():
            folder.mkdir(exist_ok=True)
            _start(which, folder, ready)
    said: dict[str, Any] = json.loads(ready.read_text())
    return said


def _start(which: str, folder: Path, ready: Path) -> None:
    log = folder / "server.log"
    with log.open("wb") as output:
        holder = subprocess.Popen(
            [sys.executable, "-m", "lotse.stack.servers", which, str(folder), str(_watched())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    (folder / "holder.pid").write_text(str(holder.pid))
    until = time.monotonic() + START_SECONDS
    while not ready.exists():
        if holder.poll() is not None or time.monotonic() > until:
            holder.kill()
            pytest.fail(f"the {which} of this run did not start: {log.read_text()[-2000:]}", pytrace=False)
        time.sleep(0.05)


def pytest_unconfigure() -> None:
    """End the run's servers, at the end of the process that they watch."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    run = run_folder()
    holders = [int(path.read_text()) for path in run.glob("*-server/holder.pid")]
    alive = [psutil.Process(pid) for pid in holders if psutil.pid_exists(pid)]
    for holder in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            holder.send_signal(signal.SIGTERM)
    for holder in psutil.wait_procs(alive, timeout=STOP_SECONDS)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            holder.kill()
    shutil.rmtree(run, ignore_errors=True)
