"""All topics, record by record, given to the parts that judge them. Pure: whoever reads the broker feeds it."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Protocol, cast

from contracts import topics
from contracts.envelope import Envelope, MalformedEnvelope, read, readable_id
from contracts.event import Event
from contracts.events import casework, intake, partners, referrals
from contracts.topics import Topic, Undecodable
from lotse.check.answers import Answers
from lotse.check.figures import Books
from lotse.check.findings import Findings, Kind, at, number
from lotse.check.ledgers import log_begins
from lotse.check.people import Known, People
from lotse.check.referrals import Referrals
from lotse.check.sequences import Sequences

FOLDED: Final = (topics.PERSON.name, topics.CASE.name, topics.REFERRAL.name)
"""What reporting's figures rest on."""
Heard = Mapping[tuple[str, str], int]
"""By topic and subject: how far reporting has heard of a subject that is parked there."""


class LogRecord(Protocol):
    """A record as the broker keeps it. `timestamp` in ms."""

    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class Audit:
    """Takes topics in the order of `order`, each to its end, then judges what needs several of them."""

    def __init__(self, findings: Findings, *, heard: Heard | None = None) -> None:
        self.findings = findings
        self.sequences: dict[str, Sequences] = {}
        self.answers: dict[str, Answers] = {}
        self.people, self.referrals, self.books = People(), Referrals(findings), Books(findings)
        self.last_day: date | None = None
        self.folded = 0
        """Distinct events that reporting's figures rest on."""
        self._heard = heard or {}
        self._answers_since: dict[str, int] = {}

    @staticmethod
    def order(agencies: Sequence[str]) -> tuple[Topic, ...]:
        """The topics to read: an agency's questions before the answers; the identity topic is nobody's to read here."""
        read_first = tuple(topics.partner_in(agency) for agency in agencies)
        answers = tuple(topics.partner_out(agency) for agency in agencies)
        return (topics.DAY, topics.PERSON, topics.CASE, topics.REFERRAL, topics.RELEASE, *read_first, *answers)

    def begin(self, topic: Topic, begins: Mapping[int, int]) -> None:
        """`begins`: each partition's first offset that the log still has."""
        keeps = topic.retention_days is None and not topic.compacted
        log_begins(topic.name, keeps=keeps, begins=begins, findings=self.findings)
        if topic.sequenced:
            self.sequences[topic.name] = Sequences(topic, self.findings, begins)
        else:
            self.answers[topic.agency or ""] = Answers(topic.name, self.findings, begins)
        if topic.agency and topic.sequenced and any(begins.values()):
            self._answers_since[topic.agency] = -1

    def take(self, topic: Topic, record: LogRecord) -> None:
        if not topic.sequenced:
            self._from_partner(topic, record)
            return
        where = at(topic.name, record.partition, record.offset)
        seen = self.sequences[topic.name]
        try:
            if record.value is None and record.key:
                seen.tombstones += 1
                if not _numbered(record):
                    return
            subject, envelope, sequence = _read(record)
            new = seen.see(subject, sequence, envelope.id, partition=record.partition, offset=record.offset)
            self._note_retention(topic, record)
            if new and record.value is not None:
                self.folded += topic.name in FOLDED and self._told(topic, subject, sequence)
                event = topic.decode(envelope.type, record.value)
                if event.subject != subject:
                    raise Undecodable("malformed", "the key and the value's own id differ")
                self._hear(topic, event, envelope, sequence, where)
        except (MalformedEnvelope, Undecodable) as error:
            self.findings.add(Kind.UNREADABLE, where, str(error))

    def close(self, topic: Topic) -> None:
        """The topic is read to its end."""
        if topic.sequenced:
            seen = self.sequences[topic.name]
            seen.close()
            words = f"{number(seen.records, 'records')}, {number(len(seen), 'subjects')}"
            words += f", {number(seen.repeats, 'repeats')}" if seen.repeats else ""
            words += f", {number(seen.tombstones, 'tombstones')}" if seen.tombstones else ""
            kinds = (Kind.GAP, Kind.DISORDER, Kind.MOVED, Kind.REUSED, Kind.TWICE)
            self.findings.row(topic.name, f"{words}: 1…n, in order, in one partition, each once", *kinds)

    def answered_since(self, agency: str) -> int:
        """The oldest answer still kept, in ms, if retention has taken older ones; else 0."""
        return max(0, self._answers_since.get(agency, 0))

    def _from_partner(self, topic: Topic, record: LogRecord) -> None:
        with contextlib.suppress(MalformedEnvelope, Undecodable):  # it may be anything, and is answered so
            self.findings.kinds.hear(topic.decode(read(record.headers).type, record.value))
        try:
            key = (record.key or b"").decode() if len(record.key or b"") <= 200 else ""
        except UnicodeDecodeError:
            key = ""
        self.answers[topic.agency or ""].record(
            (record.partition, record.offset),
            key="" if "\0" in key else key,
            message_id=readable_id(record.headers),
            timestamp=record.timestamp,
        )

    def _note_retention(self, topic: Topic, record: LogRecord) -> None:
        if topic.agency and self._answers_since.get(topic.agency) == -1:
            self._answers_since[topic.agency] = record.timestamp

    def _told(self, topic: Topic, subject: str, sequence: int) -> bool:
        """Whether reporting has heard it: all, except what waits behind a parked subject."""
        return sequence <= self._heard.get((topic.name, subject), sequence)

    def _hear(self, topic: Topic, event: Event, envelope: Envelope, sequence: int, where: str) -> None:
        """An event for the first time, to whom it concerns."""
        self.findings.kinds.hear(event)
        told = self._told(topic, event.subject, sequence)
        match topic.name:
            case topics.PERSON.name:
                one = cast("intake.IntakePersonEvent", event)
                learned = date.fromisoformat(envelope.recorded) if envelope.recorded else event.occurred_on
                self.people.on_intake(one, Known(sequence, learned))
                if told:
                    self.books.on_intake(one, where)
            case topics.CASE.name:
                if told:
                    self.books.on_casework(cast("casework.CaseworkEvent", event), where)
            case topics.REFERRAL.name:
                moved = cast("referrals.ReferralsEvent", event)
                self.referrals.move(moved, where)
                if told:
                    self.books.on_referrals(moved)
            case topics.DAY.name:
                self.last_day = max(self.last_day or event.occurred_on, event.occurred_on)
            case _ if topic.agency and isinstance(event, partners.ReferralOffered):
                self.referrals.offer(event, agency=topic.agency, where=where)
            case _ if topic.agency and isinstance(event, partners.Answer):
                self.answers[topic.agency].answer(event, where)
            case _:
                pass


def _numbered(record: LogRecord) -> bool:
    """Whether a tombstone has a number of its own or repeats one: whoever writes one need not know our headers."""
    try:
        return _read(record)[2] > 0
    except (MalformedEnvelope, Undecodable):
        return False


def _read(record: LogRecord) -> tuple[str, Envelope, int]:
    """Subject, envelope and sequence of a record of ours."""
    envelope = read(record.headers)
    if record.key is None or envelope.subject.encode() != record.key:
        raise Undecodable("malformed", "key and ce_subject differ")
    if not envelope.sequence:
        raise Undecodable("malformed", "ce_sequence is missing")
    return envelope.subject, envelope, envelope.sequence
