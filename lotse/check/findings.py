"""What a check found: violations with their place, and rows that say what was compared."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from contracts.words import is_uuid
from lotse.check.kinds import Kinds

KEPT: Final = 20
"""Violations of one kind that are kept and shown; all are counted."""


class Kind(StrEnum):
    """The stable names of violations."""

    UNREADABLE = "unreadable_record"
    GAP = "sequence_gap"
    DISORDER = "sequence_out_of_order"
    MOVED = "subject_in_two_partitions"
    REUSED = "sequence_used_twice"
    TWICE = "event_published_twice"
    LOG_CUT = "log_cut"
    SOURCE = "source_ledger_differs"
    CONSUMER = "consumer_ledger_differs"
    OFFSET = "stored_offset_differs"
    OUTBOX = "outbox_not_empty"
    DAY = "business_day_differs"
    UNANSWERED = "partner_message_unanswered"
    ANSWERED_TWICE = "partner_message_answered_twice"
    HELD = "partner_message_held_too_long"
    ANSWER = "answer_does_not_fit"
    PROTECTED = "offered_while_protected"
    STILL_OPEN = "open_referral_of_protected_client"
    TWINS = "two_open_referrals"
    MOVE = "illegal_move"
    CASES = "two_open_cases"
    PAID_TWICE = "paid_twice"
    FIGURE = "figure_differs"
    REPLAY = "replay_differs"


@dataclass(frozen=True, slots=True)
class Violation:
    """`place` is a record (`topic/partition@offset`), a service or a figure; neither part holds personal data."""

    kind: Kind
    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: what was compared, in words with counts. `reason`: why it could not be made."""

    name: str
    compared: str
    violations: int = 0
    reason: str | None = None
    kinds: tuple[Kind, ...] = ()


@dataclass
class Findings:
    """Collects violations; of each kind the first `KEPT` in full."""

    counts: Counter[Kind] = field(default_factory=Counter)
    kept: list[Violation] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What an operator should know and is no violation."""
    kinds: Kinds = field(default_factory=Kinds)

    def add(self, kind: Kind, place: str, words: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= KEPT:
            self.kept.append(Violation(kind, place, words))

    def row(self, name: str, compared: str, *kinds: Kind) -> None:
        """A comparison that was made; its violations are those of these kinds that no earlier row of them told."""
        told = sum(row.violations for row in self.rows if row.kinds == kinds)
        self.rows.append(Row(name, compared, sum(self.counts[kind] for kind in kinds) - told, kinds=kinds))

    def not_compared(self, name: str, reason: str) -> None:
        self.rows.append(Row(name, "-", reason=reason))

    @property
    def violations(self) -> int:
        return self.counts.total()

    @property
    def incomplete(self) -> Iterator[Row]:
        return (row for row in self.rows if row.reason is not None)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 violations, 3 something could not be compared."""
        if self.violations:
            return 1
        return 3 if any(self.incomplete) else 0


def at(topic: str, partition: int, offset: int) -> str:
    return f"{topic}/{partition}@{offset}"


def named(subject: str) -> str:
    """A subject as it may be shown: our own ids only, because a partner may put anything into a key."""
    return subject if is_uuid(subject) else "(not one of our ids)"


def number(count: int, what: str) -> str:
    """`1,204 records`."""
    return f"{count:,} {what}"
