"""Drafts, the gate that every offer passes, and taking an offer back (domain.md R6, R7, R10, 8.11, 8.12)."""

from collections.abc import Iterable
from datetime import timedelta

from contracts.events import casework, partners
from contracts.events import referrals as facts
from contracts.topics import PERSON
from contracts.words import RefusalCode, RejectionCode, WithdrawReason
from services.referrals.domain.circumstances import Stop, first_stop
from services.referrals.domain.client import Client
from services.referrals.domain.machine import Move, State, after
from services.referrals.domain.record import answer, held_record
from services.referrals.domain.referral import Referral
from services.referrals.domain.turn import Turn, about


def draft(turn: Turn, request: casework.ReferralRequested) -> None:
    if turn.client(request.person_id).referral(request.referral_id) is not None:
        return
    turn.publish(
        facts.ReferralDrafted(
            person_id=request.person_id,
            referral_id=request.referral_id,
            agency=request.agency,
            occurred_on=turn.today,
            case_id=request.case_id,
            service=request.service,
            profile=request.profile,
            intake_sequence=request.intake_sequence,
            follows=request.follows,
        )
    )


def decide_drafts(turn: Turn, person_id: str) -> None:
    """Offers or refuses every draft for which enough of intake is known; the others wait."""
    if PERSON.name in turn.behind or _half_merged(turn, person_id):
        return
    client = turn.client(person_id)
    for found in client.referrals:
        if found.state is State.DRAFT and client.circumstances.sequence >= found.intake_sequence:
            _decide(turn, found)


def _half_merged(turn: Turn, person_id: str) -> bool:
    """Whether a survivor's record tells of a merge that the loser's, on its way, does not yet: till then what is known
    under the other key does not count here, and might forbid the offer."""
    family = {one.person_id: one.circumstances.merges for one in turn.family(person_id)}
    return any(not merge.ended and merge.loser_id not in family for told in family.values() for merge in told)


def _decide(turn: Turn, found: Referral) -> None:
    if (code := _obstacle(turn, found)) is not None:
        turn.publish(facts.ReferralRefused(**about(found), occurred_on=turn.today, code=code))
        return
    rules = turn.city.deadlines
    turn.publish(
        facts.ReferralRequested(
            **about(found),
            occurred_on=turn.today,
            case_id=found.case_id,
            service=found.service,
            answer_by=turn.today + timedelta(days=rules.expiry),
            reminder_days=rules.reminders,
            silence_days=rules.silence,
        )
    )
    tell_offer(turn, turn.now(found))


def _obstacle(turn: Turn, found: Referral) -> RefusalCode | None:
    """Why the offer must not leave, by everything known of the person today; None if it may."""
    agency = turn.city.agency(found.agency)
    if agency is None or found.service not in agency.services:
        return RefusalCode.NO_BASIS
    family = turn.family(found.person_id)
    stop = first_stop([one.circumstances for one in family], found.agency, since=turn.today)
    if stop is not None and stop.on <= turn.today:
        return stop.refuse
    if any(other.is_open and other.agency == found.agency for one in family for other in one.referrals):
        return RefusalCode.OPEN_TWIN
    return None


def tell_offer(turn: Turn, found: Referral) -> None:
    if found.answer_by is not None:
        turn.tell(
            found.agency,
            partners.ReferralOffered(
                referral_id=found.referral_id,
                occurred_on=turn.today,
                service=found.service,
                profile=found.profile,
                answer_by=found.answer_by,
            ),
        )


def release_contact(turn: Turn, found: Referral) -> None:
    """How to reach the client, once the agency has accepted; waits for the first identity record if that is late."""
    family = turn.family(found.person_id)
    contact = turn.client(found.person_id).contact or next((one.contact for one in family if one.contact), None)
    if contact is None or forbidden(turn, found) is not None:
        return
    turn.tell(
        found.agency,
        partners.ContactReleased(
            referral_id=found.referral_id,
            occurred_on=turn.today,
            given_name=contact.given_name,
            family_name=contact.family_name,
            street=contact.street,
            house_number=contact.house_number,
            postcode=contact.postcode,
            phone=contact.phone,
        ),
    )


def forbidden(turn: Turn, found: Referral) -> Stop | None:
    """What, since the request and up to today, forbids that the person is with the agency."""
    person = [one.circumstances for one in turn.family(found.person_id)]
    stop = first_stop(person, found.agency, since=found.requested_on or turn.today)
    return stop if stop is not None and stop.on <= turn.today else None


def withdraw_forbidden(turn: Turn, person_id: str) -> None:
    """Withdraws what the person's circumstances no longer allow. The agency is told no reason."""
    for found in _open(turn.family(person_id)):
        if (stop := forbidden(turn, found)) is not None:
            withdraw(turn, found, stop.withdraw)


def withdraw_twins(turn: Turn, *person_ids: str) -> None:
    """After a merge: of two open referrals to one agency the one requested later, then of the higher id, gives way."""
    family = {one.person_id: one for person_id in person_ids for one in turn.family(person_id)}
    kept: set[str] = set()
    for found in sorted(_open(family.values()), key=lambda r: r.seniority):
        if found.agency in kept:
            withdraw(turn, found, WithdrawReason.DUPLICATE)
        kept.add(found.agency)


def let_go(turn: Turn, person_id: str) -> None:
    """Before a client is erased: nothing stays open, every agency that may hold anything is told to erase it, and what
    waited for a result has its final answer."""
    for found in turn.client(person_id).referrals:
        for held in found.held:
            answer(turn, held_record(found, held), RejectionCode.NO_SUCH_RESULT)
        if found.state is State.DRAFT:
            turn.publish(facts.ReferralRefused(**about(found), occurred_on=turn.today, code=RefusalCode.WITHDRAWN))
        elif found.is_open:
            withdraw(turn, found, WithdrawReason.AID_ENDED)
        elif found.requested_on is not None and found.erased_on is None:
            tell_erase(turn, found)


def withdraw_on_request(turn: Turn, request: casework.ReferralWithdrawalRequested) -> None:
    """A case manager takes an offer back: legal while it is open or a draft, else refused with an event (R1)."""
    found = turn.find_referral(request.referral_id)
    if found is None:
        return
    if found.state is State.DRAFT:
        turn.publish(facts.ReferralRefused(**about(found), occurred_on=turn.today, code=RefusalCode.WITHDRAWN))
    elif after(found.state, Move.WITHDRAW) is None:
        turn.publish(facts.MoveRefused(**about(found), occurred_on=turn.today, state=found.state, move=Move.WITHDRAW))
    else:
        withdraw(turn, found, request.reason)


def withdraw(turn: Turn, found: Referral, reason: WithdrawReason) -> None:
    turn.publish(facts.ReferralWithdrawn(**about(found), occurred_on=turn.today, reason=reason))
    tell_withdrawn(turn, found)


def tell_withdrawn(turn: Turn, found: Referral) -> None:
    """Stop, and erase what you hold: at least the profile, after acceptance the contact too."""
    turn.tell(found.agency, partners.ReferralWithdrawn(referral_id=found.referral_id, occurred_on=turn.today))
    tell_erase(turn, found)


def tell_erase(turn: Turn, found: Referral) -> None:
    turn.tell(found.agency, partners.EraseRequested(referral_id=found.referral_id, occurred_on=turn.today))


def _open(family: Iterable[Client]) -> list[Referral]:
    return [referral for one in family for referral in one.referrals if referral.is_open]
