"""Where our topics ended at a moment, asked on a connection of its own: behind a waiting fetch the answer would wait
too."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import Topic
from services.runtime.inbound import PartitionKey
from services.runtime.settings import Settings

_WITHIN: Final = 10
"""Seconds that the broker may take."""


class Ends:
    def __init__(self, settings: Settings, topics: Sequence[Topic]) -> None:
        self._settings = settings
        names = {settings.wire(t.name): t for t in topics}
        self._places = {
            TopicPartition(wire, number): (topic.name, number)
            for wire, topic in names.items()
            for number in range(topic.partitions(settings.layout))
        }
        self._client: AIOKafkaConsumer | None = None

    async def read(self, before: int) -> dict[PartitionKey, int]:
        """The next offsets after everything that the broker stored `before` a moment that is past, in ms since the
        epoch. Raises what is away."""
        if not self._places:
            return {}
        if self._client is None:
            client = AIOKafkaConsumer(
                bootstrap_servers=self._settings.kafka,
                client_id=f"{self._settings.service}.ends",
                isolation_level="read_committed",
            )
            await asyncio.wait_for(client.start(), _WITHIN)
            self._client = client
        try:
            ends = await asyncio.wait_for(self._client.end_offsets(list(self._places)), _WITHIN)
            later = await asyncio.wait_for(self._client.offsets_for_times(dict.fromkeys(self._places, before)), _WITHIN)
        except BaseException:
            await self.close()
            raise
        return {
            self._places[place]: end if (at := later.get(place)) is None else at.offset for place, end in ends.items()
        }

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.stop(), 3)
