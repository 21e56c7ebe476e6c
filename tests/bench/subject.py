"""One real service as a process of its own, on an empty database and topics under a prefix of its own."""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx

from lotse.stack.ports import free_ports
from lotse.stack.process import dies_with_us
from services.runtime.migrations import migrate
from tests.bench.bed import ROOT, Bed
from tests.bench.processes import cpu_seconds, peak_mb
from tests.bench.year import CONFIG

NAMESPACE: Final = uuid.UUID(int=7)
_PATIENCE: Final = 900.0
_STOP_SECONDS: Final = 10.0
_MAKING: Final = asyncio.Lock()
_STANDS: Final = """select (select json_object_agg(topic || '/' || partition, next_offset) from consumed_offset)::text,
(select count(*) from outbox)"""


@dataclass
class Subject:
    """`began`: when its consumers had their partitions."""

    name: str
    port: int
    database: str
    process: asyncio.subprocess.Process
    db: asyncpg.Connection
    began: float = 0.0

    async def ready(self) -> None:
        async with httpx.AsyncClient(timeout=5) as http:
            while not await self._assigned(http):
                self._require_alive()
                await asyncio.sleep(0.01)
        self.began = time.monotonic()

    async def _assigned(self, http: httpx.AsyncClient) -> bool:
        try:
            checks: dict[str, str] = (await http.get(f"http://127.0.0.1:{self.port}/health/ready")).json()["checks"]
        except (httpx.TransportError, ValueError):
            return False
        return checks.get("consumer") == checks.get("calendar") == "ok"

    async def reached(self, ends: Mapping[tuple[str, int], int], *, every: float = 0.02) -> float:
        """Seconds from the beginning until it had applied everything up to these ends, and published what follows."""
        wanted = {f"{topic}/{number}": end for (topic, number), end in ends.items()}
        async with asyncio.timeout(_PATIENCE):
            while not await self._is_there(wanted):
                self._require_alive()
                await asyncio.sleep(every)
        return time.monotonic() - self.began

    async def _is_there(self, wanted: Mapping[str, int]) -> bool:
        stands, waiting = await self.db.fetchrow(_STANDS) or (None, 0)
        offsets: dict[str, int] = json.loads(stands or "{}")
        return not waiting and all(offsets.get(place, 0) >= end for place, end in wanted.items())

    def _require_alive(self) -> None:
        if self.process.returncode is not None:
            raise RuntimeError(f"{self.name} ended with exit code {self.process.returncode}")

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    @property
    def peak_mb(self) -> float:
        return peak_mb(self.process.pid)


def environment(bed: Bed, name: str, *, prefix: str, database: str, port: int = 0) -> dict[str, str]:
    """What a service process is told."""
    return {
        "LOTSE_SERVICE": name,
        "LOTSE_KAFKA": bed.kafka,
        "LOTSE_DATABASE": database,
        "LOTSE_PORT": str(port),
        "LOTSE_NAMESPACE": str(NAMESPACE),
        "LOTSE_TOPIC_PREFIX": prefix,
        "LOTSE_CONFIG": str(CONFIG),
    }


async def migrated(bed: Bed, service: str) -> str:
    """A new database with the service's tables. One at a time: Alembic's context is the process's."""
    async with _MAKING:
        database = await bed.new_database()
        await migrate(service, database)
    return database


@asynccontextmanager
async def running(
    bed: Bed,
    name: str,
    *,
    prefix: str,
    database: str,
    module: str = "",
    replica: int = 1,
    lanes: int | None = None,
) -> AsyncIterator[Subject]:
    """The service from its start until it is not needed any more; then it is told to end. The next under the same
    prefix takes its place in the group at once."""
    (port,) = free_ports(1)
    given = environment(bed, name, prefix=prefix, database=database, port=port)
    given["LOTSE_INSTANCE"] = f"bench-{replica}"
    if lanes is not None:
        given["LOTSE_LANES"] = str(lanes)
    log = bed.folder / f"{name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module or f"services.{name}"),
            cwd=ROOT,
            env=os.environ | given,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=dies_with_us(),
        )
    db: asyncpg.Connection = await asyncpg.connect(database)
    subject = Subject(name, port, database, process, db)
    try:
        async with asyncio.timeout(60):
            await subject.ready()
        yield subject
    finally:
        await db.close()
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
        await process.wait()


async def child(module: str, given: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, float]:
    """What a measuring program of the bench says at its end, as JSON on its last line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, json.dumps(given)),
        cwd=ROOT,
        env=os.environ | dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=dies_with_us(),
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"{module} ended with exit code {process.returncode}")
    answer: dict[str, float] = json.loads(said.strip().rpartition(b"\n")[2])
    return answer
