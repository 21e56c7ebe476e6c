"""From Kafka records to decisions: decode, drop repeats, find losses, isolate what fails, park whom it concerns."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, NamedTuple

from contracts.envelope import MalformedEnvelope, read, readable_id, readable_type
from contracts.event import Erasure
from contracts.topics import Topic, Undecodable
from services.runtime.database import Writes
from services.runtime.decision import Message, S, Unreadable
from services.runtime.outgoing import dead_letter, pack
from services.runtime.runtime import Runtime
from services.runtime.telemetry import fault, log
from services.runtime.unit import Unit

PartitionKey = tuple[str, int]
Header = tuple[str, bytes | None]


class Record(NamedTuple):
    """A Kafka record, from the wire or from the queue of a parked subject."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[Header]
    value: bytes | None
    queued: int | None = None
    """Its row in `parked_record`, if it comes from there."""
    stored: int = 0
    """When the broker stored it, in ms since the epoch."""


class Decoded(NamedTuple):
    """A record with its message, or with the failure that it has none."""

    record: Record
    topic: Topic
    subject: str | None
    message: Message | None
    failure: Exception | None
    names: frozenset[str]
    tombstone: int | None = None
    """The sequence of a record of ours without a value; 0 if it names none."""


class Loss(Exception):
    """Records of a sequenced topic are missing: the partition stops until an operator has restored them."""


@dataclass
class Applied:
    """What became of a batch: where partitions had to stop, and which queued records were used up."""

    stops: dict[PartitionKey, int]
    done: list[int]
    failed: bool = False
    let_go: set[str] = field(default_factory=set)
    """Parked subjects whose erasure has come: it waits for nobody (letting_go.py)."""


def decode(runtime: Runtime[S], record: Record) -> Decoded:
    """A record's message, or why it has none. Never raises."""
    topic = runtime.consumed[record.topic]
    subject = None
    try:
        subject = _subject(record)
        if record.value is None and topic.agency is None:
            return Decoded(record, topic, subject, None, None, frozenset(), _numbered(record, subject))
        envelope = read(record.headers)
        event = topic.decode(envelope.type, record.value)
        if not envelope.subject == event.subject == subject:
            raise Undecodable("malformed", "key, ce_subject and the value's own id differ")
        if topic.sequenced and not envelope.sequence:
            raise Undecodable("malformed", "ce_sequence is missing")
        message = Message(
            topic=topic,
            event=event,
            subject=subject,
            id=envelope.id,
            sequence=envelope.sequence or 0,
            partition=record.partition,
            offset=record.offset,
            correlation=envelope.correlation,
            causation=envelope.causation,
        )
        return Decoded(record, topic, subject, message, None, frozenset(runtime.service.touches(message)))
    except (MalformedEnvelope, Undecodable) as error:
        named = frozenset({subject} if subject and topic.agency else ())  # an agency's is answered to its referral too
        return Decoded(record, topic, subject, None, error, named)
    except Exception as error:  # a defect in `touches` concerns this message alone
        return Decoded(record, topic, subject, None, error, frozenset())


def _subject(record: Record) -> str:
    if not record.key or len(record.key) > 200:
        raise Undecodable("malformed", "the record has no key, or one of over 200 bytes")
    try:
        subject = record.key.decode()
    except UnicodeDecodeError:
        raise Undecodable("malformed", "the key is not UTF-8") from None
    if "\0" in subject:
        raise Undecodable("malformed", "the key contains a NUL")
    return subject


def sequence_of(record: Record) -> int | None:
    """The sequence of a record that is otherwise unreadable."""
    raw = dict(record.headers).get("ce_sequence") or b""
    return int(raw) if raw.isdigit() and len(raw) < 19 else None


def _numbered(record: Record, subject: str) -> int:
    """The sequence that a tombstone was given; whoever writes one need not know our headers."""
    try:
        envelope = read(record.headers)
    except MalformedEnvelope:
        return 0
    return envelope.sequence or 0 if envelope.subject == subject else 0


class Inbound(Generic[S]):
    """Applies decoded records, in order, to one unit of work."""

    def __init__(
        self,
        runtime: Runtime[S],
        unit: Unit[S],
        *,
        redrive: bool = False,
        refused: Exception | None = None,
        more: Callable[[Applied], Writes] = lambda _: Writes(),
    ) -> None:
        self._runtime, self._unit, self._redrive, self._refused, self._more = runtime, unit, redrive, refused, more
        self._queue: list[tuple[Decoded, str | None]] = []
        self._fates: Counter[tuple[str, str]] = Counter()
        self.applied = Applied(stops={}, done=[])

    async def apply(self, records: Iterable[Record]) -> Applied:
        """Decides every record, then saves, and with it what there is `more` to write. `refused`: the database refused
        this one, so it is not tried again."""
        found = [decode(self._runtime, record) for record in records]
        await self._unit.open(
            {name for one in found if not one.topic.agency for name in self._own_names(one)},
            heard={(one.topic.name, one.subject) for one in found if one.subject and one.topic.sequenced},
            only_known={name for one in found if one.topic.agency for name in self._own_names(one)},
        )
        await self._unit.spans.look_up(
            self._unit.db, [(one.topic.agency, one.subject) for one in found if one.topic.agency and one.subject]
        )
        for one in found:
            self._take(one)
            if self._redrive and self.applied.failed:
                break
        await self._unit.close(self._more(self.applied))
        if self._queue:
            await self._park()
        for fate, count in self._fates.items():
            self._runtime.metrics.messages.labels(*fate).inc(count)
        return self.applied

    def _own_names(self, one: Decoded) -> Iterable[str]:
        """What to lock for a record: what it touches, and its own subject to see whether that is parked."""
        if one.names or self._runtime.service.initial is None or one.failure is not None:
            return one.names | {one.subject} if one.subject else one.names
        return one.names

    def _take(self, one: Decoded) -> None:
        place = one.record.topic, one.record.partition
        if place in self.applied.stops:
            return
        self._unit.spans.received(one.record, one.message)
        try:
            if not self._redrive and self._is_parked(one):
                self._queue.append((one, None))
                self._counted(one, "queued")
                if one.message is not None and isinstance(one.message.event, Erasure):
                    self.applied.let_go.add(one.message.subject)
                return
            self._counted(one, self._apply(one))
            self._used(one)
        except Loss as loss:
            self.applied.stops[place] = one.record.offset
            self._runtime.stopped[f"{place[0]}/{place[1]}"] = str(loss)
            log().error("records lost: partition stopped", topic=place[0], partition=place[1], reason=str(loss))
        except Exception as error:  # whatever deciding raises, this message alone is to blame
            self._fail(one, error)

    def settle(self, one: Decoded) -> None:
        """Answers an agency's record, from wherever it waited. Raises what deciding raises."""
        self._apply(one)

    def _apply(self, one: Decoded) -> str:
        if one.tombstone is not None:
            return self._erased(one, one.tombstone)
        message = one.message
        if message is None:
            return self._unreadable(one)
        if self._is_repeat(one, message.sequence):
            return "repeat"
        if self._refused is not None:
            raise self._refused
        self._unit.hear(message, names=one.names)
        return "applied"

    def _is_repeat(self, one: Decoded, sequence: int) -> bool:
        """Whether it was heard before. Raises `Loss` if one before it was not."""
        if not one.topic.sequenced:
            return False
        last = self._unit.last(one.topic, one.subject or "")
        if sequence > last + 1:
            raise Loss(f"expected sequence {last + 1} of a subject, got {sequence}, at {one.record.offset}")
        return sequence <= last

    def _erased(self, one: Decoded, sequence: int) -> str:
        """A tombstone decides nothing. One with a number of its own was heard; without, the numbers go on around it."""
        if sequence and one.subject and not self._is_repeat(one, sequence):
            self._unit.count(one.topic, one.subject, sequence)
        return "tombstone"

    def _unreadable(self, one: Decoded) -> str:
        """A partner's broken record is answered, a broken one of ours is alone to blame; both become dead letters."""
        error = one.failure or Undecodable("malformed", "unreadable")
        if one.topic.agency is None or not isinstance(error, (MalformedEnvelope, Undecodable)):
            raise error
        code = error.code if isinstance(error, Undecodable) else "malformed"
        record, said = one.record, readable_type(one.record.headers)
        answered = Unreadable(
            topic=one.topic,
            key=one.subject or "",
            partition=record.partition,
            offset=record.offset,
            message_id=readable_id(record.headers),
            code=code,
            message_type=said if said in one.topic.models else None,
        )
        self._unit.refuse(answered)
        self._letter(one, f"{code}: {error}")
        return "refused"

    def _fail(self, one: Decoded, error: Exception) -> None:
        reason = fault(error)
        log().error(
            "dead letter",
            topic=one.record.topic,
            partition=one.record.partition,
            offset=one.record.offset,
            reason=reason,
        )
        if one.topic.agency is None and one.subject and self._unit.is_erased(one.subject):
            self._unit.count(one.topic, one.subject, sequence_of(one.record) or 0)  # nothing is left to be parked
            self._counted(one, "erased")
            self._used(one)
            return
        self.applied.failed = True
        self._counted(one, "dead")
        if self._redrive:
            self._queue.append((one, reason))
            return
        self._letter(one, reason)
        if (subject := self._parkable(one)) is not None:
            self._unit.parked.add(subject)
            self._queue.append((one, reason))

    def _parkable(self, one: Decoded) -> str | None:
        """The subject to park: a partner's key only if it is one of our references."""
        if one.subject is None:
            return None
        if one.topic.agency is not None:
            return next((self._unit.references[n] for n in one.names if n in self._unit.references), None)
        return one.subject

    def _is_parked(self, one: Decoded) -> bool:
        if not self._unit.parked:
            return False
        names = one.names | {one.subject} if one.subject and one.topic.agency is None else one.names
        return bool(names) and self._unit.is_parked(names)

    def _letter(self, one: Decoded, reason: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = dead_letter(
            one.topic,
            service=self._runtime.service.name,
            record=one.record,
            reason=reason,
            attempts=1,
            first_failed=now,
        )
        self._unit.letter(row)
        self._runtime.metrics.dead_letters.labels(one.record.topic).inc()

    def _used(self, one: Decoded) -> None:
        if one.record.queued is not None:
            self.applied.done.append(one.record.queued)

    def _counted(self, one: Decoded, fate: str) -> None:
        self._fates[one.record.topic, fate] += 1
        self._unit.spans.fate(fate)

    async def _park(self) -> None:
        """Queues the failed records and those behind them. A redrive only notes the new attempt."""
        db, now = self._unit.db, datetime.now(UTC)
        if self._redrive:
            for one, reason in self._queue:
                await db.execute(
                    "update parked_record set attempts = attempts + 1, reason = $2 where id = $1",
                    one.record.queued,
                    reason,
                )
            return
        parked = [(self._parkable(one), now, reason or "waits behind a parked subject") for one, reason in self._queue]
        await db.executemany(
            "insert into parked_subject (subject, since, reason) values ($1, $2, $3) on conflict do nothing", parked
        )
        records = [
            (
                self._parkable(one),
                one.record.topic,
                one.record.partition,
                one.record.offset,
                one.record.key,
                pack(list(one.record.headers)),
                one.record.value,
                0 if reason is None else 1,
                reason,
                None if reason is None else now,
            )
            for one, reason in self._queue
        ]
        await db.executemany(
            'insert into parked_record (subject, topic, partition, "offset", key, headers, value, attempts, reason, '
            "first_failed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            records,
        )
