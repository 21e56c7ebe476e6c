"""A partner's message with the place of its record, what is judged of it, and the one final answer it gets (R9)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from typing import Any, Final

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.topics import partner_in
from contracts.words import RejectionCode
from services.referrals.domain.placement import months_after
from services.referrals.domain.referral import Held, Referral
from services.referrals.domain.turn import Turn, about

FUTURE: Final = timedelta(days=7)
"""An agency's clock may run this far ahead."""
PAST: Final = timedelta(days=7)
"""What is said of a referral may be dated this long before its request, by a clock that runs behind."""
HORIZON_MONTHS: Final = 24
"""A start, an end or a review further off than this is a wrong date."""

_HELD: Final[dict[str, type[partners.PlacementEnded | partners.ResultCorrected]]] = {
    model.type_name(): model for model in (partners.PlacementEnded, partners.ResultCorrected)
}


class Verdict(Enum):
    """A rejection is its `RejectionCode`."""

    APPLIED = auto()
    DUPLICATE = auto()
    HELD = auto()


Judgement = Verdict | RejectionCode


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRecord:
    agency: str
    topic: str
    key: str
    partition: int
    offset: int
    message_id: str
    event: partners.PartnerMessage


def held_record(referral: Referral, held: Held) -> PartnerRecord:
    return PartnerRecord(
        agency=referral.agency,
        topic=partner_in(referral.agency).name,
        key=referral.referral_id,
        partition=held.partition,
        offset=held.offset,
        message_id=held.message_id,
        event=_HELD[held.message_type].model_validate_json(held.held),
    )


def implausible(turn: Turn, referral: Referral, said_on: date) -> bool:
    """A wrong clock: dated more than a week ahead, or more than a week before the request."""
    requested_on = referral.requested_on or turn.today
    return not requested_on - PAST <= said_on <= turn.today + FUTURE


def too_far(turn: Turn, day: date) -> bool:
    return day > months_after(turn.today, HORIZON_MONTHS)


def answer(turn: Turn, record: PartnerRecord, judgement: Judgement) -> None:
    where: dict[str, Any] = {
        "occurred_on": turn.today,
        "key": record.key,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "message_id": record.message_id,
    }
    match judgement:
        case Verdict.APPLIED:
            turn.tell(record.agency, partners.MessageApplied(**where))
        case Verdict.DUPLICATE:
            turn.tell(record.agency, partners.MessageDuplicate(**where))
        case Verdict.HELD:
            turn.tell(record.agency, partners.MessageHeld(**where, held_until=held_until(turn)))
        case RejectionCode() as code:
            turn.tell(record.agency, partners.MessageRejected(**where, code=code))


def held_until(turn: Turn) -> date:
    return turn.today + timedelta(days=turn.city.deadlines.held)


def hold(turn: Turn, referral: Referral, record: PartnerRecord, *, waits_for: str) -> Judgement:
    """Keeps a message for a result yet to come (8.4)."""
    turn.publish(
        facts.PartnerMessageHeld(
            **about(referral),
            occurred_on=turn.today,
            message_id=record.message_id,
            message_type=record.event.type_name(),
            partition=record.partition,
            offset=record.offset,
            waits_for=waits_for,
            held_until=held_until(turn),
            held=record.event.model_dump_json(),
        )
    )
    return Verdict.HELD


def conclude(turn: Turn, referral: Referral, record: PartnerRecord, judgement: Judgement) -> None:
    """The final answer, and for a rejection the event from which casework makes its one work item."""
    if isinstance(judgement, RejectionCode):
        publish_rejection(turn, referral, record, judgement)
    answer(turn, record, judgement)


def publish_rejection(turn: Turn, referral: Referral, record: PartnerRecord, code: RejectionCode) -> None:
    """`agency` is who spoke, which may be one that does not have the referral (8.15)."""
    turn.publish(
        facts.PartnerMessageRejected(
            **about(referral) | {"agency": record.agency},
            occurred_on=turn.today,
            message_id=record.message_id,
            message_type=record.event.type_name(),
            code=code,
            state=turn.now(referral).state,
        )
    )


def recognise(turn: Turn, record: PartnerRecord) -> Referral | Judgement:
    """The referral a message is about, if its agency has it; else its answer: foreign is the same as unknown."""
    found = turn.find_referral(record.key)
    if found is None or found.requested_on is None:
        return RejectionCode.UNKNOWN_REFERRAL
    if found.agency != record.agency:
        if f"{record.agency} {record.message_id}" not in found.strangers:
            publish_rejection(turn, found, record, RejectionCode.UNKNOWN_REFERRAL)
        return RejectionCode.UNKNOWN_REFERRAL
    if (before := found.answered(record.message_id)) is not None:
        return before.code or Verdict.DUPLICATE
    return found
