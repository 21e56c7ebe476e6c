"""Topics of the bench: made, filled as fast as the broker takes them, and deleted."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka.admin import NewTopic

from contracts.topics import Topic, all_topics
from lotse.provision import TIMEOUT, admin, existing
from services.runtime.outgoing import partition_of
from tests.bench.year import AGENCIES, LAYOUT, Kept

if TYPE_CHECKING:
    from aiokafka import BatchBuilder, RecordMetadata

_BATCH_BYTES: Final = 900_000


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
        bootstrap_servers=kafka, acks="all", max_batch_size=_BATCH_BYTES, max_request_size=3 << 20
    ) as producer:
        batches = {(name, number): producer.create_batch() for name in names for number in range(partitions)}
        sent: list[asyncio.Future[RecordMetadata]] = []
        for one in records:
            count += 1
            partition = partition_of(one.key or b"", partitions)
            for name in names:
                place = name, partition
                if not _append(batches[place], one):
                    sent.append(await producer.send_batch(batches[place], name, partition=partition))
                    batches[place] = producer.create_batch()
                    _append(batches[place], one)
        for (name, partition), batch in batches.items():
            sent.append(await producer.send_batch(batch, name, partition=partition))
        await asyncio.gather(*sent)
    return count


def _append(batch: "BatchBuilder", one: Kept) -> bool:
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


async def weigh(kafka: str, prefix: str, wanted: Sequence[Topic], count: int) -> int:
    """Bytes of the last `count` records of these topics, by the mean of all that they hold."""
    until = await ends(kafka, prefix, wanted)
    places = [TopicPartition(prefix + topic, number) for (topic, number), end in until.items() if end]
    total = seen = 0
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as reading:
        reading.assign(places)
        await reading.seek_to_beginning(*places)
        while seen < sum(until.values()):
            for batch in (await reading.getmany(timeout_ms=500, max_records=5000)).values():
                seen += len(batch)
                total += sum(Kept(one.key, one.value, tuple(one.headers), one.timestamp).bytes for one in batch)
    return total * count // seen
