"""What happens beside an assignment: batches are decided and committed while partitions are shared out anew."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts import topics
from contracts.city import read_city
from services.runtime.consumer import Consumer
from services.runtime.database import connect_pool
from services.runtime.daybreaks import Daybreaks
from services.runtime.lane import Lane
from services.runtime.logcut import LogCheck
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from tests.component.runtime import toy
from tests.component.runtime.people import person, registered
from tests.component.runtime.world import ROOT, World


def _runtime(settings: Settings, pool: asyncpg.Pool) -> Runtime[toy.Toy]:
    city = read_city(ROOT / "deploy/bremen")
    return Runtime(toy.service(city), settings, city, pool, Metrics())


async def test_of_a_partition_that_was_given_away_no_end_is_known() -> None:
    """A batch may be decided while its partitions are shared out anew: it must not fail for it."""
    settings = Settings(database="postgresql://nobody@127.0.0.1:1/none", namespace=UUID(int=7))
    consumer = Consumer(_runtime(settings, cast("asyncpg.Pool", None)))
    consumer._consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")  # in its group, and with nothing assigned
    assert consumer.at_end((topics.PERSON.name, 0), 5) is False


async def test_of_partitions_that_were_given_away_nothing_is_polled() -> None:
    """A lane that waited, for a day or for the broker, goes on with those that it still has."""
    settings = Settings(database="postgresql://nobody@127.0.0.1:1/none", namespace=UUID(int=7))
    runtime = _runtime(settings, cast("asyncpg.Pool", None))
    lane = Lane(runtime, Daybreaks(runtime), AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1"))
    polled = await lane.poll({TopicPartition(topics.PERSON.name, 0), TopicPartition(topics.IDENTITY.name, 0)})
    assert polled == ([], {}, None)


async def test_what_another_commits_while_the_log_is_looked_at_is_no_loss(world: World) -> None:
    """The end that was asked for is older than the other's commit, which lies behind it."""
    settings = Settings(
        database=world.database, namespace=UUID(int=7), kafka=world.kafka, topic_prefix=world.prefix, service="casework"
    )
    place = TopicPartition(settings.wire(topics.PERSON.name), 0)

    class Overtaken(AIOKafkaConsumer):
        async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
            ends = await super().end_offsets(partitions)
            await world.send(topics.PERSON, *(registered(person(n)) for n in range(30)))
            await world.db.execute(
                "insert into consumed_offset (topic, partition, next_offset) values ($1, 0, $2) "
                "on conflict (topic, partition) do update set next_offset = excluded.next_offset",
                topics.PERSON.name,
                ends[place] + 1,
            )
            return ends

    pool = await connect_pool(settings)
    consumer = Overtaken(bootstrap_servers=world.kafka, group_id=f"{world.prefix}looks")
    await consumer.start()
    try:
        runtime = _runtime(settings, pool)
        await LogCheck(runtime).run(consumer, {place})
        assert runtime.stopped == {}
    finally:
        await consumer.stop()
        await pool.close()
