"""A polled batch in one transaction: fence, effects, offsets. Its reader is told where else to go on.

Offsets and effects belong to the database. The lock on the offset rows fences: a consumer that was paused through a
rebalance finds its records covered and changes nothing.
"""

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, Generic, Protocol

import asyncpg

from contracts.topics import DAY
from services.runtime.database import Writes, backoff, is_away, transaction
from services.runtime.daybreaks import Daybreaks
from services.runtime.decision import S
from services.runtime.failpoint import failpoint
from services.runtime.inbound import Applied, Inbound, PartitionKey, Record
from services.runtime.letting_go import let_go
from services.runtime.runtime import Runtime
from services.runtime.telemetry import fault, log
from services.runtime.unit import Unit

_TODAY = """(select today from business_day), (select array_agg(distinct topic) from consumed_offset
 where caught_up_at < now() - make_interval(secs => $1) or caught_up_at is null)"""
_FENCE = f"""select topic, partition, next_offset, {_TODAY},
coalesce((select next_offset from consumed_offset where topic = '{DAY.name}'), 0) from consumed_offset
where (topic, partition) in (select * from unnest($2::text[], $3::int[])) order by topic, partition for update"""
_NONE: Final[Mapping[PartitionKey, int]] = MappingProxyType({})
_BEGIN = """insert into consumed_offset (topic, partition, next_offset)
select t, p, 0 from unnest($1::text[], $2::int[]) as row(t, p) on conflict do nothing"""
_ADVANCE = """update consumed_offset c set next_offset = n.o,
caught_up_at = case when n.e then now() else c.caught_up_at end
from unnest($1::text[], $2::int[], $3::bigint[], $4::bool[]) n(t, p, o, e) where c.topic = n.t and c.partition = n.p"""

Today = tuple[date | None, frozenset[str]]
"""The business day, and the topics of which this service may lack more than `behind_after` seconds."""


class NoBusinessDay(Exception):
    """No day has started yet: nothing can be decided before the calendar publishes one."""


class NotYet(Exception):
    """Some of the records came after a day that has not begun here: nothing was applied."""


class Reader(Protocol):
    """Whoever polls the records."""

    def hole(self, record: Record, expected: int) -> None:
        """Offsets are missing before this record: go on at `expected`."""

    def pause(self, topic: str, partition: int) -> None:
        """Nothing more can be applied of this partition."""

    def stands(self, offsets: Mapping[PartitionKey, int]) -> None:
        """The database's next offsets of these partitions, as committed."""

    def at_end(self, place: PartitionKey, offset: int) -> bool:
        """Whether the log ends there, as far as is known."""


class Batches(Generic[S]):
    """Commits what was polled."""

    def __init__(self, runtime: Runtime[S], reader: Reader, daybreaks: Daybreaks[S]) -> None:
        self._runtime, self._reader, self._daybreaks = runtime, reader, daybreaks

    async def commit(
        self, records: Sequence[Record], passed: Mapping[PartitionKey, int] = _NONE, *, look: int | None = None
    ) -> set[PartitionKey]:
        """Commits the records, and where partitions go on after offsets that hold none. What the database refuses is
        narrowed down by halves to the record that is to blame. Returns the partitions in which there was a hole.

        While they are decided we `look` for days, if we are told until when. Raises `NotYet` then.
        """
        try:
            holes = await self._persist(records, passed, look)
        except Exception as error:
            if is_away(error) or isinstance(error, (NotYet, NoBusinessDay)):
                raise
            log().warning("batch refused by the database", records=len(records), error=fault(error))
            if not records:
                raise
            if len(records) == 1:
                holes = await self._persist(records, passed, look, refused=error)
            else:
                middle = len(records) // 2
                holes = await self.commit(records[:middle], look=look)
                rest = [one for one in records[middle:] if (one.topic, one.partition) not in holes]
                if rest or passed:
                    holes |= await self.commit(rest, passed, look=look)
        failpoint("committed")
        return holes

    async def _persist(
        self,
        records: Sequence[Record],
        passed: Mapping[PartitionKey, int],
        look: int | None,
        *,
        refused: Exception | None = None,
    ) -> set[PartitionKey]:
        """One transaction; waits in place, without limit, while the database, or the broker that is asked, is away.
        Returns the partitions in which there was a hole."""
        attempt = 0
        while True:
            attempt += 1
            try:
                if look is not None and attempt > 1:  # no lock is held while the broker is away
                    await self._daybreaks.look(look)
                async with self._looking(look) as looked:
                    return await self._transact(records, passed, looked, refused=refused)
            except Exception as error:
                if self._runtime.stopping.is_set() or not (is_away(error) or isinstance(error, NoBusinessDay)):
                    raise
                self._runtime.metrics.retries.labels("batch").inc()
                if attempt == 1 or attempt % 20 == 0:
                    log().warning("waiting", part="consumer", attempt=attempt, error=fault(error))
                await backoff(attempt)

    async def _transact(
        self,
        records: Sequence[Record],
        passed: Mapping[PartitionKey, int],
        looked: Awaitable[None],
        *,
        refused: Exception | None,
    ) -> set[PartitionKey]:
        started = time.monotonic()
        with self._runtime.tracing.transaction() as spans:
            async with transaction(self._runtime.pool) as db:
                fresh, following, (today, behind), days, holes = await self._fence(db, records, passed)
                applied, advance = Applied({}, []), functools.partial(self._advance, following)
                if fresh:
                    if today is None:
                        raise NoBusinessDay
                    unit = Unit(self._runtime, db, today=today, behind=behind, spans=spans)
                    applied = await Inbound(self._runtime, unit, refused=refused, more=advance).apply(fresh)
                    if gone := applied.let_go:
                        await let_go(self._runtime, db, gone, today=today, behind=behind, spans=spans)
                    failpoint("inside")
                elif passed:
                    await advance(applied).send(db)
                await looked
                if (day := self._daybreaks.at(days)) is not None and any(one.stored >= day for one in fresh):
                    raise NotYet
        for record in holes:
            self._reader.hole(record, following[record.topic, record.partition])
        for topic, partition in applied.stops:
            self._reader.pause(topic, partition)
        self._reader.stands(following | applied.stops)
        self._runtime.committed()
        self._runtime.metrics.batch_size.observe(len(fresh))
        self._runtime.metrics.batch_seconds.observe(time.monotonic() - started)
        return {(record.topic, record.partition) for record in holes}

    @contextlib.asynccontextmanager
    async def _looking(self, until: int | None) -> AsyncIterator[Awaitable[None]]:
        """Meanwhile."""
        looking = asyncio.create_task(_nothing() if until is None else self._daybreaks.look(until))
        try:
            yield looking
        finally:
            looking.cancel()
            await asyncio.wait([looking])

    async def _fence(
        self, db: asyncpg.Connection, records: Sequence[Record], passed: Mapping[PartitionKey, int]
    ) -> tuple[list[Record], dict[PartitionKey, int], Today, int, list[Record]]:
        """Locks our offset rows, drops what they cover. Also the calendar's next offset, as of the same moment, and the
        records before which there are holes, in topics whose offsets are dense."""
        places = sorted({(record.topic, record.partition) for record in records} | passed.keys())
        topics, partitions = (list(column) for column in zip(*places, strict=True))
        arguments = self._runtime.settings.behind_after, topics, partitions
        rows = await db.fetch(_FENCE, *arguments)
        if len(rows) < len(places):  # partitions of which nothing was ever read
            await db.execute(_BEGIN, topics, partitions)
            rows = await db.fetch(_FENCE, *arguments)
        following = {(row[0], row[1]): row[2] for row in rows}
        fresh, holes, stuck = [], list[Record](), set[PartitionKey]()
        for record in records:
            place = record.topic, record.partition
            if place in stuck or record.offset < following[place]:
                continue
            if record.offset > following[place] and self._runtime.consumed[record.topic].sequenced:
                stuck.add(place)
                holes.append(record)
                continue
            following[place] = record.offset + 1
            fresh.append(record)
        following |= {place: max(at, following[place]) for place, at in passed.items()}
        return fresh, following, (rows[0][3], frozenset(rows[0][4] or ())), rows[0][5], holes

    def _advance(self, following: Mapping[PartitionKey, int], applied: Applied) -> Writes:
        """Where we stand then, to be written with the effects."""
        writes, stands = Writes(), {**following, **applied.stops}
        ends = [self._reader.at_end(place, offset) for place, offset in stands.items()]
        topics, partitions = zip(*stands, strict=True)
        writes.execute(_ADVANCE, list(topics), list(partitions), list(stands.values()), ends)
        return writes


async def _nothing() -> None:
    """There is no need to look."""


async def business_day(
    db: asyncpg.Connection, runtime: Runtime[S], *, before: date | None = None
) -> tuple[date, frozenset[str]]:
    """Today, and the topics of which this service may lack more than `behind_after` seconds or whose lag is unknown.

    Raises `NoBusinessDay` until the first has begun, unless that is `before`.
    """
    row = await db.fetchrow(f"select {_TODAY}", runtime.settings.behind_after)
    today = before if row is None or row[0] is None else row[0]
    if today is None:
        raise NoBusinessDay
    return today, frozenset(() if row is None else row[1] or ())
