"""Whether the broker's log is still the one that we read: one made anew or cut back is a loss, not a fresh start."""

import asyncio
import functools
from typing import Any, Generic

from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from services.runtime.decision import S
from services.runtime.inbound import PartitionKey
from services.runtime.runtime import Runtime
from services.runtime.telemetry import log

_SAVE = """with found as (select * from unnest($1::text[], $2::int[], $3::text[]) as row(t, p, i))
insert into consumed_offset as c (topic, partition, next_offset, topic_id)
select t, p, 0, i from found order by t, p
on conflict (topic, partition) do update set topic_id = coalesce(c.topic_id, excluded.topic_id)
returning topic, partition, next_offset, topic_id"""
_CAUGHT_UP = """update consumed_offset c set caught_up_at = now()
from unnest($1::text[], $2::int[], $3::bigint[]) as e(t, p, o)
where c.topic = e.t and c.partition = e.p and c.next_offset >= e.o"""


class LogCheck(Generic[S]):
    """On every assignment: end offset below ours, or another topic id, stops the partition."""

    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime
        self._missed: dict[TopicPartition, int] = {}

    async def run(self, consumer: AIOKafkaConsumer, assigned: set[TopicPartition]) -> dict[PartitionKey, int]:
        """Our next offset of every assigned partition. Raises what is away.

        The ends are asked for after the offsets: others may go on committing meanwhile, and must not seem to have read
        beyond the end.
        """
        places = sorted(assigned)
        if not places:
            return {}
        settings = self._runtime.settings
        ids = await asyncio.to_thread(topic_ids, settings.kafka, tuple(sorted({p.topic for p in places})))
        columns = [p.topic.removeprefix(settings.topic_prefix) for p in places], [p.partition for p in places]
        rows = await self._runtime.pool.fetch(_SAVE, *columns, [ids.get(p.topic) for p in places])
        ends = await asyncio.wait_for(consumer.end_offsets(places), 5)
        await self._runtime.pool.execute(_CAUGHT_UP, *columns, [ends[p] for p in places])
        for topic, partition, following, known in rows:
            at = TopicPartition(settings.wire(topic), partition)
            self._compare(topic, partition, following, known, end=ends[at], found=ids.get(at.topic))
        return {(row[0], row[1]): row[2] for row in rows}

    def _compare(
        self, topic: str, partition: int, following: int, known: str | None, *, end: int, found: str | None
    ) -> None:
        reason = None
        if end < following:
            reason = f"the log ends at {end}, we have read to {following}: it was cut"
        elif known is not None and found is not None and known != found:
            reason = "the topic was deleted and made anew"
        place = f"{topic}/{partition}"
        if reason:
            self._runtime.stopped[place] = reason
            log().error("records lost: partition stopped", topic=topic, partition=partition, reason=reason)

    def missed(self, place: TopicPartition, expected: int) -> bool:
        """Whether the same offset was already asked for once and did not come."""
        before = self._missed.get(place)
        self._missed[place] = expected
        return before == expected


@functools.lru_cache(maxsize=1)
def _admin(kafka: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})


def topic_ids(kafka: str, names: tuple[str, ...]) -> dict[str, str]:
    """The broker's unique ids of topics; what it does not answer within 3 s is left out, and asked again next time."""
    try:
        futures: dict[str, Any] = _admin(kafka).describe_topics(TopicCollection(list(names)), request_timeout=3)
        return {name: str(future.result(timeout=3).topic_id) for name, future in futures.items()}
    except (KafkaException, TimeoutError) as error:
        raise ConnectionRefusedError("the broker does not describe its topics") from error
