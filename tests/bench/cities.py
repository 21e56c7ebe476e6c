"""Recorded years laid out for one service to read again, and what that cost it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from contracts.topics import CITY, DAY, Topic, consumed_by, event_topics, partner_out
from lotse.settings import SERVICES
from tests.bench import log
from tests.bench.bed import Bed
from tests.bench.subject import child, environment, migrated, running
from tests.bench.year import AGENCIES, Year, copies

OWN: Final = {name: tuple(topic for topic in CITY if topic.producer == name) for name in SERVICES}
"""What a service's state is folded from besides what it consumes."""

Ends = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Laid:
    """`prefix`: before what the service reads, and before what it publishes, which nobody reads; `own`: before its own
    topics as they were recorded."""

    service: str
    prefix: str
    own: str
    ends: Ends
    records: int
    own_records: int
    staff: Mapping[str, Sequence[asyncpg.Record]]

    @property
    def all_records(self) -> int:
        return self.records + self.own_records


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds until everything but the days was applied, then until all days were; and of the fold of its own topics.
    Messages wait for their days: `days_seconds` are only what days take after the last message.

    `server_cpu_seconds`: of PostgreSQL and Kafka meanwhile. `peak_mb` is of the service's process, `own_peak_mb` of the
    fold's; `stored`: bytes of the larger of their databases, indices too: intake, which hears of nothing but days, has
    its people in the fold's alone.
    """

    messages_seconds: float
    days_seconds: float
    own_seconds: float
    published: int
    cpu_seconds: float
    own_cpu_seconds: float
    server_cpu_seconds: float
    peak_mb: float
    own_peak_mb: float
    stored: int

    @property
    def seconds(self) -> float:
        return self.messages_seconds + self.days_seconds + self.own_seconds

    @property
    def all_cpu_seconds(self) -> float:
        return self.cpu_seconds + self.own_cpu_seconds + self.server_cpu_seconds


def published_by(service: str) -> tuple[Topic, ...]:
    said = tuple(partner_out(agency) for agency in AGENCIES) if service == "referrals" else ()
    return (*OWN[service], *said)


async def lay(bed: Bed, year: Year, services: Sequence[str], count: int) -> list[Laid]:
    """What `count` cities said, for each service under prefixes for it alone. Of 0 cities that is the calendar's days,
    and the months that reporting released."""
    prefixes = {service: (f"{service}-{count}.", f"{service}-{count}-own.") for service in services}
    written: dict[str, int] = {}
    for service, (prefix, own) in prefixes.items():
        log.make(bed.kafka, prefix)
        log.make(bed.kafka, own, OWN[service])
    for topic in event_topics(AGENCIES):
        names = [prefixes[service][0] + topic.name for service in services if service in topic.consumers]
        names += [prefixes[service][1] + topic.name for service in services if topic in OWN[service]]
        if names:
            written[topic.name] = await log.fill(bed.kafka, names, topic, copies(year, topic, count))
    laid = []
    for service, (prefix, own) in prefixes.items():
        ends = await log.ends(bed.kafka, prefix, consumed_by(service, AGENCIES))
        own_records = sum(written[topic.name] for topic in OWN[service])
        laid.append(Laid(service, prefix, own, ends, sum(ends.values()), own_records, year.staff))
    return laid


def clear(bed: Bed, laid: Laid) -> None:
    log.delete(bed.kafka, laid.prefix)
    log.delete(bed.kafka, laid.own)


async def read_again(bed: Bed, laid: Laid) -> Reading:
    """The service as it is, on an empty database: reads its topics live, days included, and publishes what follows;
    then its own topics are folded into another empty database."""
    before = sum((await log.ends(bed.kafka, laid.prefix, published_by(laid.service))).values())
    database = await prepared(bed, laid)
    messages = {place: end for place, end in laid.ends.items() if place[0] != DAY.name}
    servers = bed.server_cpu_seconds()
    async with running(bed, laid.service, prefix=laid.prefix, database=database) as subject:
        until_messages = await subject.reached(messages) if messages else 0.0
        until_days = await subject.reached(laid.ends)
        cpu, peak = subject.cpu_seconds, subject.peak_mb
    stored = await size_of(database)
    await bed.drop_database(database)
    after = sum((await log.ends(bed.kafka, laid.prefix, published_by(laid.service))).values())
    own = await folded(bed, laid)
    return Reading(
        messages_seconds=until_messages,
        days_seconds=until_days - until_messages,
        own_seconds=own["seconds"],
        published=after - before,
        cpu_seconds=cpu,
        own_cpu_seconds=own["cpu_seconds"],
        server_cpu_seconds=bed.server_cpu_seconds() - servers,
        peak_mb=peak,
        own_peak_mb=own["peak_mb"],
        stored=max(stored, round(own["stored"])),
    )


async def prepared(bed: Bed, laid: Laid) -> str:
    """An empty database; casework's with its staff, without whom nobody's case would be anybody's."""
    database = await migrated(bed, laid.service)
    if laid.service == "casework":
        db = await asyncpg.connect(database)
        for table, rows in laid.staff.items():
            await db.copy_records_to_table(table, records=[tuple(row) for row in rows])
        await db.close()
    return database


async def folded(bed: Bed, laid: Laid) -> dict[str, float]:
    """What the fold of its own topics tells of itself, and `stored`: the bytes of its database."""
    database = await migrated(bed, laid.service)
    told = environment(bed, laid.service, prefix=laid.own, database=database)
    found = await child("tests.bench.own", {"service": laid.service}, told)
    stored = await size_of(database)
    await bed.drop_database(database)
    return found | {"stored": stored}


async def empty_size(bed: Bed, service: str) -> int:
    """Bytes of its database before the first event."""
    database = await migrated(bed, service)
    size = await size_of(database)
    await bed.drop_database(database)
    return size


async def size_of(database: str) -> int:
    db = await asyncpg.connect(database)
    try:
        return int(await db.fetchval("select pg_database_size(current_database())"))
    finally:
        await db.close()
