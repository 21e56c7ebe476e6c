"""The faults: each is injected into a living town and ended again. What happens afterwards is `verdict`'s."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from lotse.settings import SERVICES
from lotse.stack import postgres
from lotse.stack.running import Running
from tests.chaos.disks import Disk
from tests.chaos.town import NotReached, Reached, Town

BEYOND_SESSION: Final = 8.0
"""Seconds: a consumer that is silent for 6 is put out of its group, a transaction that is idle for 5 is ended."""
OUTAGE: Final = 5.0
STOP_WITHIN: Final = 13.0
"""Seconds: a service ends 10 after SIGTERM at the latest, and by itself 12 after."""
END_LEADERS: Final = (
    "select count(*) filter (where pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory'"
)
TURN: Final = 2.0
"""Seconds between two changes of membership."""


@dataclass(frozen=True, slots=True)
class Injected:
    """How many faults it was (several services at once are several); when the last of them was over, by our monotonic
    clock; violations that only the injection can see."""

    times: int = 1
    violations: Sequence[str] = ()
    ended: float = field(default_factory=time.monotonic)


Inject = Callable[[Town], Awaitable[Injected]]
"""Raises `NotReached` if it was none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` is what is counted and reported."""

    kind: str
    target: str
    inject: Inject


POINTS: Final = {
    "kill_after_commit": (
        ("intake", "answered"),
        ("casework", "committed"),
        ("referrals", "committed"),
        ("reporting", "committed"),
    ),
    "kill_after_send": (("intake", "sent"), ("casework", "sent"), ("referrals", "sent")),
    "kill_inside_batch": (("casework", "inside"), ("referrals", "inside"), ("reporting", "inside")),
    "kill_inside_day": (("intake", "fired"), ("casework", "timer"), ("referrals", "timer"), ("reporting", "fired")),
    "kill_before_answer": (("casework", "answered"),),
}
"""Where a service is killed: between the commit and the acknowledgement or answer, between the send and the outbox's
delete, inside a batch's transaction, inside a day. Intake consumes nothing but days, so it commits commands."""
ZOMBIES: Final = (("casework", "inside"), ("referrals", "committed"), ("reporting", "inside"))


def kills(*, together: bool) -> list[Fault]:
    """One service after the other, or all that a kind befalls at once."""
    if together:
        return [Fault(kind, "together", _kill_at(places)) for kind, places in POINTS.items()]
    return [
        Fault(kind, f"{service}:{point}", _kill_at([(service, point)]))
        for kind, places in POINTS.items()
        for service, point in places
    ]


def _kill_at(places: Sequence[tuple[str, str]]) -> Inject:
    async def inject(town: Town) -> Injected:
        with town.load():
            passing = (town.passes(service, point) for service, point in places)
            done = await asyncio.gather(*passing, return_exceptions=True)
            ended = time.monotonic()
        return Injected(_reached(done), ended=ended)

    return inject


def _signal(part: str, number: signal.Signals) -> Inject:
    """To a part that is busy: the city has just been let go on."""

    async def inject(town: Town) -> Injected:
        with town.load():
            await asyncio.sleep(0.5)
            _send(town.parts[part], number)
            ended = time.monotonic()
            await asyncio.sleep(0.5)
        return Injected(ended=ended)

    return inject


def _pause(part: str, seconds: float) -> Inject:
    async def inject(town: Town) -> Injected:
        with town.load():
            await asyncio.sleep(0.5)
            _send(town.parts[part], signal.SIGSTOP)
            await asyncio.sleep(seconds)
            town.parts[part].signal(signal.SIGCONT)
        return Injected()

    return inject


def _send(part: Running, number: signal.Signals) -> None:
    """Raises `NotReached` if there is no process just now."""
    if part.pid is None:
        raise NotReached(f"{part.part.name} did not run")
    part.signal(number)


async def zombies(town: Town) -> Injected:
    """A second replica of each service stops inside its work beyond its session, and wakes to find others there."""
    async with town.second(*(service for service, _ in ZOMBIES)):
        with town.load():
            passing = (town.passes(s, point, signal.SIGSTOP, second=True) for s, point in ZOMBIES)
            done = await asyncio.gather(*passing, return_exceptions=True)
            await asyncio.sleep(BEYOND_SESSION)
        for service, _ in ZOMBIES:
            town.parts[f"{service}-2"].signal(signal.SIGCONT)
        ended = time.monotonic()
        await town.heal()
    return Injected(_reached(done), ended=ended)


def zombie_of_intake() -> Fault:
    """It consumes the calendar alone: the process that has it is stopped in the middle of a day."""

    async def inject(town: Town) -> Injected:
        async with town.second("intake"):
            with town.load():
                reached = await _either(town, "intake", "fired")
                await asyncio.sleep(BEYOND_SESSION)
            _wake(town, reached.pid)
            ended = time.monotonic()
            await town.heal()
        return Injected(ended=ended)

    return Fault("zombie_consumer", "intake", inject)


async def _either(town: Town, service: str, point: str) -> Reached:
    """Whichever of its two replicas passes the point is stopped there. Raises `NotReached`."""
    both = [asyncio.create_task(town.passes(service, point, signal.SIGSTOP, second=second)) for second in (False, True)]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in both:
        task.cancel()  # disarms it
    found = await asyncio.gather(*both, return_exceptions=True)
    for one in found:
        if isinstance(one, Reached):
            return one
    raise NotReached(f"neither replica of {service} passed `{point}`")


def _wake(town: Town, pid: int) -> None:
    running = next((one for one in town.parts.values() if one.pid == pid), None)
    if running is not None:
        running.signal(signal.SIGCONT)


async def lost_locks(town: Town) -> Injected:
    """The leading relay stops between its send and its delete until its session ends and another one leads."""
    leading = ("intake", "casework", "referrals")
    async with town.second(*leading):
        with town.load():
            stopping = (town.passes(service, "sent", signal.SIGSTOP) for service in leading)
            done = await asyncio.gather(*stopping, return_exceptions=True)
            await asyncio.sleep(BEYOND_SESSION)
        for service in leading:
            town.parts[service].signal(signal.SIGCONT)
        ended = time.monotonic()
        await town.heal()
    return Injected(_reached(done), ended=ended)


def _reached(done: Sequence[object]) -> int:
    """How many were. Raises what failed otherwise, or `NotReached` if none was."""
    failed = [error for error in done if isinstance(error, BaseException)]
    for error in sorted(failed, key=lambda one: isinstance(one, NotReached)):
        if not isinstance(error, NotReached) or len(failed) == len(done):
            raise error
    return len(done) - len(failed)


async def cut_relays(town: Town) -> Injected:
    """The database ends the sessions that hold the relays' locks, while they work."""
    address = postgres.dsn(
        town.settings, role=postgres.SUPERUSER, password=town.installation.superuser_password, database="postgres"
    )
    cut, ended = 0, time.monotonic()
    with town.load():
        for _ in range(3):
            await asyncio.sleep(0.5)
            admin = await asyncpg.connect(address, timeout=5)
            try:
                cut += await admin.fetchval(END_LEADERS)
                ended = time.monotonic()
            finally:
                await admin.close()
    if not cut:
        raise NotReached("no relay held a lock")
    return Injected(cut, ended=ended)


def storm(seed: int) -> Fault:
    """Second replicas join and leave every two seconds, half of them by `kill -9`."""
    turns = 8

    async def inject(town: Town) -> Injected:
        chance = random.Random(seed)
        with town.load():
            for _ in range(turns):
                began, service = time.monotonic(), chance.choice(SERVICES)
                if town.joined(service):
                    await town.leave(service, killed=chance.random() < 0.5)
                else:
                    await town.join(service)
                await asyncio.sleep(max(0.0, TURN - (time.monotonic() - began)))
        for service in SERVICES:
            await town.leave(service, killed=chance.random() < 0.5)
        return Injected(turns)

    return Fault("replicas_come_and_go", "all", inject)


def full_disk(server: str, disk: Disk) -> Fault:
    async def inject(town: Town) -> Injected:
        try:
            with town.load():
                await asyncio.sleep(0.3)
                disk.fill()
                await asyncio.sleep(OUTAGE)
        finally:
            disk.empty()
        return Injected()

    return Fault(f"full_disk_{server}", server, inject)


async def terminated_without_broker(town: Town) -> Injected:
    """SIGTERM to every service under load while the broker is dead: each ends by itself, within its bound."""
    town.gates["kafka"].clear()
    try:
        with town.load():
            await asyncio.sleep(0.5)
            town.parts["kafka"].signal(signal.SIGKILL)
            await asyncio.sleep(1.0)
            ends = await asyncio.gather(*(_ends(town.parts[service]) for service in SERVICES))
    finally:
        town.gates["kafka"].set()
    late = [service for service, ended in zip(SERVICES, ends, strict=True) if not ended]
    told = [f"{service} did not end within {STOP_WITHIN:.0f} s of SIGTERM" for service in late]
    return Injected(len(SERVICES), told)


async def _ends(running: Running) -> bool:
    pid, until = running.pid, time.monotonic() + STOP_WITHIN
    running.signal(signal.SIGTERM)
    while running.pid == pid and pid is not None:
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.05)
    return True


def process_faults(seed: int, disks: dict[str, Disk], *, together: bool = False) -> list[Fault]:
    """Everything that befalls processes, servers and disks, once; services one by one, or together."""
    return [
        *kills(together=together),
        *(Fault("kill_simulation", part, _signal(part, signal.SIGKILL)) for part in ("city", "calendar")),
        Fault("kill_broker", "kafka", _signal("kafka", signal.SIGKILL)),
        Fault("pause_broker", "kafka", _pause("kafka", OUTAGE)),
        Fault("restart_postgres", "postgres", _signal("postgres", signal.SIGINT)),
        Fault("kill_postgres", "postgres", _signal("postgres", signal.SIGKILL)),
        Fault("zombie_consumer", "second replicas", zombies),
        zombie_of_intake(),
        Fault("relay_paused_beyond_its_lock", "leading relays", lost_locks),
        Fault("relay_lost_its_lock", "sessions", cut_relays),
        storm(seed),
        Fault("terminated_without_broker", "all services", terminated_without_broker),
        *(full_disk(server, disk) for server, disk in disks.items()),
    ]
