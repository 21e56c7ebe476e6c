"""What agencies say of placements (domain.md section 5; 8.1 to 8.4, 8.14)."""

from datetime import date, timedelta
from typing import Final

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import PlacementKind, RejectionCode
from services.referrals.domain.machine import ENDED_BY_US, UNDECIDED, Move, after, barred
from services.referrals.domain.placement import Placement
from services.referrals.domain.record import Judgement, PartnerRecord, Verdict, hold, too_far
from services.referrals.domain.referral import Referral
from services.referrals.domain.sustaining import advance, confirm_if_started
from services.referrals.domain.turn import Turn, about

BEFORE_OFFER: Final = timedelta(days=60)
"""A job may have begun this long before the offer that led to its report."""
WITHOUT_EMPLOYER: Final = frozenset({PlacementKind.SELF_EMPLOYMENT, PlacementKind.VOCATIONAL_TRAINING})


def report(
    turn: Turn, referral: Referral, record: PartnerRecord, result: partners.PlacementResultReported
) -> Judgement:
    """A result completes the referral, and implies the acceptance if that has not come (8.1).

    After withdrawal or expiry the state stays, and the placement counts for the person, not for the agency (8.2).
    """
    if (known := _known(turn, referral, result)) is not None:
        return _repeated(turn, referral, known, record)
    if (flaw := _flaw(turn, referral, result.kind, result.employer_id, result.start_date)) is not None:
        return flaw
    late = referral.state in ENDED_BY_US
    implied = referral.state in UNDECIDED
    if not late and not implied and after(referral.state, Move.COMPLETE) is None:
        return barred(referral.state)
    said = about(referral) | {"message_id": record.message_id}
    if implied:
        turn.publish(facts.ReferralAccepted(**said, occurred_on=result.occurred_on, implied=True))
    placement_id = turn.new_id()
    turn.publish(
        facts.PlacementReported(
            **said,
            occurred_on=result.start_date,
            placement_id=placement_id,
            kind=result.kind,
            employer_id=result.employer_id,
            hours_per_week=result.hours_per_week,
            credited=not late,
        )
    )
    if not late:
        turn.publish(facts.ReferralCompleted(**said, occurred_on=result.occurred_on, placement_id=placement_id))
    advance(turn, referral.person_id, placement_id)
    return barred(referral.state) if late else Verdict.APPLIED


def _known(turn: Turn, referral: Referral, result: partners.PlacementResultReported) -> Placement | None:
    """The same result, told before; also if it was corrected since, but not if it was taken back."""
    for one in turn.client(referral.person_id).placements:
        same = (one.employer_id, one.start) == (result.employer_id, result.start_date)
        if same and one.referral_id == referral.referral_id and (not one.voided or one.superseded_by is not None):
            return one
    return None


def _repeated(turn: Turn, referral: Referral, known: Placement, record: PartnerRecord) -> Judgement:
    """A duplicate, whose message id stands for the placement as well from now on."""
    turn.publish(
        facts.ResultRepeated(
            **about(referral),
            occurred_on=turn.today,
            placement_id=known.placement_id,
            message_id=record.message_id,
        )
    )
    return Verdict.DUPLICATE


def _flaw(
    turn: Turn, referral: Referral, kind: PlacementKind, employer: str | None, start: date
) -> RejectionCode | None:
    if employer is None and kind not in WITHOUT_EMPLOYER:
        return RejectionCode.MALFORMED
    earliest = (referral.requested_on or turn.today) - BEFORE_OFFER
    return RejectionCode.IMPLAUSIBLE_DATE if start < earliest or too_far(turn, start) else None


def correct(turn: Turn, referral: Referral, record: PartnerRecord, said: partners.ResultCorrected) -> Judgement:
    """A correction supersedes the placement by reference, or takes it back."""
    kind, start, hours = said.kind, said.start_date, said.hours_per_week
    if not said.void:
        if kind is None or start is None or hours is None:
            return RejectionCode.MALFORMED
        if (flaw := _flaw(turn, referral, kind, said.employer_id, start)) is not None:
            return flaw
    found = turn.client(referral.person_id).result(referral.referral_id, said.result_id)
    if found is None:
        return hold(turn, referral, record, waits_for=said.result_id)
    if found.voided:
        return Verdict.DUPLICATE if said.void else RejectionCode.NO_SUCH_RESULT
    if said.void or kind is None or start is None or hours is None:
        _void(turn, referral, found, None)
        return Verdict.APPLIED
    if (found.kind, found.employer_id, found.start, found.hours_per_week) == (kind, said.employer_id, start, hours):
        return _repeated(turn, referral, found, record)
    successor = turn.new_id()
    turn.publish(
        facts.PlacementReported(
            **about(referral),
            message_id=record.message_id,
            occurred_on=start,
            placement_id=successor,
            kind=kind,
            employer_id=said.employer_id,
            hours_per_week=hours,
            credited=found.credited,
            supersedes=found.placement_id,
        )
    )
    _void(turn, referral, found, successor)
    _inherit(turn, referral, found, turn.placement(referral.person_id, successor))
    return Verdict.APPLIED


def _void(turn: Turn, referral: Referral, found: Placement, successor: str | None) -> None:
    turn.publish(
        facts.PlacementVoided(
            **about(referral), occurred_on=turn.today, placement_id=found.placement_id, superseded_by=successor
        )
    )


def _inherit(turn: Turn, referral: Referral, before: Placement, successor: Placement) -> None:
    """What was known of a corrected placement and is still true of its successor."""
    if (
        before.ended_on is not None
        and before.ended_on >= successor.start
        and before.end_reason
        and before.end_message_id
    ):
        turn.publish(
            facts.PlacementEnded(
                **about(referral),
                occurred_on=before.ended_on,
                placement_id=successor.placement_id,
                message_id=before.end_message_id,
                reason=before.end_reason,
            )
        )
    confirm_if_started(turn, referral, successor.placement_id)
    advance(turn, referral.person_id, successor.placement_id)


def end(turn: Turn, referral: Referral, record: PartnerRecord, said: partners.PlacementEnded) -> Judgement:
    """The first day without the placement; before its result is known, it is held (8.4)."""
    if said.reason is None:
        return RejectionCode.MISSING_REASON
    if too_far(turn, said.end_date):
        return RejectionCode.IMPLAUSIBLE_DATE
    found = turn.client(referral.person_id).result(referral.referral_id, said.result_id)
    if found is None:
        return hold(turn, referral, record, waits_for=said.result_id)
    if found.voided:
        return RejectionCode.NO_SUCH_RESULT
    if found.ended_on is not None:
        same = (found.ended_on, found.end_reason) == (said.end_date, said.reason)
        return Verdict.DUPLICATE if same else RejectionCode.ILLEGAL_TRANSITION
    if said.end_date < found.start:
        return RejectionCode.IMPLAUSIBLE_DATE
    turn.publish(
        facts.PlacementEnded(
            **about(referral),
            occurred_on=said.end_date,
            placement_id=found.placement_id,
            message_id=record.message_id,
            reason=said.reason,
        )
    )
    advance(turn, referral.person_id, found.placement_id)
    return Verdict.APPLIED


def note_status(
    turn: Turn, referral: Referral, record: PartnerRecord, said: partners.PlacementStatusReported
) -> Judgement:
    found = turn.client(referral.person_id).result(referral.referral_id, said.result_id)
    if found is None or found.voided:
        return RejectionCode.NO_SUCH_RESULT
    turn.publish(
        facts.InsuranceReported(
            **about(referral),
            occurred_on=said.occurred_on,
            placement_id=found.placement_id,
            message_id=record.message_id,
            insured=said.insured,
        )
    )
    advance(turn, referral.person_id, found.placement_id)
    return Verdict.APPLIED
