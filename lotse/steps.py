"""What a trace shows of one record: where it stands, what caused it, and coded facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.envelope import BERLIN, MalformedEnvelope, read
from contracts.topics import Topic, Undecodable
from lotse.check.audit import LogRecord

SHOWN: Final = frozenset(
    {
        "agency",
        "answer_by",
        "case_manager",
        "code",
        "confirmed_by",
        "credited",
        "day",
        "declined_by",
        "follows",
        "held_until",
        "implied",
        "insured",
        "intake_sequence",
        "kind",
        "merge_id",
        "message_id",
        "month",
        "months",
        "move",
        "office",
        "outcome",
        "placement_id",
        "plan_version",
        "question",
        "reason",
        "service",
        "state",
        "superseded_by",
        "supersedes",
        "valid_from",
        "valid_until",
        "waits_for",
    }
)
"""Fields that may be shown; all others, names, health and ability among them, stay where they are."""

MAX_CHAIN: Final = 50
"""Causes of causes that are followed; a chain of our own is a handful."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record of the referral's way. `on`: the business day it is about; `learned`: the one it was told on."""

    about: bool
    """Whether the record itself names the referral."""
    on: str
    learned: str | None
    at: int
    """When the record was written, wall clock in ms: it orders the records of one business day."""
    topic: str
    type: str
    partition: int
    offset: int
    sequence: int | None
    id: str | None
    causation: str | None
    facts: dict[str, Any]

    @property
    def where(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset


def step_of(topic: Topic, record: LogRecord, referral_id: str) -> Step | None:
    """A record as a step; None if it names another referral. What cannot be read is a step without facts."""
    try:
        envelope = read(record.headers)
        event = topic.decode(envelope.type, record.value)
    except (MalformedEnvelope, Undecodable) as error:
        return _unreadable(topic, record, error.code if isinstance(error, Undecodable) else "malformed")
    if getattr(event, "referral_id", referral_id) != referral_id:
        return None
    content = event.model_dump(mode="json", exclude_none=True)
    return Step(
        about=getattr(event, "referral_id", None) == referral_id,
        on=event.occurred_on.isoformat(),
        learned=envelope.recorded,
        at=record.timestamp,
        topic=topic.name,
        type=envelope.type,
        partition=record.partition,
        offset=record.offset,
        sequence=envelope.sequence,
        id=envelope.id,
        causation=envelope.causation,
        facts={name: value for name, value in content.items() if name in SHOWN},
    )


def _unreadable(topic: Topic, record: LogRecord, code: str) -> Step:
    written = datetime.fromtimestamp(record.timestamp / 1000, BERLIN).date()
    return Step(
        about=False,
        on=written.isoformat(),
        learned=None,
        at=record.timestamp,
        topic=topic.name,
        type="(unreadable)",
        partition=record.partition,
        offset=record.offset,
        sequence=None,
        id=None,
        causation=None,
        facts={"code": code},
    )


def in_order(steps: Iterable[Step]) -> list[Step]:
    """By business day, then by the wall clock; but nothing before what caused it, whatever day it is dated."""
    found = sorted(steps, key=lambda step: (step.at, step.topic, step.offset))
    first: dict[str, Step] = {}
    for step in found:
        first.setdefault(step.id or "", step)
    places: dict[tuple[str, int, int], tuple[str, int]] = {}

    def place(step: Step, depth: int = 0) -> tuple[str, int]:
        """The day and instant at which a step stands: its own, or its cause's if that is later."""
        known = places.get(step.where)
        if known is not None:
            return known
        cause = first.get(step.causation or str(step.facts.get("message_id", "")))
        own = step.on, step.at
        if cause is not None and cause.id and cause.where != step.where and depth < MAX_CHAIN:
            day, at = place(cause, depth + 1)
            own = max(own, (day, max(at, step.at)))
        places[step.where] = own
        return own

    return sorted(found, key=place)
