"""What a measurement stands on: a real broker and a real database server of the bench's own, and the peers."""

import itertools
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
from rich.console import Console

from lotse.settings import Settings
from lotse.stack import postgres
from lotse.stack.databases import provide_at
from lotse.stack.foreground import attend
from lotse.stack.home import Home
from lotse.stack.ledger import Ledger
from lotse.stack.ports import on_free_ports
from lotse.stack.progress import Progress
from lotse.stack.servers import nothing_else
from lotse.stack.stack import Stack, servers
from tests.bench.processes import cpu_seconds

ROOT: Final = Path(__file__).parents[2]
SCRATCH: Final = ROOT / "build" / "bench"
PINNED: Final = ROOT / "requirements" / "bench.txt"

Say = Callable[[str], None]
Result = TypeVar("Result")


@dataclass
class Bed:
    """`rounds`: how often both sides of a comparison run; `kafka`: the broker's address; `postgres`: the superuser's
    DSN; `folder`: scratch; `say`: a line of progress for people; `servers`: process ids of the two."""

    rounds: int
    kafka: str
    postgres: str
    folder: Path
    say: Say
    servers: tuple[int, ...] = ()
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def server_cpu_seconds(self) -> float:
        """What PostgreSQL and Kafka have used until now."""
        return sum(cpu_seconds(pid) for pid in self.servers)

    async def new_database(self) -> str:
        """The DSN of an empty database with an owner of its own."""
        name = f"bench_{next(self._numbers)}"
        await provide_at(self.postgres, {name: name})
        return f"postgresql://{name}:{name}@{self.postgres.rsplit('@', 1)[1].rsplit('/', 1)[0]}/{name}"

    async def drop_database(self, dsn: str) -> None:
        """Gives the space of a database back before the run ends."""
        name = dsn.rsplit("/", 1)[1]
        admin = await asyncpg.connect(self.postgres)
        try:
            await admin.execute(f"drop database if exists {name} with (force)")
            await admin.execute(f"drop role if exists {name}")
        finally:
            await admin.close()

    def peers(self) -> Path:
        """The Python that has quixstreams and faust-streaming, made on first use; the project's own has neither."""
        folder = ROOT / "build" / "peers"
        python, made = folder / "bin" / "python", folder / ".installed"
        if not made.exists() or made.stat().st_mtime < PINNED.stat().st_mtime:
            self.say("installing the peers into an environment of their own")
            uv = str(Path(sys.executable).with_name("uv"))
            subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True)
            into = ["--python", str(python), "--require-hashes", str(PINNED)]
            subprocess.run([uv, "pip", "sync", "-q", *into], check=True)
            made.touch()
        return python


async def on_bed(rounds: int, console: Console, work: Callable[[Bed], Awaitable[Result]]) -> Result | None:
    """Does the work on servers made for it, as in production, fsync included. None if a signal came first."""
    home = Home(SCRATCH / "home")
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with home.held():
        _empty(home)
    settings = on_free_ports(Settings(home=home.path, fsync=True))
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.0f} s[/dim]  {text}")

    with Progress(console) as progress:

        async def measured(stack: Stack) -> Result:
            progress.settle()
            password = stack.installation.superuser_password
            superuser = postgres.dsn(settings, role=postgres.SUPERUSER, password=password, database="postgres")
            pids = tuple(part.pid for part in stack.parts.values() if part.pid is not None)
            return await work(Bed(rounds, settings.kafka_address, superuser, SCRATCH, say, pids))

        return await attend(Stack(settings, base=servers, application=nothing_else, report=progress), measured)


def _empty(home: Home) -> None:
    """What an earlier run left, processes included."""
    Ledger(home.ledger).end_leftovers()
    for path in home.path.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "supervisor.lock":
            path.unlink()
    home.logs.mkdir()
