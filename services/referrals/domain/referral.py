"""One referral: where it stands, its open deadlines, and which of the agency's messages had their answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.profile import Profile
from contracts.words import DeclinedBy, RejectionCode, ServiceKind
from services.referrals.domain.machine import OPEN, UNDECIDED, Move, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A partner's message that had its final answer: `code` None if it was applied."""

    message_id: str
    code: RejectionCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A partner's message that waits for a result (8.4): its JSON, and the place of its record."""

    message_id: str
    message_type: str
    partition: int
    offset: int
    waits_for: str
    held_until: date
    held: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """`day` days after the request, which is `on`."""

    day: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One client offered to one agency for one service. Dates are business dates; None: not yet, or not any more."""

    referral_id: str
    person_id: str
    case_id: str
    agency: str
    service: ServiceKind
    profile: Profile
    intake_sequence: int
    follows: str | None
    drafted_on: date
    state: State = State.DRAFT
    last_move: Move | None = None
    requested_on: date | None = None
    answer_by: date | None = None
    reminders: tuple[Reminder, ...] = ()
    received_on: date | None = None
    accepted_on: date | None = None
    implied: bool = False
    silence_days: int | None = None
    """After how much silence in service the agency is asked; None: as configured now."""
    query_on: date | None = None
    """When the agency is asked how things stand, unless it speaks before."""
    review_on: date | None = None
    placement_id: str | None = None
    reason: str | None = None
    declined_by: DeclinedBy | None = None
    closed_on: date | None = None
    erased_on: date | None = None
    heard: tuple[Heard, ...] = ()
    held: tuple[Held, ...] = ()
    strangers: tuple[str, ...] = ()
    """`<agency> <message id>` of messages about this referral by an agency that does not have it (8.15)."""
    unread: tuple[str, ...] = ()
    """Ids of records under its key that could not be read; one that is read later under such an id is heard."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def seniority(self) -> tuple[date, str]:
        """Of twins, the one requested later, then the one with the higher id, gives way (8.12)."""
        return self.requested_on or date.max, self.referral_id

    def answered(self, message_id: str) -> Heard | None:
        """The answer that a message had; a held one repeated has nothing new to say either."""
        pending = (Heard(message_id=held.message_id) for held in self.held if held.message_id == message_id)
        return next((heard for heard in self.heard if heard.message_id == message_id), None) or next(pending, None)

    def waiting_for(self, result_id: str) -> tuple[Held, ...]:
        return tuple(held for held in self.held if held.waits_for == result_id)

    def deadlines(self) -> Iterator[date]:
        """Days on which its own clock has something to do; a draft is asked again until it can be decided."""
        if self.state is State.DRAFT:
            yield self.drafted_on
        if self.state in UNDECIDED:
            yield from (reminder.on for reminder in self.reminders)
            if self.answer_by is not None:
                yield self.answer_by
        if self.query_on is not None:
            yield self.query_on
        yield from (held.held_until for held in self.held)
