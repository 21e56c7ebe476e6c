"""What waits: a consumer for its database, a batch for the first day, a partition for what is missing in it."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts import topics
from contracts.city import read_city
from services.runtime import consumer as consuming
from services.runtime.batch import Batches, NotYet
from services.runtime.consumer import Consumer
from services.runtime.database import connect_pool
from services.runtime.daybreaks import Daybreaks
from services.runtime.inbound import PartitionKey, Record
from services.runtime.lane import Lane
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from tests.component.runtime import toy
from tests.component.runtime.people import moved, person, registered
from tests.component.runtime.world import FIRST_DAY, PARTITIONS, ROOT, World, until

PEOPLE = 20


@asynccontextmanager
async def running(world: World) -> AsyncIterator[tuple[Runtime[toy.Toy], asyncio.Task[None]]]:
    """The toy's consumer alone, in this process."""
    runtime = await _runtime(world)
    task = asyncio.create_task(Consumer(runtime).run())
    try:
        yield runtime, task
    finally:
        runtime.stopping.set()
        await asyncio.wait([task], timeout=10)
        task.cancel()
        await runtime.pool.close()


async def _runtime(world: World) -> Runtime[toy.Toy]:
    city = read_city(ROOT / "deploy/bremen")
    settings = Settings(
        database=world.database,
        namespace=UUID(int=7),
        kafka=world.kafka,
        topic_prefix=world.prefix,
        service="casework",
        partitions_person=PARTITIONS,
        session_timeout=2.0,
    )
    return Runtime(toy.service(city), settings, city, await connect_pool(settings), Metrics())


async def _begin(world: World) -> None:
    """It is the first day, without anybody who reads the calendar."""
    await world.db.execute("insert into business_day (id, today) values (1, $1)", FIRST_DAY)
    await world.db.execute(
        "insert into consumed_offset (topic, partition, next_offset) values ($1, 0, 1)", "calendar.day.v1"
    )


async def test_who_waits_long_for_the_database_keeps_the_place_in_the_group(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default a member that has not polled for five minutes leaves, and returns only when it polls: it would have
    nothing to poll. A second stands for the five minutes."""
    hasty = functools.partial(AIOKafkaConsumer, max_poll_interval_ms=1000)
    monkeypatch.setattr(consuming, "AIOKafkaConsumer", hasty)
    await _begin(world)
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(PEOPLE)))
    async with running(world):
        await until(lambda: _moves(world, 0))
        async with world.db.transaction():
            await world.db.execute("select from consumed_offset for update")
            other = await asyncpg.connect(world.database)
            await world.send(topics.PERSON, *(moved(person(n), "office-1") for n in range(PEOPLE)))
            await until(lambda: _waiting(other, 2), what="both lanes")
            await asyncio.sleep(3)
            await other.close()
        await until(lambda: _moves(world, 1))
        await world.send(topics.PERSON, *(moved(person(n), "office-2") for n in range(PEOPLE)))
        await until(lambda: _moves(world, 2), within=20, what="what came after the wait")


async def test_a_stop_before_the_first_day_is_orderly(world: World) -> None:
    await world.send(topics.PERSON, registered(person(0)))
    async with running(world) as (runtime, task):
        retries = functools.partial(runtime.metrics.registry.get_sample_value, "lotse_retries_total", {"part": "batch"})
        await until(lambda: _true(bool(retries())), what="a batch that waits")
        runtime.stopping.set()
        await asyncio.wait_for(task, 10)
    assert await world.db.fetchval("select count(*) from toy_counted") == 0


async def test_what_a_lane_keeps_no_more_no_day_is_told_of(world: World) -> None:
    """Else one from the future, of a clock that was wrong for a moment, would be taken for the end of every day."""
    runtime, place = await _runtime(world), TopicPartition(world.prefix + topics.PERSON.name, 0)
    runtime.ahead[topics.PERSON.name, 0] = 100, 2**60
    lane = Lane(runtime, Daybreaks(runtime), AIOKafkaConsumer(bootstrap_servers=world.kafka))
    await lane.poll({place})
    assert runtime.ahead == {}
    await runtime.pool.close()


async def test_a_hole_is_asked_for_once_though_a_batch_is_halved(world: World) -> None:
    """Asked for twice it would be taken for a loss."""
    await _begin(world)
    runtime, reader = await _runtime(world), Reading()
    place, other = (topics.PERSON.name, 0), (topics.PERSON.name, 1)
    behind = [Record(*place, offset, b"somebody", [], b"{}") for offset in (5, 6)]
    rest = [Record(*other, offset, b"somebody else", [], None) for offset in (0, 1)]
    batches = Refused(runtime, reader, Daybreaks(runtime))
    await batches.commit([behind[0], rest[0], behind[1], rest[1]])
    assert reader.holes == [(5, 0)]
    assert await world.db.fetchval("select next_offset from consumed_offset where partition = 1") == 2
    await runtime.pool.close()


async def test_a_batch_is_given_up_if_a_day_began_before_one_of_its_records(world: World) -> None:
    """The broker is asked for days while it is decided: until then nobody knew of this one."""
    await _begin(world)
    runtime, place = await _runtime(world), (topics.PERSON.name, 0)
    before, after = (Record(*place, offset, b"somebody", [], None, stored=50 + offset) for offset in (0, 1))
    batches = Batches(runtime, Reading(), Dawn(runtime, began=51))
    with pytest.raises(NotYet):
        await batches.commit([before, after], look=51)
    assert await world.db.fetchval("select count(*) from consumed_offset where topic = $1", place[0]) == 0
    await batches.commit([before], look=50)
    assert await world.db.fetchval("select next_offset from consumed_offset where topic = $1", place[0]) == 1
    await runtime.pool.close()


class Dawn(Daybreaks[toy.Toy]):
    """Finds a day as soon as it looks."""

    def __init__(self, runtime: Runtime[toy.Toy], *, began: int) -> None:
        super().__init__(runtime)
        self._day = began

    async def look(self, _: int) -> None:
        self._offsets, self._began = [1], [self._day]


class Reading:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.holes: list[tuple[int, int]] = []

    def hole(self, record: Record, expected: int) -> None:
        self.holes.append((record.offset, expected))

    def pause(self, topic: str, partition: int) -> None:
        raise AssertionError((topic, partition))

    def stands(self, offsets: Mapping[PartitionKey, int]) -> None:
        self.stood = dict(offsets)

    def at_end(self, place: PartitionKey, offset: int) -> bool:
        return (place, offset) == ((topics.PERSON.name, 1), 2)


class Refused(Batches[toy.Toy]):
    """The database refuses whatever is more than two records."""

    async def _transact(
        self, records: Sequence[Record], passed: Mapping[PartitionKey, int], looked: Awaitable[None], **more: Any
    ) -> set[PartitionKey]:
        if len(records) > 2:
            raise asyncpg.DataError("too many")
        return await super()._transact(records, passed, looked, **more)


async def _moves(world: World, each: int) -> bool:
    found: int = await world.db.fetchval("select count(*) from toy_counted where moves = $1", each)
    return found == PEOPLE


async def _waiting(db: asyncpg.Connection, count: int) -> bool:
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    found: int = await db.fetchval(query)
    return found >= count


async def _true(found: bool) -> bool:  # noqa: FBT001
    return found
