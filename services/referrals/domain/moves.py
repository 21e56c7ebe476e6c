"""What an agency says of a referral: taken if legal, recognised if repeated, else refused with a code (R1, R3)."""

from typing import Any, Final

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.topics import PERSON
from contracts.words import RejectionCode, Standing
from services.referrals.domain.client import Client, ToldToErase
from services.referrals.domain.machine import OPEN, TERMINAL, UNDECIDED, Move, State, after, barred
from services.referrals.domain.offers import forbidden, release_contact, tell_erase, tell_offer
from services.referrals.domain.record import Judgement, PartnerRecord, Verdict, too_far
from services.referrals.domain.referral import Referral
from services.referrals.domain.turn import Turn, about

ERASABLE: Final = frozenset({State.WITHDRAWN, State.VOID, State.EXPIRED, State.REJECTED})
"""The agency has nothing to do for the client any more: what it holds is to be erased."""
ANSWERS: Final = 20
"""How many last answers are told again."""


def receive(turn: Turn, referral: Referral, record: PartnerRecord) -> Judgement:
    if (judged := _judge(referral, Move.RECEIVE)) is None:
        turn.publish(facts.ReferralReceived(**_said(referral, record)))
    return judged or Verdict.APPLIED


def accept(turn: Turn, referral: Referral, record: PartnerRecord) -> Judgement:
    """Withdrawal wins a race: an acceptance after it is rejected. One that a result implied is a repeat."""
    if after(referral.state, Move.ACCEPT) is None:
        known = referral.accepted_on is not None and referral.state not in {State.WITHDRAWN, State.VOID}
        return Verdict.DUPLICATE if known else barred(referral.state)
    turn.publish(facts.ReferralAccepted(**_said(referral, record)))
    release_contact(turn, turn.now(referral))
    return Verdict.APPLIED


def reject(turn: Turn, referral: Referral, record: PartnerRecord, said: partners.ReferralRejected) -> Judgement:
    if said.reason is None or said.declined_by is None:
        return RejectionCode.MISSING_REASON
    same = (referral.reason, referral.declined_by) == (said.reason, said.declined_by)
    if (judged := _judge(referral, Move.REJECT, same=same)) is None:
        rejected = facts.ReferralRejected(**_said(referral, record), reason=said.reason, declined_by=said.declined_by)
        turn.publish(rejected)
        tell_erase(turn, referral)
    return judged or Verdict.APPLIED


def start(turn: Turn, referral: Referral, record: PartnerRecord) -> Judgement:
    if (judged := _judge(referral, Move.START)) is None:
        turn.publish(facts.ServiceStarted(**_said(referral, record)))
    return judged or Verdict.APPLIED


def pause(turn: Turn, referral: Referral, record: PartnerRecord, said: partners.ServiceHeld) -> Judgement:
    """An interruption needs the date on which it is looked at again."""
    if said.review_on is None:
        return RejectionCode.MISSING_REASON
    if said.review_on < said.occurred_on or too_far(turn, said.review_on):
        return RejectionCode.IMPLAUSIBLE_DATE
    if (judged := _judge(referral, Move.HOLD, same=referral.review_on == said.review_on)) is None:
        turn.publish(facts.ServiceHeld(**_said(referral, record), review_on=said.review_on))
    return judged or Verdict.APPLIED


def resume(turn: Turn, referral: Referral, record: PartnerRecord) -> Judgement:
    if (judged := _judge(referral, Move.RESUME)) is None:
        turn.publish(facts.ServiceResumed(**_said(referral, record)))
    return judged or Verdict.APPLIED


def discontinue(turn: Turn, referral: Referral, record: PartnerRecord, said: partners.ServiceDiscontinued) -> Judgement:
    """A finished service without a result has failed; one broken off is discontinued."""
    if said.reason is None:
        return RejectionCode.MISSING_REASON
    move = Move.FAIL if said.without_result else Move.DISCONTINUE
    if (judged := _judge(referral, move, same=referral.reason == said.reason)) is None:
        kind = facts.ReferralFailed if said.without_result else facts.ReferralDiscontinued
        turn.publish(kind(**_said(referral, record), reason=said.reason))
    return judged or Verdict.APPLIED


def confirm_erasure(turn: Turn, referral: Referral, record: PartnerRecord) -> Judgement:
    if referral.state not in TERMINAL:
        return barred(referral.state)
    if referral.erased_on is not None:
        return Verdict.DUPLICATE
    turn.publish(facts.ErasureConfirmed(**_said(referral, record)))
    return Verdict.APPLIED


def confirm_at_last(turn: Turn, held: tuple[Client, ToldToErase], record: PartnerRecord) -> Judgement:
    """Of an erased client nothing is known any more, but that the agency was told to erase."""
    client, told = held
    if not isinstance(record.event, partners.EraseConfirmed):
        return RejectionCode.UNKNOWN_REFERRAL
    if told.confirmed_on is not None:
        return Verdict.DUPLICATE
    turn.publish(
        facts.ErasureConfirmed(
            person_id=client.person_id,
            referral_id=told.referral_id,
            agency=told.agency,
            occurred_on=record.event.occurred_on,
            message_id=record.message_id,
        )
    )
    return Verdict.APPLIED


def tell_again(turn: Turn, referral: Referral) -> Judgement:
    """How the referral stands, as if for the first time. The gate holds here too."""
    if referral.state in OPEN and PERSON.name not in turn.behind and forbidden(turn, referral) is None:
        tell_offer(turn, referral)
        if referral.state not in UNDECIDED:
            release_contact(turn, referral)
        turn.tell(referral.agency, _standing(turn, referral))
    elif referral.state in {State.WITHDRAWN, State.VOID}:
        withdrawn = partners.ReferralWithdrawn(referral_id=referral.referral_id, occurred_on=turn.today)
        turn.tell(referral.agency, withdrawn)
    if referral.state in ERASABLE and referral.erased_on is None:
        tell_erase(turn, referral)
    return Verdict.APPLIED


def _standing(turn: Turn, referral: Referral) -> partners.ReferralStands:
    answers = [partners.LastAnswer(message_id=one.message_id, code=one.code) for one in referral.heard[-ANSWERS:]]
    answers += [partners.LastAnswer(message_id=one.message_id, held=True) for one in referral.held]
    return partners.ReferralStands(
        referral_id=referral.referral_id,
        occurred_on=turn.today,
        state=Standing(referral.state.value),
        answers=tuple(answers),
    )


def _judge(referral: Referral, move: Move, *, same: bool = True) -> Judgement | None:
    """None if the move is legal. The move that led here, said again in the `same` words, is a repeat."""
    if after(referral.state, move) is not None:
        return None
    repeated = referral.last_move is move and same
    return Verdict.DUPLICATE if repeated else barred(referral.state)


def _said(referral: Referral, record: PartnerRecord) -> dict[str, Any]:
    return about(referral) | {"occurred_on": record.event.occurred_on, "message_id": record.message_id}
