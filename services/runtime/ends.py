"""Where our topics end, asked on a connection of its own: behind a waiting fetch the answer would wait too."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import Topic
from services.runtime.inbound import PartitionKey
from services.runtime.settings import Settings

_WITHIN: Final = 10
"""Seconds that the broker may take."""


Answer = TypeVar("Answer")


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

    async def read(self) -> dict[PartitionKey, int]:
        """As the broker has them now. Raises what is away."""
        return await self._asked(lambda client: client.end_offsets(list(self._places))) if self._places else {}

    async def before(self, places: Collection[PartitionKey], moment: int) -> dict[PartitionKey, int]:
        """Of these places those in which something was stored at a `moment` or later, in ms since the epoch: where that
        begins. Raises what is away."""
        wanted = {at: moment for at, place in self._places.items() if place in places}
        found = await self._asked(lambda client: client.offsets_for_times(wanted))
        return {place: at.offset for place, at in found.items() if at is not None}

    async def _asked(
        self, question: Callable[[AIOKafkaConsumer], Awaitable[Mapping[TopicPartition, Answer]]]
    ) -> dict[PartitionKey, Answer]:
        try:
            async with asyncio.timeout(_WITHIN):
                found = await question(self._client or await self._open())
        except BaseException:
            await self.close()
            raise
        return {self._places[place]: answer for place, answer in found.items()}

    async def _open(self) -> AIOKafkaConsumer:
        client = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka,
            client_id=f"{self._settings.service}.ends",
            isolation_level="read_committed",
        )
        await client.start()
        self._client = client
        return client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.stop(), 3)
