"""How far a consumer is, once a second: offsets for Kafka's own tools, lag for ours. No record waits for it.

What is shown is what the database has committed, never what was only fetched: a lost database is derived from it too.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final, Generic

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.runtime.decision import S
from services.runtime.runtime import Runtime, is_day

_EVERY: Final = 1.0
_CAUGHT_UP: Final = """update consumed_offset set caught_up_at = now() where (topic, partition) in
(select * from unnest($1::text[], $2::int[])) and caught_up_at < now() - interval '5 seconds'"""


class Lag(Generic[S]):
    def __init__(self, runtime: Runtime[S]) -> None:
        self._runtime = runtime
        self._following: dict[TopicPartition, int] = {}

    def stands(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The database's next offsets of these partitions."""
        self._following |= offsets

    def stand(self, place: TopicPartition) -> int:
        """The database's next offset, as far as it is known."""
        return self._following.get(place, 0)

    async def show(self, consumer: AIOKafkaConsumer) -> None:
        """Until the runtime stops."""
        stopping = self._runtime.stopping
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _EVERY)
            with contextlib.suppress(Exception):
                await self._show(consumer)

    async def _show(self, consumer: AIOKafkaConsumer) -> None:
        known = {place: self._following[place] for place in consumer.assignment() if place in self._following}
        ends = {place: end for place in known if (end := consumer.highwater(place)) is not None}
        prefix = self._runtime.settings.topic_prefix
        lags = {name: 0 for name, topic in self._runtime.consumed.items() if not is_day(topic)}
        for place, end in ends.items():
            lags[place.topic.removeprefix(prefix)] += max(0, end - known[place])
        for topic, lag in lags.items():
            self._runtime.metrics.lag.labels(topic).set(lag)
        ended = [place for place, end in ends.items() if known[place] >= end]
        named = [place.topic.removeprefix(prefix) for place in ended]
        await self._runtime.pool.execute(_CAUGHT_UP, named, [place.partition for place in ended])
        await asyncio.wait_for(consumer.commit({place: known[place] for place in ends}), 2)
