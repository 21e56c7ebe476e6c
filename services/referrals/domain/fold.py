"""Folds our own topic into referrals, and `intake.identity.v1` into the contact.

Each topic has its own record of the state: in whatever order the topics are read, the state is the same.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from contracts.city import Deadlines
from contracts.event import Erasure
from contracts.events import intake
from contracts.events import referrals as facts
from services.referrals.domain.client import Client, Contact, ToldToErase
from services.referrals.domain.fold_placement import fold_placements
from services.referrals.domain.machine import UNDECIDED, Move, State, after
from services.referrals.domain.referral import Heard, Held, Referral, Reminder

T = TypeVar("T")


def fold_identity(client: Client, event: intake.IdentityRecorded, version: int) -> Client:
    """The newest version wins, in whatever order they come."""
    if client.contact is not None and version < client.contact.version:
        return client
    contact = Contact(
        version=version,
        given_name=event.given_name,
        family_name=event.family_name,
        street=event.street,
        house_number=event.house_number,
        postcode=event.postcode,
        phone=event.phone,
    )
    return replace(client, contact=contact)


def fold_erasure(client: Client, event: Erasure) -> Client:
    """Nothing is left but what agencies must still confirm, by the pseudonyms that they know."""
    told = (
        ToldToErase(referral_id=one.referral_id, agency=one.agency, confirmed_on=one.erased_on)
        for one in client.referrals
        if one.requested_on is not None
    )
    return Client(person_id=client.person_id, erased_on=event.occurred_on, told_to_erase=tuple(told))


def fold_confirmation(client: Client, event: facts.ErasureConfirmed) -> Client:
    """The only thing that an erased client still learns."""
    told = (
        replace(one, confirmed_on=event.occurred_on) if one.referral_id == event.referral_id else one
        for one in client.told_to_erase
    )
    return replace(client, told_to_erase=tuple(told))


def fold_own(client: Client, event: facts.ReferralEvent, deadlines: Deadlines) -> Client:
    """An event of ours. A referral keeps the deadlines of its own day, which its request says; a request from before it
    said so has `deadlines`, those configured now."""
    if isinstance(event, facts.ReferralDrafted):
        return client if client.referral(event.referral_id) else replace(client, referrals=_drafted(client, event))
    client = replace(client, placements=fold_placements(client.placements, event))
    found = client.referral(event.referral_id)
    if found is None:
        return client
    moved = _heard(_referral(found, event, deadlines), event, deadlines)
    changed = (moved if one.referral_id == event.referral_id else one for one in client.referrals)
    return replace(client, referrals=tuple(changed))


def _drafted(client: Client, event: facts.ReferralDrafted) -> tuple[Referral, ...]:
    draft = Referral(
        referral_id=event.referral_id,
        person_id=event.person_id,
        case_id=event.case_id,
        agency=event.agency,
        service=event.service,
        profile=event.profile,
        intake_sequence=event.intake_sequence,
        follows=event.follows,
        drafted_on=event.occurred_on,
    )
    return (*client.referrals, draft)


def _referral(now: Referral, event: facts.ReferralEvent, deadlines: Deadlines) -> Referral:
    on = event.occurred_on
    match event:
        case facts.ReferralRequested(answer_by=answer_by, silence_days=silence):
            days = deadlines.reminders if event.reminder_days is None else event.reminder_days
            reminders = tuple(Reminder(day=day, on=on + timedelta(days=day)) for day in days)
            clock = {"answer_by": answer_by, "reminders": reminders, "silence_days": silence}
            return _move(now, Move.REQUEST, requested_on=on, **clock)
        case facts.ReferralRefused(code=code):
            return _move(now, Move.REFUSE, reason=code.value, closed_on=on)
        case facts.ReferralReminded(day=day):
            return replace(now, reminders=tuple(one for one in now.reminders if one.day != day))
        case facts.ReferralReceived():
            return _move(now, Move.RECEIVE, received_on=on)
        case facts.ReferralAccepted(implied=implied):
            return _move(now, Move.ACCEPT, accepted_on=on, implied=implied)
        case facts.ReferralRejected(reason=reason, declined_by=declined_by):
            return _move(now, Move.REJECT, reason=reason.value, declined_by=declined_by, closed_on=on)
        case facts.ReferralWithdrawn(reason=reason):
            return _move(now, Move.WITHDRAW, reason=reason.value, closed_on=on)
        case facts.ReferralExpired():
            return _move(now, Move.EXPIRE, closed_on=on)
        case facts.ServiceStarted():
            return _move(now, Move.START, review_on=None)
        case facts.ServiceHeld(review_on=review_on):
            return _move(now, Move.HOLD, review_on=review_on)
        case facts.ServiceResumed():
            return _move(now, Move.RESUME, review_on=None)
        case facts.ReferralCompleted(placement_id=placement_id):
            return _move(now, Move.COMPLETE, placement_id=placement_id, closed_on=on)
        case facts.ReferralFailed(reason=reason):
            return _move(now, Move.FAIL, reason=reason.value, closed_on=on)
        case facts.ReferralDiscontinued(reason=reason):
            return _move(now, Move.DISCONTINUE, reason=reason.value, closed_on=on)
        case facts.ReferralVoided():
            return _move(now, Move.VOID, closed_on=now.closed_on or on)
        case facts.StatusQueried(placement_id=None):
            return replace(now, query_on=None)
        case facts.PartnerMessageHeld():
            held = Held(
                message_id=event.message_id,
                message_type=event.message_type,
                partition=event.partition,
                offset=event.offset,
                waits_for=event.waits_for,
                held_until=event.held_until,
                held=event.held,
            )
            return replace(now, held=(*now.held, held))
        case facts.PlacementReported(message_id=message_id) | facts.ResultRepeated(message_id=message_id):
            return replace(now, held=tuple(one for one in now.held if one.waits_for != message_id))
        case facts.PartnerMessageRejected(agency=agency, message_id=message_id) if agency != now.agency:
            return replace(now, strangers=(*now.strangers, f"{agency} {message_id}"))
        case facts.PartnerMessageRejected(readable=False, message_id=message_id):
            return replace(now, unread=(*now.unread, message_id))
        case facts.PartnerMessageRejected(message_id=message_id):
            return replace(now, held=tuple(one for one in now.held if one.message_id != message_id))
        case facts.ErasureConfirmed():
            return replace(now, erased_on=on)
        case _:
            return now


def _move(now: Referral, move: Move, **changes: Any) -> Referral:
    """The referral after a move; an event that the table does not know leaves it as it is."""
    state = after(now.state, move)
    if state is None:
        return now
    reminders = changes.pop("reminders", now.reminders if state in UNDECIDED else ())
    return replace(now, state=state, last_move=move, reminders=reminders, **changes)


def _heard(now: Referral, event: facts.ReferralEvent, deadlines: Deadlines) -> Referral:
    """Notes an agency's message: a repeat of it is a duplicate, and its silence ends."""
    message_id: str | None = getattr(event, "message_id", None)
    if message_id is not None and event.agency == now.agency and _is_final(event):
        code = event.code if isinstance(event, facts.PartnerMessageRejected) else None
        if all(one.message_id != message_id for one in now.heard):
            now = replace(now, heard=(*now.heard, Heard(message_id=message_id, code=code)))
        if now.state is State.IN_SERVICE:
            asked = event.occurred_on + timedelta(days=now.silence_days or deadlines.silence)
            return replace(now, query_on=max(now.query_on or asked, asked))
    return now if now.state is State.IN_SERVICE else replace(now, query_on=None)


def _is_final(event: facts.ReferralEvent) -> bool:
    """Whether a repeat of the message that led to it is a duplicate: not of one that waits, or could not be read."""
    match event:
        case facts.PartnerMessageHeld() | facts.PartnerMessageRejected(readable=False):
            return False
        case _:
            return True
