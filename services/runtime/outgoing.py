"""From decided events to outbox rows: topic, key, partition, envelope."""

import functools
import hashlib
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from aiokafka.partitioner import murmur2

from contracts.envelope import Envelope, Headers, midnight
from contracts.event import Event
from contracts.topics import Layout, Topic

OutboxRow = tuple[str, int, bytes | None, str, bytes | None]
"""topic, partition, key, headers (see `pack`), value: as the table's columns from the second on."""


class TooLarge(ValueError):
    """An event of ours is larger than its topic carries: whoever asked for it must ask for less."""


class Outgoing(NamedTuple):
    """An event on its way to its topic; `sequence` None until its ledger row is locked."""

    topic: Topic
    event: Event
    id: str
    sequence: int | None
    correlation: str | None
    causation: str | None
    traceparent: str | None = None

    def row(self, *, source: str, sequence: int, recorded: date, layout: Layout) -> OutboxRow:
        value = self.event.__pydantic_serializer__.to_json(self.event)
        if len(value) > self.topic.max_body:
            raise TooLarge(
                f"{type(self.event).__name__} of {len(value)} bytes: {self.topic.name} carries {self.topic.max_body}"
            )
        private = self.topic.agency is not None
        envelope = Envelope(
            id=self.id,
            source=source,
            type=self.event.type_name(),
            subject=self.event.subject,
            time=midnight(self.event.occurred_on),
            recorded=recorded.isoformat(),
            sequence=sequence,
            correlation=None if private else self.correlation,
            causation=None if private else self.causation,
            traceparent=None if private else self.traceparent,
        )
        key = self.event.subject.encode()
        return self.topic.name, partition_of(key, self.topic.partitions(layout)), key, pack(envelope.headers()), value


def tombstone(topic: Topic, subject: str, layout: Layout) -> OutboxRow:
    """A subject's last record on a compacted topic; without an envelope, so that it takes no number (docs/adr/0016)."""
    key = subject.encode()
    return topic.name, partition_of(key, topic.partitions(layout)), key, pack([]), None


@functools.lru_cache(maxsize=200_000)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as Kafka's own clients choose it."""
    number: int = murmur2(key) & 0x7FFFFFFF
    return number % partitions


def pack(headers: Headers | list[tuple[str, bytes | None]]) -> str:
    """Headers as text that keeps any bytes, null included."""
    pairs = [(name, None if value is None else value.decode("latin-1")) for name, value in headers]
    return orjson.dumps(pairs).decode()


def unpack(text: str) -> list[tuple[str, bytes | None]]:
    found: list[tuple[str, str | None]] = orjson.loads(text)
    return [(name, None if value is None else value.encode("latin-1")) for name, value in found]


class Ids:
    """UUIDs derived from one cause in the installation's secret namespace: deciding again gives the same."""

    def __init__(self, namespace: UUID, cause: str) -> None:
        self._namespace, self._cause, self._ordinal = namespace.bytes, cause, 0

    def __call__(self) -> str:
        self._ordinal += 1
        return uuid5(self._namespace, f"{self._cause}#{self._ordinal}")


def uuid5(namespace: bytes, name: str) -> str:
    """The text of `uuid.uuid5`, in a fifth of its time: every event has one, some have several."""
    digest = bytearray(hashlib.sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    found = digest.hex()
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def dead_letter(topic: Topic, *, service: str, record: Any, reason: str, attempts: int, first_failed: str) -> OutboxRow:
    """The untouched record for the dead-letter topic, its fate in `dl_*` headers."""
    fate: list[tuple[str, bytes | None]] = [
        ("dl_reason", reason.encode()[:1000]),
        ("dl_topic", record.topic.encode()),
        ("dl_partition", b"%d" % record.partition),
        ("dl_offset", b"%d" % record.offset),
        ("dl_attempts", b"%d" % attempts),
        ("dl_first_failure", first_failed.encode()),
    ]
    return topic.dead_letters(service).name, 0, record.key, pack([*record.headers, *fate]), record.value
