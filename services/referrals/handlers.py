"""What happens when X arrives: every reaction of referrals to every event, message, day and command.

A reaction decides on states into which the event is already folded (domain/fold.py) and publishes through its `Turn`.
"""

from collections.abc import Iterable
from typing import assert_never

from contracts.city import Deadlines
from contracts.event import CaseEvent, Erasure
from contracts.events import casework, intake, partners, referrals
from contracts.events.calendar import DayStarted
from contracts.events.casework import CaseworkEvent
from contracts.events.intake import IdentityRecorded, IntakePersonEvent
from contracts.events.partners import PartnerMessage
from contracts.events.referrals import ReferralEvent
from contracts.words import RejectionCode
from services.referrals.domain import clock, commands, moves, offers, placements, resync, sustaining
from services.referrals.domain.client import Client
from services.referrals.domain.commands import ConfirmPlacement, Reconsider, ReferralsCommand, VoidReferral
from services.referrals.domain.fold import fold_confirmation, fold_erasure, fold_identity, fold_own
from services.referrals.domain.fold_intake import fold_intake
from services.referrals.domain.record import (
    Judgement,
    PartnerRecord,
    Verdict,
    answer,
    conclude,
    held_record,
    implausible,
    recognise,
)
from services.referrals.domain.referral import Held, Referral
from services.referrals.domain.resync import AnswerResync, TellAgain
from services.referrals.domain.turn import Turn
from services.referrals.domain.unreadable import refuse_unreadable
from services.runtime.decision import Clients, Context, Message, Publication, Unreadable
from services.runtime.service import Outcome


def on_intake(turn: Turn, event: IntakePersonEvent) -> None:
    """Circumstances change: what they forbid is withdrawn. Then drafts that waited for intake are decided, those of the
    person's other records too: theirs may have waited for a merge."""
    match event:
        case intake.ProtectionSet() | intake.DisclosureBasisRevoked() | intake.BenefitEnded() | intake.ClientDeparted():
            offers.withdraw_forbidden(turn, event.person_id)
        case intake.ClientsMerged(survivor_id=survivor, loser_id=loser):
            offers.withdraw_twins(turn, survivor, loser)
            offers.withdraw_forbidden(turn, survivor)
            offers.withdraw_forbidden(turn, loser)
            sustaining.revise(turn, survivor)
        case intake.ClientErased():
            offers.let_go(turn, event.person_id)
        case (
            intake.ProtectionCleared()
            | intake.DisclosureBasisRecorded()
            | intake.BenefitStarted()
            | intake.ClientRegistered()
        ):
            pass  # folded for the gate; none of them offers anything by itself
        case intake.ClientsUnmerged(survivor_id=survivor, loser_id=loser):
            sustaining.revise(turn, survivor)  # nothing reopens: casework makes a review item
            sustaining.revise(turn, loser)
        case (
            intake.OfficeChanged() | intake.HouseholdChanged() | intake.DepartmentsAssigned() | intake.AbilityAssessed()
        ):
            pass  # a referral keeps its clock and its profile wherever the client belongs
        case (
            intake.BenefitChanged()
            | intake.BenefitPaid()
            | intake.PaymentReversed()
            | intake.ClientCorrected()
            | intake.PossibleDuplicateFound()
            | intake.PossibleDuplicateDismissed()
        ):
            pass  # amounts, statistics and suspicions do not concern an agency
        case _:
            assert_never(event)
    for client in turn.family(event.person_id):
        offers.decide_drafts(turn, client.person_id)


def on_identity(turn: Turn, event: IdentityRecorded, *, version: int) -> None:
    """The contact that an acceptance waited for is released; a later version reaches no agency by itself."""
    if version == 1:
        for referral in turn.client(event.person_id).referrals:
            if referral.is_open and referral.accepted_on is not None:
                offers.release_contact(turn, referral)


def on_casework(turn: Turn, event: CaseworkEvent) -> None:
    match event:
        case casework.ReferralRequested():
            offers.draft(turn, event)
            offers.decide_drafts(turn, event.person_id)
        case casework.ReferralWithdrawalRequested():
            offers.withdraw_on_request(turn, event)
        case casework.CaseOpened() | casework.CaseQueued() | casework.CaseAssigned() | casework.CaseTransferred():
            pass  # who looks after the client does not concern the referral (8.10)
        case casework.PlanAgreed() | casework.PlanRevised() | casework.ReviewDue():
            pass  # the plan is casework's; what follows from it arrives as a request
        case casework.CaseClosed() | casework.CaseReopened():
            pass  # a case manager withdraws what shall end with the case; placements outlive it
        case casework.ReconciliationOpened() | casework.ReconciliationResolved():
            pass  # work items made from our own events
        case casework.SuggestionMade() | casework.SuggestionSettled():
            pass  # an accepted one arrives as a request
        case _:
            assert_never(event)


def on_day(turn: Turn, person_id: str) -> None:
    """What has become due of one client. Withdrawing comes first: nobody is reminded of what is taken back."""
    offers.withdraw_forbidden(turn, person_id)
    offers.decide_drafts(turn, person_id)
    clock.expire_or_remind(turn, person_id)
    clock.ask_the_silent(turn, person_id)
    sustaining.advance_all(turn, person_id)
    sustaining.revise(turn, person_id)
    for referral in turn.client(person_id).referrals:
        for held in referral.held:
            if held.held_until <= turn.today:
                conclude(turn, referral, held_record(referral, held), RejectionCode.NO_SUCH_RESULT)


def on_partner(turn: Turn, record: PartnerRecord) -> None:
    """Every record gets one final answer; a message held for a result gets its own when that result is there."""
    if isinstance(record.event, partners.CapacityAnnounced):
        answer(turn, record, Verdict.APPLIED)  # a row of its own (store.project): it concerns no person
        return
    if (told := turn.find_told_to_erase(record.key, record.agency)) is not None:
        answer(turn, record, moves.confirm_at_last(turn, told, record))
        return
    if isinstance(record.event, partners.AgencyResyncRequested):
        answer(turn, record, RejectionCode.UNKNOWN_REFERRAL)  # another agency's; one's own is worked off in portions
        return
    known = recognise(turn, record)
    if not isinstance(known, Referral):
        answer(turn, record, known)
        return
    waiting = known.waiting_for(record.message_id)
    conclude(turn, known, record, _judge(turn, known, record))
    _release(turn, known, waiting)
    sustaining.revise(turn, known.person_id)


def _judge(turn: Turn, referral: Referral, record: PartnerRecord) -> Judgement:
    """What an agency's message does to a referral that it has."""
    if implausible(turn, referral, record.event.occurred_on):
        return RejectionCode.IMPLAUSIBLE_DATE
    match record.event:
        case partners.ReferralReceived():
            return moves.receive(turn, referral, record)
        case partners.ReferralAccepted():
            return moves.accept(turn, referral, record)
        case partners.ReferralRejected() as event:
            return moves.reject(turn, referral, record, event)
        case partners.ServiceStarted():
            return moves.start(turn, referral, record)
        case partners.ServiceHeld() as event:
            return moves.pause(turn, referral, record, event)
        case partners.ServiceResumed():
            return moves.resume(turn, referral, record)
        case partners.ServiceDiscontinued() as event:
            return moves.discontinue(turn, referral, record, event)
        case partners.PlacementResultReported() as event:
            return placements.report(turn, referral, record, event)
        case partners.ResultCorrected() as event:
            return placements.correct(turn, referral, record, event)
        case partners.PlacementEnded() as event:
            return placements.end(turn, referral, record, event)
        case partners.PlacementStatusReported() as event:
            return placements.note_status(turn, referral, record, event)
        case partners.EraseConfirmed():
            return moves.confirm_erasure(turn, referral, record)
        case partners.ResyncRequested():
            return moves.tell_again(turn, referral)
        case partners.CapacityAnnounced() | partners.AgencyResyncRequested():
            return Verdict.APPLIED
        case _:
            assert_never(record.event)


def _release(turn: Turn, referral: Referral, waiting: tuple[Held, ...]) -> None:
    """Applies what was held for a result, in the order in which it came, if the result is there now (8.4)."""
    for held in waiting:
        now = turn.now(referral)
        if turn.client(referral.person_id).result(referral.referral_id, held.waits_for) is not None:
            record = held_record(referral, held)
            follows = now.waiting_for(record.message_id)
            conclude(turn, now, record, _judge(turn, now, record))
            _release(turn, now, follows)


def on_command(turn: Turn, command: ReferralsCommand) -> Outcome:
    """Carries out a command. A move that the state does not allow is an event as well as an error (R1)."""
    match command:
        case ConfirmPlacement(placement_id=placement_id):
            refusal = commands.confirm_placement(turn, command)
            return Outcome(turn.publications, {"placement_id": placement_id}, refusal=refusal)
        case VoidReferral(referral_id=referral_id):
            refusal = commands.void_referral(turn, command)
            return Outcome(turn.publications, {"referral_id": referral_id}, refusal=refusal)
        case Reconsider(person_id=person_id):
            offers.withdraw_forbidden(turn, person_id)
            return Outcome(turn.publications)
        case TellAgain():
            resync.tell_person_again(turn, command)
            return Outcome(turn.publications)
        case AnswerResync():
            resync.answer_resync(turn, command)
            return Outcome(turn.publications)
        case _:
            assert_never(command)


def react(clients: Clients[Client], message: Message, context: Context) -> Iterable[Publication]:
    turn, event = Turn(clients, context), message.event
    if isinstance(event, IntakePersonEvent):
        on_intake(turn, event)
    elif isinstance(event, IdentityRecorded):
        on_identity(turn, event, version=message.sequence)
    elif isinstance(event, CaseworkEvent):
        on_casework(turn, event)
    elif isinstance(event, DayStarted):
        on_day(turn, message.subject)
    elif isinstance(event, PartnerMessage) and message.topic.agency is not None:
        on_partner(turn, _record(message, event, message.topic.agency))
    return turn.publications


def _record(message: Message, event: PartnerMessage, agency: str) -> PartnerRecord:
    return PartnerRecord(
        agency=agency,
        topic=message.topic.name,
        key=message.subject,
        partition=message.partition,
        offset=message.offset,
        message_id=message.id,
        event=event,
    )


def decide(clients: Clients[Client], command: ReferralsCommand, context: Context) -> Outcome:
    return on_command(Turn(clients, context), command)


def refuse(clients: Clients[Client], unreadable: Unreadable, context: Context) -> Iterable[Publication]:
    """The answer to a partner's record that is no message; its referral's case manager hears of it too."""
    turn = Turn(clients, context)
    refuse_unreadable(turn, unreadable)
    return turn.publications


def touches(message: Message) -> Iterable[str]:
    """Whose states a message needs: its own client's, and whom it names; a partner's key is a referral or nobody."""
    match message.event:
        case Erasure(others=others):
            return message.subject, *others
        case intake.ClientsMerged() | intake.ClientsUnmerged() as event:
            return event.survivor_id, event.loser_id
        case casework.ReferralRequested(person_id=person_id):
            return (person_id,)
        case casework.ReferralWithdrawalRequested(person_id=person_id, referral_id=referral_id):
            return person_id, referral_id
        case partners.AgencyResyncRequested(agency=agency) if agency == message.topic.agency:
            return ()  # a row of its own (store.project): which persons it concerns is asked in portions
        case CaseEvent():
            return ()
        case _:
            return (message.subject,)


def evolve(client: Client, message: Message, *, deadlines: Deadlines) -> Client:
    """Folds a message of a person topic; casework's say nothing that our own events do not repeat."""
    if client.erased:
        event = message.event
        return fold_confirmation(client, event) if isinstance(event, referrals.ErasureConfirmed) else client
    match message.event:
        case Erasure() as erasure:
            return fold_erasure(client, erasure)
        case intake.IntakeEvent() as event:
            return fold_intake(client, event, message.sequence)
        case IdentityRecorded() as event:
            return fold_identity(client, event, message.sequence)
        case ReferralEvent() as event:
            return fold_own(client, event, deadlines)
        case _:
            return client
