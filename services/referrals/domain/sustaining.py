"""What becomes of a placement by time: its start confirms it, its agency is asked whether it lasts (section 5)."""

from collections.abc import Sequence

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import ConfirmedBy, Sustainment
from services.referrals.domain.circumstances import has_basis
from services.referrals.domain.placement import PATIENCE, QUESTIONS, Placement, sustainment
from services.referrals.domain.referral import Referral
from services.referrals.domain.turn import Turn, about


def advance_all(turn: Turn, person_id: str) -> None:
    for placement in turn.client(person_id).placements:
        advance(turn, person_id, placement.placement_id)


def advance(turn: Turn, person_id: str, placement_id: str) -> None:
    """Whatever has become due of a placement: confirmed by its start, asked about, checked."""
    client = turn.client(person_id)
    referral = client.referral(turn.placement(person_id, placement_id).referral_id)
    if referral is None:
        return
    confirm_if_started(turn, referral, placement_id)
    for months, day in turn.placement(person_id, placement_id).open_checks():
        if day <= turn.today:
            _ask_or_check(turn, referral, placement_id, months)


def confirm_if_started(turn: Turn, referral: Referral, placement_id: str) -> None:
    starts = turn.placement(referral.person_id, placement_id).confirms_on
    if starts is not None and starts <= turn.today:
        confirm(turn, referral, placement_id, ConfirmedBy.START)


def confirm(turn: Turn, referral: Referral, placement_id: str, by: ConfirmedBy) -> None:
    start = turn.placement(referral.person_id, placement_id).start
    turn.publish(
        facts.PlacementConfirmed(**about(referral), occurred_on=start, placement_id=placement_id, confirmed_by=by)
    )


def _ask_or_check(turn: Turn, referral: Referral, placement_id: str, months: int) -> None:
    """Asks once; without an answer in time, or when the agency may no longer be asked, the outcome is unknown."""
    placement = turn.placement(referral.person_id, placement_id)
    outcome = sustainment(placement, _others(turn, referral, placement_id), months=months)
    asked = placement.asked_on(months)
    if outcome is None and asked is None and _may_ask(turn, referral):
        turn.publish(
            facts.StatusQueried(
                **about(referral), occurred_on=turn.today, question=QUESTIONS[months], placement_id=placement_id
            )
        )
        message = partners.StatusQueried(
            referral_id=referral.referral_id,
            occurred_on=turn.today,
            question=QUESTIONS[months],
            result_id=placement.message_id,
        )
        turn.tell(referral.agency, message)
    elif outcome is not None or asked is None or asked + PATIENCE <= turn.today:
        check(turn, referral, placement_id, months, outcome or Sustainment.UNKNOWN)


def revise(turn: Turn, person_id: str) -> None:
    """Tells an outcome again if what is known by now makes it another: answers, ends, corrections and further jobs may
    come late, to any of the person's records, also long after referral and case are closed."""
    for client in turn.family(person_id):
        for placement in client.placements:
            referral = client.referral(placement.referral_id)
            if referral is not None and placement.counts:
                for told in placement.checked:
                    others = _others(turn, referral, placement.placement_id)
                    outcome = sustainment(placement, others, months=told.months) or Sustainment.UNKNOWN
                    if outcome is not told.outcome:
                        check(turn, referral, placement.placement_id, told.months, outcome, revision=told.revision + 1)


def check(
    turn: Turn, referral: Referral, placement_id: str, months: int, outcome: Sustainment, *, revision: int = 0
) -> None:
    turn.publish(
        facts.SustainmentChecked(
            **about(referral),
            occurred_on=turn.today,
            placement_id=placement_id,
            months=months,
            outcome=outcome,
            revision=revision,
        )
    )


def _others(turn: Turn, referral: Referral, placement_id: str) -> Sequence[Placement]:
    """The person's other jobs; not the same one as another agency tells of it, who may never say that it has ended."""
    judged = turn.placement(referral.person_id, placement_id)
    family = turn.family(referral.person_id)
    return [p for one in family for p in one.placements if p.placement_id != placement_id and not p.is_same_job(judged)]


def _may_ask(turn: Turn, referral: Referral) -> bool:
    """No basis, no data; and who has erased the client cannot answer."""
    person = [one.circumstances for one in turn.family(referral.person_id)]
    return referral.erased_on is None and has_basis(person, referral.agency, turn.today)
