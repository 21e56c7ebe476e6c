"""What the services' databases say of the topics: ledgers, stored offsets, outboxes, business days."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from lotse.check.findings import Findings, Kind, named, number
from lotse.check.sequences import Sequences

Queued = Mapping[str, AbstractSet[int]]
"""Sequences that wait in the queue of a parked subject, by subject."""


class SourceLedger:
    """A producer's own count of a topic: each subject's row must equal what the topic holds."""

    def __init__(self, seen: Sequences, findings: Findings) -> None:
        self._seen, self._findings = seen, findings
        self._place = f"{seen.topic.producer}: ledger of {seen.topic.name}"
        self._met: set[str] = set()
        self._cut = False

    def row(self, subject: str, last: int) -> None:
        if last == 0:
            return
        self._met.add(subject)
        holds = self._seen.last(subject)
        if holds != last and not (holds == 0 and self._seen.topic.retention_days is not None):
            self._findings.add(Kind.SOURCE, self._place, f"{named(subject)}: sent {last}, the topic holds {holds}")

    def close(self) -> str:
        """Finds subjects without a row. Returns what was compared."""
        for subject in self._seen:
            if subject not in self._met:
                holds = self._seen.last(subject)
                self._findings.add(Kind.SOURCE, self._place, f"{named(subject)}: the topic holds {holds}, no row")
        return number(len(self._met), "subjects")


class ConsumerLedger:
    """A consumer's count of a topic: each subject's last, or the rest waits in a parked queue."""

    def __init__(self, service: str, seen: Sequences, findings: Findings, queued: Queued) -> None:
        self._seen, self._findings, self._queued = seen, findings, queued
        self._place = f"{service}: ledger of {seen.topic.name}"
        self._met: set[str] = set()
        self.waiting = 0

    def row(self, subject: str, last: int) -> None:
        self._met.add(subject)
        self._compare(subject, last)

    def close(self) -> str:
        """Finds subjects of which nothing was heard. Returns what was compared."""
        for subject in self._seen:
            if subject not in self._met:
                self._compare(subject, 0)
        words = number(len(self._seen), "subjects")
        return f"{words}, {number(self.waiting, 'of them parked')}" if self.waiting else words

    def _compare(self, subject: str, last: int) -> None:
        holds = self._seen.last(subject)
        if last == holds:
            return
        missing = set(range(last + 1, holds + 1))
        if missing and subject in self._queued:
            self.waiting += 1
            missing -= self._queued[subject]
            if not missing:
                return
        words = f"heard to {last}, the topic holds {holds}"
        if missing and subject in self._queued:
            words += f"; parked, but {len(missing)} are not in the queue"
        self._findings.add(Kind.CONSUMER, self._place, f"{named(subject)}: {words}")


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a service stands, as its database says. `offsets`: (topic, partition) -> next offset."""

    service: str
    today: date | None = None
    outbox: int = 0
    offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)
    parked: Mapping[str, int] = field(default_factory=dict)
    """Records that wait, by parked subject."""
    queued: Mapping[str, Queued] = field(default_factory=dict)
    """By topic."""
    places: frozenset[tuple[str, int, int]] = frozenset()
    """Topic, partition and offset of every record in a queue."""


def compare_offsets(stand: Stand, ends: Mapping[tuple[str, int], int], findings: Findings) -> int:
    """Stored next offset = end offset, of every partition of what the service consumes. Returns how many."""
    for (topic, partition), end in sorted(ends.items()):
        stored = stand.offsets.get((topic, partition), 0)
        if stored != end:
            words = f"stands at {stored}, the log ends at {end}"
            findings.add(Kind.OFFSET, f"{stand.service}: {topic}/{partition}", words)
    return len(ends)


def compare_outbox(stand: Stand, findings: Findings) -> None:
    if stand.outbox:
        findings.add(Kind.OUTBOX, stand.service, f"{number(stand.outbox, 'messages')} are not published")


def compare_day(stand: Stand, last_day: date | None, findings: Findings) -> None:
    if stand.today != last_day:
        findings.add(
            Kind.DAY, stand.service, f"is at {stand.today or 'no day'}, the calendar at {last_day or 'no day'}"
        )


def log_begins(topic: str, *, keeps: bool, begins: Mapping[int, int], findings: Findings) -> None:
    """A log kept for ever that does not begin at 0 was cut."""
    for partition, first in begins.items():
        if first and keeps:
            findings.add(Kind.LOG_CUT, f"{topic}/{partition}", f"the log begins at offset {first}")
