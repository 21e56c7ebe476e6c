"""One run: the city in peace, then the same city in trouble, fault by fault, and at last their figures side by side."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from contracts.topics import event_topics, partner_in
from lotse.check.comparing import city_of
from lotse.check.databases import connected
from lotse.check.reading import Log
from lotse.play import Play
from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings
from lotse.stack.ports import on_free_ports
from simulation.facts import Scene, read_scene
from tests.chaos.disks import CannotMount, Disk, disks
from tests.chaos.faults import Fault, Injected, process_faults
from tests.chaos.post import SHEAF, absences, harmful_post, harmless_post
from tests.chaos.record import Record
from tests.chaos.town import NotHealed, NotReached, Town
from tests.chaos.verdict import differing, judge

FIRST_DAY: Final = date(2001, 9, 24)
"""A week before the centres begin: from then on every day has plans, referrals, mail from agencies and payments."""
UNTIL: Final = date(2002, 12, 31)
AFTERWARDS: Final = timedelta(days=90)
FIRST_MAIL_SECONDS: Final = 240.0
ENOUGH_VIOLATIONS: Final = 20
HARMFUL_ROUNDS: Final = 3
NOT_RUN: Final = {
    "kill_inside_batch intake": "it consumes nothing but days: see kill_inside_day and kill_after_commit",
    "kill_after_send reporting": "it sends releases only, once a month: see kill_inside_day",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How much trouble. `seconds` end the faults; the city is then let live to its last day."""

    seed: int
    scale: float
    seconds: float
    folder: Path
    only: tuple[str, ...] = ()
    laps: int = 99


async def run(asked: Asked, say: Callable[[str], None]) -> Record:
    """Raises a `Refusal` if the stack cannot be started."""
    began = time.monotonic()
    scene = read_scene(Settings().config)
    play = Play(city=scene.city.name, scale=asked.scale, seed=asked.seed, first=FIRST_DAY, until=UNTIL)
    record = Record(asked.seed, asked.scale, not_run=dict(NOT_RUN))
    if not asked.only:
        record.figures = await _undisturbed(asked, scene, play, say)
    say(f"{time.monotonic() - began:.0f} s: the city in trouble")
    home = asked.folder / "trouble"
    small = _disks(home, record)
    async with Town(_settings(home), scene, play, note=lambda words: say(f"    {words}")) as town:
        trouble = Trouble(town, asked, record, say, until=began + asked.seconds)
        try:
            await _until_mail(town)
            await trouble.laps(small)
            if not asked.only:
                await _to_the_end(town, record, say)
                await trouble.afterwards()
            record.events, record.commands = await _volume(town)
        except Exception as error:  # whatever it was: what has been found until then is told, and that it is not all
            record.blame("the run", [f"it could not go on: {type(error).__name__}: {error}"])
        trouble.tell_missed()
    record.seconds = time.monotonic() - began
    return record


def _settings(home: Path) -> Settings:
    return on_free_ports(Settings(home=home, fsync=False))


def _disks(home: Path, record: Record) -> dict[str, Disk]:
    try:
        return disks(home)
    except CannotMount as error:
        record.not_run |= dict.fromkeys(("full_disk_kafka", "full_disk_postgres"), str(error))
        return {}


async def _undisturbed(asked: Asked, scene: Scene, play: Play, say: Callable[[str], None]) -> dict[str, Any]:
    began = time.monotonic()
    say(f"the city in peace, {play.first} to {play.until}, scale {play.scale:g}, seed {play.seed}")
    async with Town(_settings(asked.folder / "peace"), scene, play, note=lambda words: say(f"    {words}")) as town:
        await town.finish()
        found = await town.figures()
    say(f"{time.monotonic() - began:.0f} s: {found['events']:,} events, {found['recipients']:,} recipients")
    return found


async def _until_mail(town: Town) -> None:
    """The city lives until its agencies write. Raises `NotHealed`."""
    end, checked = time.monotonic() + FIRST_MAIL_SECONDS, city_of(town.settings)
    boxes = [partner_in(agency) for agency in checked.agencies]
    async with Log(checked.settings.kafka_address, checked.layout) as log:
        while sum((await log.ends(boxes)).values()) < SHEAF:
            if time.monotonic() > end or not town.lives:
                raise NotHealed(f"no agency wrote within {FIRST_MAIL_SECONDS:.0f} s")
            await asyncio.sleep(0.5)
    town.pause()


async def _to_the_end(town: Town, record: Record, say: Callable[[str], None]) -> None:
    say("the city lives to its last day")
    try:
        await town.finish()
        record.blame("all faults", differing(record.figures, await town.figures()))
    except (NotHealed, Refusal) as error:
        record.blame("all faults", [f"the figures cannot be compared: {error}"])


async def _volume(town: Town) -> tuple[int, int]:
    """Records on the event topics, and commands that were carried out."""
    checked, commands = city_of(town.settings), 0
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(Log(checked.settings.kafka_address, checked.layout))
        events = sum((await log.ends(event_topics(checked.agencies))).values())
        for service in SERVICES:
            db = await stack.enter_async_context(connected(checked.settings, checked.installation, service))
            commands += await db.fetchval("select count(*) from command") if service != "reporting" else 0
    return events, commands


class Trouble:
    """Faults in an order that the seed gives, each judged, until the time is over."""

    def __init__(self, town: Town, asked: Asked, record: Record, say: Callable[[str], None], *, until: float) -> None:
        self._town, self._asked, self._record, self._say, self._until = town, asked, record, say, until
        self._chance = random.Random(asked.seed)
        self._missed: dict[str, str] = {}

    async def laps(self, small: dict[str, Disk]) -> None:
        for lap in range(1, self._asked.laps + 1):
            if self._over():
                break
            self._say(f"lap {lap}")
            for fault in self._lap(small, together=lap > 1):
                if self._over():
                    break
                await self._one(fault)

    def tell_missed(self) -> None:
        """What could not be injected even once."""
        self._record.not_run |= {k: why for k, why in self._missed.items() if k not in self._record.targets}

    async def afterwards(self) -> None:
        """What people would react to, so that figures are no longer those of peace: all other rules hold."""
        if len(self._record.violations) >= ENOUGH_VIOLATIONS:
            self._missed["what agencies do wrong"] = "too many violations before"
            return
        await self._town.live_on(UNTIL + AFTERWARDS)
        self._town.pause()
        for lap in range(HARMFUL_ROUNDS):
            for fault in harmful_post(self._asked.seed + lap):
                await self._one(fault)
        for fault in absences(self._town.scene.city.agency_ids[:HARMFUL_ROUNDS]):
            await self._one(fault)

    def _lap(self, small: dict[str, Disk], *, together: bool) -> Iterator[Fault]:
        """First one service after the other, then all that a kind befalls at once."""
        seed = self._chance.getrandbits(32)
        faults = [*process_faults(seed, small, together=together), *harmless_post(seed)]
        self._chance.shuffle(faults)
        wanted = self._asked.only
        return (one for one in faults if not wanted or one.kind in wanted or one.target in wanted)

    async def _one(self, fault: Fault) -> None:
        seen = Injected()
        began = time.monotonic()
        try:
            seen = await fault.inject(self._town)
        except NotReached as error:
            self._say(f"  not reached: {fault.kind} {fault.target}: {error}")
            self._missed[f"{fault.kind} {fault.target}"] = str(error)
            verdict = await judge(self._town, replay=False, ended=time.monotonic())
            self._record.blame(f"{fault.kind} {fault.target}, not reached", verdict.violations)
            return
        except Exception as error:  # whatever it was, the run goes on and its record says so
            seen = Injected(violations=[f"while it lasted: {type(error).__name__}: {error}"])
        lasted = time.monotonic() - began
        verdict = await judge(self._town, replay=fault.kind not in self._record.replayed, ended=seen.ended)
        self._record.replayed.add(fault.kind)
        verdict.violations = [*seen.violations, *verdict.violations]
        self._record.note(fault, seen.times, verdict)
        fate = "clean" if not verdict.violations else f"{len(verdict.violations)} violations: {verdict.violations[0]}"
        count = self._record.faults.total()
        times = f"{lasted:.1f} s, still after {verdict.recovery:.1f} s, judged in {verdict.judging:.1f} s"
        self._say(f"{count:5}  {fault.kind} {fault.target}: {times}: {fate}")

    def _over(self) -> bool:
        enough = len(self._record.violations) >= ENOUGH_VIOLATIONS
        return enough or time.monotonic() > self._until or not self._town.lives
