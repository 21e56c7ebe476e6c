"""Topics of the bench: made, filled as fast as the broker takes them, and deleted."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from confluent_kafka.admin import NewTopic

from contracts.topics import Topic, all_topics
from lotse.provision import TIMEOUT, admin, existing
from services.runtime.outgoing import partition_of
from tests.bench.year import AGENCIES, LAYOUT, Kept

if TYPE_CHECKING:
    from aiokafka import BatchBuilder, RecordMetadata

BATCH_BYTES: Final = 900_000
_PATIENCE: Final = 120.0
"""Seconds in which everything that a topic holds must come."""


def make(kafka: str, prefix: str, wanted: Sequence[Topic] = all_topics(AGENCIES)) -> None:
    """Every topic of an installation under a prefix of its own; what is copied into them keeps its time."""
    kept = {"message.timestamp.type": "CreateTime"}
    _create(kafka, {prefix + topic.name: (topic.partitions(LAYOUT), topic.config | kept) for topic in wanted})


def make_plain(kafka: str, name: str, partitions: int) -> None:
    _create(kafka, {name: (partitions, {})})


def _create(kafka: str, wanted: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
    """By name: partitions and settings. Waits until each has its leaders."""
    client = admin(kafka)
    new = [NewTopic(name, num_partitions=n, replication_factor=1, config=dict(c)) for name, (n, c) in wanted.items()]
    for future in client.create_topics(new).values():
        future.result(timeout=TIMEOUT)
    until = time.monotonic() + TIMEOUT
    while not wanted.keys() <= {
        name for name, found in existing(client).items() if all(p.leader >= 0 for p in found.partitions.values())
    }:
        if time.monotonic() > until:
            raise TimeoutError(f"no broker leads {', '.join(wanted)}")
        time.sleep(0.05)


def delete(kafka: str, prefix: str) -> None:
    client = admin(kafka)
    if names := [name for name in existing(client) if name.startswith(prefix)]:
        for future in client.delete_topics(names).values():
            future.result(timeout=TIMEOUT)


async def fill(kafka: str, names: Sequence[str], topic: Topic, records: Iterable[Kept]) -> int:
    """Appends the records to these topics, where their keys belong; how many there were."""
    partitions, count = topic.partitions(LAYOUT), 0
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", max_batch_size=BATCH_BYTES, max_request_size=3 << 20
    ) as producer:
        batches = {(name, number): producer.create_batch() for name in names for number in range(partitions)}
        sent: list[asyncio.Future[RecordMetadata]] = []
        for one in records:
            count += 1
            partition = partition_of(one.key or b"", partitions)
            for name in names:
                place = name, partition
                if not append(batches[place], one):
                    sent.append(await producer.send_batch(batches[place], name, partition=partition))
                    batches[place] = producer.create_batch()
                    append(batches[place], one)
        for (name, partition), batch in batches.items():
            if batch.record_count():
                sent.append(await producer.send_batch(batch, name, partition=partition))
        await asyncio.gather(*sent)
    return count


def append(batch: "BatchBuilder", one: Kept) -> bool:
    """Whether there was room."""
    return batch.append(timestamp=one.stored, key=one.key, value=one.value, headers=list(one.headers)) is not None


async def ends(kafka: str, prefix: str, wanted: Iterable[Topic]) -> dict[tuple[str, int], int]:
    """End offsets by the topics' own names and partitions."""
    places = {
        TopicPartition(prefix + topic.name, number): (topic.name, number)
        for topic in wanted
        for number in range(topic.partitions(LAYOUT))
    }
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as asking:
        found: Mapping[TopicPartition, int] = await asking.end_offsets(list(places))
    return {places[place]: end for place, end in found.items()}


async def everything(kafka: str, prefix: str, wanted: Sequence[Topic]) -> list[ConsumerRecord]:
    """All records of these topics, each partition's in order. Raises `TimeoutError` if some do not come."""
    until = {place: end for place, end in (await ends(kafka, prefix, wanted)).items() if end}
    places = [TopicPartition(prefix + topic, number) for topic, number in until]
    found: list[ConsumerRecord] = []
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20
    ) as reading:
        reading.assign(places)
        await reading.seek_to_beginning(*places)
        try:
            async with asyncio.timeout(_PATIENCE):
                while len(found) < sum(until.values()):
                    for batch in (await reading.getmany(timeout_ms=500)).values():
                        found += batch
        except TimeoutError:
            names = ", ".join(prefix + topic.name for topic in wanted)
            raise TimeoutError(f"{names}: {len(found):,} of {sum(until.values()):,} records came") from None
    return found


async def weigh(kafka: str, prefix: str, wanted: Sequence[Topic], count: int) -> int:
    """Bytes of the last `count` records of these topics, by the mean of all that they hold."""
    found = await everything(kafka, prefix, wanted)
    total = sum(Kept(one.key, one.value, tuple(one.headers), one.timestamp).bytes for one in found)
    return total * count // len(found)
