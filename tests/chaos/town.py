"""One city on the embedded stack, with what faults need: failpoints, gates, second replicas, a load that pauses."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Self

from lotse.demo import CITY, simulation
from lotse.demo_figures import figures
from lotse.play import Play
from lotse.settings import Settings
from lotse.stack.city import city, service_environment
from lotse.stack.home import ClockKind, Home, Installation
from lotse.stack.ledger import Ledger
from lotse.stack.part import Node, Part, serving
from lotse.stack.ports import free_ports
from lotse.stack.running import Running, State
from lotse.stack.stack import Stack, servers
from simulation.facts import Scene

READY_SECONDS: Final = 120.0
GRACE: Final = 6.5
SECOND: Final = "2"
"""In the names of second replicas, and of the folder of their failpoints."""
LOOK_SECONDS: Final = 0.05
FULL_LOAD_SECONDS: Final = 1.5
PULSE_SECONDS: Final = 0.25
FINISH_SECONDS: Final = 600.0
"""In which the city must live to its last day: if a service stands still for good, it waits for it."""


class NotReached(Exception):
    """What a fault waited for did not happen: it was not injected, and is not counted."""


class NotHealed(Exception):
    """A part did not come back."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A process that passed an armed failpoint."""

    service: str
    point: str
    pid: int


class Town:
    """Within `async with` the stack runs, and the city and its agencies live on it."""

    def __init__(self, settings: Settings, scene: Scene, play: Play, *, note: Callable[[str], None]) -> None:
        self.settings, self.scene, self.play = settings, scene, play
        self.home = Home(settings.home)
        self.points = settings.home / "failpoints"
        self.gates = {name: asyncio.Event() for name in ("kafka", "postgres")}
        """Closed (not set), a server that died is not started again."""
        for gate in self.gates.values():
            gate.set()
        self._note = note
        self._stack = Stack(
            settings,
            clock=ClockKind.SIMULATED,
            start=play.first,
            namespace=play.namespace,
            base=self._servers,
            application=self._city,
            extra=lambda s, _, h: simulation(s, h, scene, play),
            report=self._report,
        )
        self._replicas: dict[str, Running] = {}
        self._later: Running | None = None
        self._spare: Ledger | None = None

    async def __aenter__(self) -> Self:
        (self.points / SECOND).mkdir(parents=True, exist_ok=True)
        await self._stack.start()
        self._spare = Ledger(self.home.path / "replicas.json")
        return self

    async def __aexit__(self, *_: object) -> None:
        for gate in self.gates.values():
            gate.set()
        further = [*self._replicas.values(), *([self._later] if self._later else [])]
        await asyncio.gather(*(one.stop() for one in further))
        await self._stack.stop()

    @property
    def installation(self) -> Installation:
        return self._stack.installation

    @property
    def parts(self) -> Mapping[str, Running]:
        later = {CITY: self._later} if self._later else {}
        return {**self._stack.parts, **self._replicas, **later}

    def _servers(self, settings: Settings, installation: Installation, home: Home) -> Sequence[Node]:
        return [self._gated(node) for node in servers(settings, installation, home)]

    def _gated(self, node: Node) -> Node:
        if not isinstance(node, Part):
            return node
        gate, before = self.gates[node.name], node.before

        async def wait_then_prepare() -> None:
            await gate.wait()
            await before()

        return replace(node, before=wait_then_prepare)

    def _city(self, settings: Settings, installation: Installation, home: Home) -> Sequence[Node]:
        return [self._observed(node) for node in city(settings, installation, home)]

    def _observed(self, node: Node) -> Node:
        if not isinstance(node, Part):
            return node
        return replace(node, environment={**node.environment, "LOTSE_FAILPOINTS": str(self.points)})

    def _report(self, part: str, state: State, words: str) -> None:
        if state in {State.RESTARTING, State.FAILED}:
            self._note(f"{part} {state}  {words}")

    # The load

    @property
    def lives(self) -> bool:
        """Whether the city has days left."""
        return not self.parts[CITY].over.is_set()

    def pause(self) -> None:
        self.parts[CITY].signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.parts[CITY].signal(signal.SIGCONT)

    @contextlib.contextmanager
    def load(self) -> Any:
        """The city acts within, at first without a pause, and stands still behind: only what stands still can be
        compared."""
        self.resume()
        pulse = asyncio.create_task(self._pulse())
        try:
            yield
        finally:
            pulse.cancel()
            self.pause()

    async def _pulse(self) -> None:
        """A long fault must not use up the city's days."""
        await asyncio.sleep(FULL_LOAD_SECONDS)
        while True:
            self.pause()
            await asyncio.sleep(3 * PULSE_SECONDS)
            self.resume()
            await asyncio.sleep(PULSE_SECONDS)

    async def live_on(self, until: date) -> None:
        """The city, at the end of its play, goes on to a later day. Raises `NotHealed`."""
        await self._over()
        later = replace(self.play, until=until)
        part = simulation(self.settings, self.home, self.scene, later)[-1]
        assert isinstance(part, Part)
        self._later = self._running(replace(part, after=()))
        await self._later.start()

    async def finish(self) -> None:
        """The city lives to the end of its play, untroubled. Raises `NotHealed`."""
        self.resume()
        await self._over()
        if self.parts[CITY].exit_code != 0:
            raise NotHealed(f"the city ended with exit code {self.parts[CITY].exit_code}")

    async def _over(self) -> None:
        try:
            await asyncio.wait_for(self.parts[CITY].over.wait(), FINISH_SECONDS)
        except TimeoutError:
            raise NotHealed(f"the city did not come to its last day within {FINISH_SECONDS:.0f} s") from None

    async def figures(self) -> dict[str, Any]:
        return await asyncio.to_thread(figures, self.settings, self.play)

    # Failpoints

    async def passes(
        self,
        service: str,
        point: str,
        number: signal.Signals = signal.SIGKILL,
        *,
        second: bool = False,
        within: float = 25.0,
    ) -> Reached:
        """The next process of the service, or its second replica, that passes this point gets the signal.

        Raises `NotReached`, with nothing armed any more.
        """
        folder = self.points / SECOND if second else self.points
        armed, reached = folder / f"{service}.{point}", folder / f"{service}.{point}.reached"
        reached.unlink(missing_ok=True)
        new = folder / f"{service}.{point}.new"
        new.write_text(number.name.removeprefix("SIG"))
        new.rename(armed)
        end = time.monotonic() + within
        try:
            while not reached.exists():
                if time.monotonic() > end or not self.lives:
                    raise NotReached(f"{service} did not pass `{point}` within {within:.0f} s")
                await asyncio.sleep(LOOK_SECONDS / 5)
        finally:
            armed.unlink(missing_ok=True)
        return Reached(service, point, int(reached.read_text()))

    # Replicas

    @contextlib.asynccontextmanager
    async def second(self, *services: str) -> AsyncIterator[None]:
        """A second replica of each of these services."""
        await asyncio.gather(*(self.join(service) for service in services))
        try:
            yield
        finally:
            await asyncio.gather(*(self.leave(service) for service in services))

    async def join(self, service: str) -> None:
        (port,) = free_ports(1)
        environment = service_environment(service, self.settings, self.installation)
        environment |= {"LOTSE_PORT": str(port), "LOTSE_FAILPOINTS": str(self.points / SECOND)}
        name = f"{service}-{SECOND}"
        part = serving(name, f"services.{service}", port=port, environment=environment, after=(), grace=GRACE)
        self._replicas[part.name] = running = self._running(part)
        await running.start()

    async def leave(self, service: str, *, killed: bool = False) -> None:
        running = self._replicas.pop(f"{service}-{SECOND}", None)
        if running is not None:
            if killed:
                running.signal(signal.SIGKILL)
            await running.stop()

    def joined(self, service: str) -> bool:
        return f"{service}-{SECOND}" in self._replicas

    def _running(self, part: Part) -> Running:
        assert self._spare is not None
        return Running(part, self.home, self._spare, self._report)

    # Health

    async def heal(self) -> None:
        """Until every part that is kept running answers. Raises `NotHealed`."""
        waiting = {name: running for name, running in self.parts.items() if not running.over.is_set()}
        end = time.monotonic() + READY_SECONDS
        while waiting:
            for name, running in tuple(waiting.items()):
                if running.pid is not None and await _answers(running.part.probe):
                    del waiting[name]
            if time.monotonic() > end:
                raise NotHealed(f"after {READY_SECONDS:.0f} s these did not answer: {', '.join(waiting)}")
            await asyncio.sleep(LOOK_SECONDS)


async def _answers(probe: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await asyncio.wait_for(probe(), 5)
    except (OSError, TimeoutError):
        return False
