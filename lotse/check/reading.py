"""Reads topics without a group, so that nobody's position moves."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import Layout, Topic
from lotse.refusal import Refusal

POLL: Final = 5000
"""Records at a time: what is held in memory."""
REQUEST_MS: Final = 10_000
SILENCE_SECONDS: Final = 15.0
STOP_SECONDS: Final = 2.0

Ends = Mapping[tuple[str, int], int]
"""Offsets by topic and partition."""


class CannotRead(Refusal):
    """A server is not there, or does not hold what it should."""

    exit_code = 3


class Log:
    """The broker's log. Every method raises `CannotRead` if the broker does not answer."""

    def __init__(self, address: str, layout: Layout) -> None:
        self._address, self._layout = address, layout
        self._kafka: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it would log is told as a refusal
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=self._address,
            isolation_level="read_committed",  # as the services do: what a partner took back was never said
            auto_offset_reset="earliest",  # by default an assignment jumps to the end, and may overtake our seek
            request_timeout_ms=REQUEST_MS,
            max_partition_fetch_bytes=2 << 20,
            fetch_max_bytes=8 << 20,
            fetch_max_wait_ms=100,
        )
        try:
            with _explained(self._address):
                await asyncio.wait_for(self._kafka.start(), SILENCE_SECONDS)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._kafka is not None:
            with contextlib.suppress(TimeoutError, KafkaError, OSError):
                await asyncio.wait_for(self._kafka.stop(), STOP_SECONDS)

    async def ends(self, topics: Iterable[Topic]) -> dict[tuple[str, int], int]:
        places = [place for topic in topics for place in self.places(topic)]
        with _explained(self._address):
            found = await asyncio.wait_for(self._open.end_offsets(places), SILENCE_SECONDS)
        return {(place.topic, place.partition): end for place, end in found.items()}

    async def begins(self, topics: Iterable[Topic]) -> dict[str, dict[int, int]]:
        """By topic and partition the first offset that the log still has."""
        places = [place for topic in topics for place in self.places(topic)]
        with _explained(self._address):
            found = await asyncio.wait_for(self._open.beginning_offsets(places), SILENCE_SECONDS)
        begins: dict[str, dict[int, int]] = {}
        for place, begin in found.items():
            begins.setdefault(place.topic, {})[place.partition] = begin
        return begins

    async def records(
        self, topic: Topic, until: Ends, *, only: Collection[int] | None = None
    ) -> AsyncIterator[list[ConsumerRecord]]:
        """A topic's records up to `until`, in order within a partition; `only` of these partitions."""
        places = [place for place in self.places(topic) if only is None or place.partition in only]
        reached = {place for place in places if until.get((place.topic, place.partition), 0) > 0}
        if not reached:
            return
        kafka = self._open
        kafka.assign(reached)
        with _explained(self._address):
            await asyncio.wait_for(kafka.seek_to_beginning(*reached), SILENCE_SECONDS)
            while reached:
                async with asyncio.timeout(SILENCE_SECONDS):
                    polled = await kafka.getmany(timeout_ms=1000, max_records=POLL)
                for place, batch in polled.items():
                    end = until[place.topic, place.partition]
                    yield [record for record in batch if record.offset < end]
                reached = {p for p in reached if await kafka.position(p) < until[p.topic, p.partition]}

    def places(self, topic: Topic) -> list[TopicPartition]:
        return [TopicPartition(topic.name, number) for number in range(topic.partitions(self._layout))]

    @property
    def _open(self) -> AIOKafkaConsumer:
        if self._kafka is None:
            raise RuntimeError("the log is not open")
        return self._kafka


@contextlib.contextmanager
def _explained(address: str) -> Iterator[None]:
    """A broker's silence, told to people."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise CannotRead(
            f"Kafka at {address} does not give what it should ({type(error).__name__}).",
            remedy="Start it: lotse up. `lotse doctor` tells whether it answers and has its topics.",
        ) from None
