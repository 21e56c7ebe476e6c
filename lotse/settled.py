"""Whether anything is still on its way: one sound observation of services, agencies and broker.

First every service says what its outbox holds and how far it has read, and the broker how far the agencies have; the
topics' ends are read last. If nobody has anything to send and everybody had read up to ends that are newer than their
word, then nothing was sent meanwhile and nothing is in flight. Agencies commit after what they say is acknowledged.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from contracts.topics import DAY, consumed_by, event_topics, partner_out
from lotse.absence import Seen
from lotse.kept import Kept

Places = Mapping[str, int]
"""Offsets by `topic/partition`."""
REQUEST_MS: Final = 5_000
STOP_SECONDS: Final = 1.5
BROKER: Final = "broker"


@dataclass(frozen=True, slots=True)
class Word:
    """What a consumer says of itself: how far it has read, and what it has yet to do."""

    offsets: Places
    undone: str = ""


def unsettled(words: Mapping[str, Word | None], ends: Places, consumed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Who is not settled, and why. `words` by consumer (None: no answer); `consumed` names each one's topics."""
    found = {}
    for name, topics in consumed.items():
        word = words.get(name)
        if word is None:
            found[name] = f"{name} does not answer"
        elif word.undone:
            found[name] = f"{name} {word.undone}"
        else:
            behind = sum(end - word.offsets.get(place, 0) for place, end in ends.items() if _topic(place) in topics)
            if behind > 0:
                found[name] = f"{name} has {behind} records to read"
    return found


def _topic(place: str) -> str:
    return place.rpartition("/")[0]


def word_of(progress: Mapping[str, Any]) -> Word:
    """A service's answer to GET /progress."""
    undone = [f"has {progress[what]} {words}" for what, words in _UNDONE.items() if progress.get(what)]
    undone += [f"stopped at {place}: {why}" for place, why in progress.get("stopped", {}).items()]
    return Word(progress["offsets"], "; ".join(undone))


_UNDONE: Final = {"outbox": "messages to send", "due": "timers to fire"}


class Observer:
    """Keeps its connections. After a failure of the broker they are made anew."""

    def __init__(self, services: Mapping[str, str], agencies: Sequence[str], kafka: str) -> None:
        self._progress = {name: Kept(f"{url.rstrip('/')}/progress") for name, url in services.items()}
        self._groups = {f"agency.{agency}": agency for agency in agencies}
        self._consumed: dict[str, list[str]] = {s: [t.name for t in consumed_by(s, agencies)] for s in services}
        for group, agency in self._groups.items():
            self._consumed[group] = [partner_out(agency).name, DAY.name]
        self._topics = [topic.name for topic in event_topics(agencies)]
        self._kafka = kafka
        self._broker: _Broker | None = None

    async def look(self, only: Collection[str] | None = None) -> dict[str, str]:
        """Who is not settled, and why; empty if all are. `only` some are asked: a hint, and no proof for the others."""
        names = [name for name in self._progress if only is None or name in only]
        groups = [group for group in self._groups if only is None or group in only]
        try:
            if self._broker is None:
                self._broker = await _Broker.open(self._kafka, self._topics, list(self._groups))
            broker = self._broker
            said = await asyncio.gather(
                *(self._ask(name) for name in names), *(broker.committed(group) for group in groups)
            )
            ends = await broker.ends()
        except (KafkaError, OSError) as error:
            await self.close()
            return {BROKER: f"the broker does not answer ({type(error).__name__})"}
        words = dict(zip([*names, *groups], said, strict=True))
        return unsettled(words, ends, {name: self._consumed[name] for name in words})

    async def behind(self, found: Collection[str]) -> dict[str, Seen]:
        """What the broker says of the agencies' groups among `found`; nothing while it does not answer."""
        groups = [group for group in self._groups if group in found]
        if self._broker is None or not groups:
            return {}
        try:
            said = await asyncio.gather(*(self._broker.seen(group) for group in groups))
        except (KafkaError, OSError):
            await self.close()
            return {}
        return {self._groups[group]: seen for group, seen in zip(groups, said, strict=True)}

    async def close(self) -> None:
        broker, self._broker = self._broker, None
        if broker:
            await broker.close()
        for kept in self._progress.values():
            kept.close()

    async def _ask(self, name: str) -> Word | None:
        try:
            return word_of(orjson.loads(await self._progress[name].get()))
        except (OSError, asyncio.IncompleteReadError, ValueError, KeyError):
            return None


class _Broker:
    """End offsets in one request, a group's offsets in one each."""

    def __init__(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> None:
        self._consumer, self._admin = consumer, admin
        self._places: list[TopicPartition] = []
        self._coordinators: dict[str, int] = {}

    @classmethod
    async def open(cls, kafka: str, topics: Sequence[str], groups: Sequence[str]) -> "_Broker":
        broker = cls(
            AIOKafkaConsumer(bootstrap_servers=kafka, request_timeout_ms=REQUEST_MS),
            AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=REQUEST_MS),
        )
        try:
            await broker._start(topics, groups)
        except BaseException:
            await broker.close()
            raise
        return broker

    async def _start(self, topics: Sequence[str], groups: Sequence[str]) -> None:
        await self._admin.start()
        for found in await self._admin.describe_topics(topics):
            if found["error_code"]:
                raise KafkaError(f"{found['topic']} is not there yet")
            self._places += [TopicPartition(found["topic"], part["partition"]) for part in found["partitions"]]
        for group in groups:
            self._coordinators[group] = await self._admin.find_coordinator(group)
        await self._consumer.start()

    async def committed(self, group: str) -> Word:
        found = await self._admin.list_consumer_group_offsets(group, self._coordinators[group])
        return Word({f"{place.topic}/{place.partition}": at.offset for place, at in found.items()})

    async def seen(self, group: str) -> Seen:
        word = await self.committed(group)
        (said,) = await self._admin.describe_consumer_groups([group], self._coordinators[group])
        return Seen(sum(len(members) for _, _, _, _, _, members, *_ in said.groups), word.offsets)

    async def ends(self) -> dict[str, int]:
        found = await self._consumer.end_offsets(self._places)
        return {f"{place.topic}/{place.partition}": end for place, end in found.items()}

    async def close(self) -> None:
        stops = (asyncio.ensure_future(self._consumer.stop()), asyncio.ensure_future(self._admin.close()))
        _, late = await asyncio.wait(stops, timeout=STOP_SECONDS)
        for stop in late:
            stop.cancel()
