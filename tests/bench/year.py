"""A city's year as the real stack once lived it: the services' databases, and the topics from which it can be copied.

The home stays in the bench's folder and is used again by the next run, until `make clean`.
"""

import asyncio
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from aiokafka import ConsumerRecord

from contracts import topics
from contracts.city import read_city
from contracts.topics import Layout, Topic
from lotse.check.reading import Log
from lotse.demo_home import FINISHED
from lotse.home_asked import DEMO
from lotse.served import served
from lotse.settings import Settings
from lotse.stack.city import database_of
from lotse.stack.home import Home, Installation
from lotse.stack.process import dies_with_us
from tests.bench.bed import ROOT, Bed

SCALE: Final = 0.05
"""Of Bremen's recipients; twenty such cities are a whole one."""
CONFIG: Final = ROOT / "deploy" / "bremen"
LAYOUT: Final = Layout()
AGENCIES: Final = read_city(CONFIG).agency_ids
_LIVING_SECONDS: Final = 900.0
_ID: Final = re.compile(rb"\b([0-9a-f]{8})(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)")
_COPIED: Final = frozenset({"ce_id", "ce_subject", "ce_correlationid", "ce_causationid"})
"""Headers that hold ids."""

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A record without its place: a copy goes wherever its key belongs. `stored`: when the broker had it first, in ms
    since the epoch; which day it belongs to follows from that."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    stored: int

    @property
    def bytes(self) -> int:
        """What it weighs without the log's own overhead."""
        return len(self.key or b"") + len(self.value or b"") + sum(len(n) + len(v or b"") for n, v in self.headers)


@dataclass(frozen=True, slots=True)
class Year:
    """`topics`: records by topic, in an order that keeps each key's own; `staff`: casework's rows of case managers and
    absences by table, which commands made and no event tells."""

    topics: Mapping[str, Sequence[Kept]]
    staff: Mapping[str, Sequence[asyncpg.Record]]


STAFF: Final = ("case_manager", "absence")
_read: dict[Path, Year] = {}


async def home_of_year(bed: Bed) -> Settings:
    """Of the home in which the year was lived; lives it if nobody has."""
    settings = Settings(home=bed.folder / "city" / DEMO, config=CONFIG, fsync=False)
    if not (settings.home / FINISHED).exists():
        bed.say(f"living a year at scale {SCALE:g}, once: some two minutes")
        await _live(bed.folder / "city")
    return settings


async def recorded(bed: Bed) -> Year:
    settings = await home_of_year(bed)
    if settings.home not in _read:
        async with served(settings) as there:
            _read[settings.home] = Year(await _topics(there), await _staff(there))
    return _read[settings.home]


async def _live(folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    given = {"LOTSE_HOME": str(folder), "LOTSE_CONFIG": str(CONFIG)}
    log = folder / "demo.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from lotse.cli import main; main()", "demo", "--scale", f"{SCALE:g}"),
            cwd=folder,
            env=os.environ | given,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=dies_with_us(),
        )
    try:
        code = await asyncio.wait_for(process.wait(), _LIVING_SECONDS)
    except BaseException:
        process.terminate()
        await process.wait()
        raise
    if code:
        raise RuntimeError(f"the year could not be lived (exit code {code}): see {log}")


def installation_of(settings: Settings) -> Installation:
    made = Home(settings.home).read()
    if made is None:
        raise RuntimeError(f"{settings.home} holds no installation")
    return made


async def _staff(settings: Settings) -> Mapping[str, Sequence[asyncpg.Record]]:
    db = await asyncpg.connect(database_of("casework", settings, installation_of(settings)))
    try:
        return {table: await db.fetch(f"select * from {table}") for table in STAFF}
    finally:
        await db.close()


async def _topics(settings: Settings) -> Mapping[str, Sequence[Kept]]:
    made = installation_of(settings)
    if (made.partitions_person, made.partitions_partner) != (LAYOUT.person, LAYOUT.partner):
        raise RuntimeError(f"{settings.home} has other partitions than the benchmark")
    year: dict[str, list[Kept]] = {}
    async with Log(settings.kafka_address, LAYOUT) as log:
        for topic in topics.event_topics(AGENCIES):
            kept = year[topic.name] = []
            found = [one async for batch in log.records(topic, await log.ends([topic])) for one in batch]
            kept += (Kept(one.key, one.value, tuple(one.headers), one.timestamp) for one in in_time(found))
    return year


def in_time(records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
    """Partitions side by side as they were written, each in its own order."""
    latest: dict[int, int] = {}
    timed = []
    for record in records:
        latest[record.partition] = max(record.timestamp, latest.get(record.partition, 0))
        timed.append((latest[record.partition], record))
    return [record for _, record in sorted(timed, key=lambda one: one[0])]


def copies(year: Year, topic: Topic, count: int, *, first: int = 0) -> Iterator[Kept]:
    """A topic of `count` cities beside each other: every person, case, referral and message has an id of its own in
    each. Days and the figures of a month are everybody's, and stay one."""
    if topic.width is topics.Width.SINGLE:
        yield from year.topics[topic.name]
        return
    renaming = [_renamed(number) for number in range(first, first + count)]
    for kept, rename in itertools.product(year.topics[topic.name], renaming):
        yield Kept(
            None if kept.key is None else rename(kept.key),
            None if kept.value is None else rename(kept.value),
            tuple((name, rename(value) if value and name in _COPIED else value) for name, value in kept.headers),
            kept.stored,
        )


def _renamed(number: int) -> Callable[[bytes], bytes]:
    """The same id becomes the same other one wherever it stands, far from it in every index; city 0 keeps its own."""
    if number == 0:
        return bytes
    mask = number * 0x9E3779B1 & 0xFFFFFFFF

    def other(found: re.Match[bytes]) -> bytes:
        return b"%08x" % (int(found[1], 16) ^ mask)

    return lambda text: _ID.sub(other, text)
