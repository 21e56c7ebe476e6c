"""The whole stack as one object: PostgreSQL, Kafka, what runs on them, and what a caller adds.

stack = Stack(settings, clock=ClockKind.SIMULATED, start=date(2001, 3, 1), extra=[...])
async with stack:
    stack.parts["kafka"].pid
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from types import TracebackType
from typing import Self
from uuid import UUID

from lotse.settings import Settings
from lotse.stack import class_data, jars, kafka, ports, postgres
from lotse.stack.city import DATABASES, city
from lotse.stack.databases import provide
from lotse.stack.home import ClockKind, Home, Installation
from lotse.stack.ledger import Ledger
from lotse.stack.part import Node, Step
from lotse.stack.running import Report, Running, State
from lotse.stack.supervisor import Supervisor

JARS = "jars"

Application = Callable[[Settings, Installation, Home], Sequence[Node]]
"""What runs on the two servers: parts and steps that may name `kafka`, `postgres` and `databases` in `after`."""


def silent(part: str, state: State, words: str) -> None:
    """Report to nobody."""


class Stack:
    """One installation, running. It holds its home from `start` to `stop`."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: ClockKind = ClockKind.REAL,
        start: date | None = None,
        namespace: UUID | None = None,
        base: Application | None = None,
        application: Application = city,
        extra: Application | None = None,
        report: Report = silent,
    ) -> None:
        self.settings = settings
        self.home = Home(settings.home)
        self._clock = clock
        self._first_day, self._namespace = start, namespace
        self._base = base or servers
        self._application = application
        self._extra = extra
        self._report = report
        self._held = ExitStack()
        self._installation: Installation | None = None
        self._supervisor: Supervisor | None = None

    @property
    def installation(self) -> Installation:
        """Known once started."""
        if self._installation is None:
            raise RuntimeError("the stack was not started")
        return self._installation

    @property
    def parts(self) -> Mapping[str, Running]:
        """Every process by its part's name."""
        return self._supervisor.parts if self._supervisor else {}

    async def start(self) -> Self:
        """Return when everything is ready. Raises a `Refusal`, with nothing left running."""
        self._held.enter_context(self.home.held())
        try:
            ledger = Ledger(self.home.ledger)
            for left in await asyncio.to_thread(ledger.end_leftovers):
                self._report(left.part, State.STOPPED, f"process {left.pid}, left by an earlier lotse, was ended")
            self._installation = self.home.install(
                self.settings, clock=self._clock, start=self._first_day, namespace=self._namespace
            )
            nodes = self._nodes(self._installation)
            ports.require_free(self.settings, tuple(p for p in ports.PARTS if p in _listeners(nodes)))
            self.home.listens({part: self.settings.port(part) for part in ports.PARTS})
            self._supervisor = Supervisor(nodes, home=self.home, ledger=ledger, report=self._report)
            await self._supervisor.start()
        except BaseException:
            self._held.close()
            raise
        return self

    async def stop(self) -> None:
        """Leave no process. Bounded: some 14 seconds if everything hangs."""
        try:
            if self._supervisor:
                await self._supervisor.stop()
        finally:
            self._held.close()

    async def over(self, part: str) -> int | None:
        """Wait until a part has done its work and will not be started again; its exit code."""
        running = self.parts[part]
        await running.over.wait()
        return running.exit_code

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _nodes(self, installation: Installation) -> tuple[Node, ...]:
        extra = self._extra(self.settings, installation, self.home) if self._extra else ()
        return (
            *self._base(self.settings, installation, self.home),
            *self._application(self.settings, installation, self.home),
            *extra,
        )


def servers(settings: Settings, installation: Installation, home: Home) -> tuple[Node, ...]:
    """PostgreSQL and Kafka, beside each other."""
    database = postgres.server(settings, home, superuser_password=installation.superuser_password)
    broker = kafka.broker(settings, home, cluster_id=installation.cluster_id, after=(JARS,))

    async def fetch(say: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()

        def tell(words: str) -> None:
            loop.call_soon_threadsafe(say, words)

        await asyncio.to_thread(jars.fetch, settings.cache, tell)
        await class_data.keep(settings, say)

    async def databases(_: Callable[[str], None]) -> None:
        passwords = installation.passwords
        await provide(settings, superuser_password=installation.superuser_password, passwords=passwords)

    return (
        Step(name=JARS, run=fetch),
        broker,
        database,
        Step(name=DATABASES, run=databases, after=(postgres.NAME,)),
    )


def _listeners(nodes: Sequence[Node]) -> frozenset[str]:
    names = {node.name for node in nodes}
    return frozenset(names | ({"kafka_controller"} if kafka.NAME in names else set()))
