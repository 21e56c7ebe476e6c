"""What case managers may order here directly; everything else they order through casework's events."""

from dataclasses import dataclass

from contracts.events import referrals as facts
from contracts.words import ConfirmedBy
from services.referrals.domain import offers, sustaining
from services.referrals.domain.machine import Move, State, after
from services.referrals.domain.placement import Placement
from services.referrals.domain.referral import Referral
from services.referrals.domain.resync import AnswerResync, TellAgain
from services.referrals.domain.turn import Turn, about
from services.runtime.decision import NotFound, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPlacement:
    placement_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.placement_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidReferral:
    """Entered in error: legal from any state but void itself."""

    referral_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.referral_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconsider:
    """Weigh all records of a merged person against their open referrals: once a day, asked by rank."""

    person_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id,)


ReferralsCommand = ConfirmPlacement | VoidReferral | Reconsider | TellAgain | AnswerResync


class NoSuchReferral(NotFound):
    def __init__(self) -> None:
        super().__init__("there is no such referral: see GET /referrals")


class NoSuchPlacement(NotFound):
    def __init__(self) -> None:
        super().__init__("there is no such placement: see GET /placements")


class MoveBarred(Refusal):
    """An order that the state does not allow. It is published as `MoveRefused` (R1), so it is returned, not raised."""


class AlreadyConfirmed(MoveBarred):
    code = "already_confirmed"


class PlacementOver(MoveBarred):
    """A placement that was taken back, or ended before it began."""

    code = "placement_over"


class IllegalTransition(MoveBarred):
    code = "illegal_transition"


def confirm_placement(turn: Turn, command: ConfirmPlacement) -> Refusal | None:
    found = turn.find_placement(command.placement_id)
    if found is None:
        raise NoSuchPlacement
    referral, placement = found
    if (refusal := _unconfirmable(placement)) is not None:
        barred = facts.MoveRefused(
            **about(referral),
            occurred_on=turn.today,
            state=placement.state,
            move="confirm",
            placement_id=placement.placement_id,
        )
        turn.publish(barred)
        return refusal
    sustaining.confirm(turn, referral, placement.placement_id, ConfirmedBy.CASE_MANAGER)
    sustaining.advance(turn, referral.person_id, placement.placement_id)
    sustaining.revise(turn, referral.person_id)
    return None


def _unconfirmable(placement: Placement) -> Refusal | None:
    if placement.confirmed_by is not None and not placement.voided:
        return AlreadyConfirmed("the placement is confirmed already: nothing is left to do")
    if placement.confirms_on is None:
        return PlacementOver("the placement was taken back or ended before it began: it cannot be confirmed")
    return None


def void_referral(turn: Turn, command: VoidReferral) -> Refusal | None:
    """The agency of an open one is told to stop; of one that had an offer, to erase."""
    found = turn.find_referral(command.referral_id)
    if found is None:
        raise NoSuchReferral
    if after(found.state, Move.VOID) is None:
        turn.publish(facts.MoveRefused(**about(found), occurred_on=turn.today, state=found.state, move=Move.VOID))
        return IllegalTransition("the referral is void already: nothing is left to do")
    turn.publish(facts.ReferralVoided(**about(found), occurred_on=turn.today))
    if found.is_open:
        offers.tell_withdrawn(turn, found)
    elif found.requested_on is not None and found.erased_on is None and not _told_to_erase(found):
        offers.tell_erase(turn, found)
    return None


def _told_to_erase(found: Referral) -> bool:
    return found.state in {State.WITHDRAWN, State.REJECTED, State.EXPIRED}
