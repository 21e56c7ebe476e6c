"""What happens when X arrives: every reaction of casework to every message, day and command."""

from collections.abc import Iterable
from typing import assert_never

from contracts.event import Erasure, Event
from contracts.events import intake, referrals
from contracts.events.calendar import DayStarted
from contracts.events.intake import IntakePersonEvent
from contracts.events.referrals import ReferralsEvent
from contracts.words import TransferReason
from services.casework import store
from services.casework.domain import absence, assignment, casebook, offers, reconciliation, suggestions
from services.casework.domain.absence import HandOver, RecordAbsence
from services.casework.domain.assignment import AssignCase, QueueCase, RegisterCaseManager
from services.casework.domain.casebook import AgreePlan, CloseCase, ReopenCase
from services.casework.domain.client import Client
from services.casework.domain.course import Reconsider, follow, let_go
from services.casework.domain.offers import Refer, TakeBack
from services.casework.domain.person import Person, UnknownCase, UnknownItem, UnknownReferral, holder, person_of
from services.casework.domain.reconciliation import ResolveItem
from services.casework.domain.suggestions import Settle
from services.runtime.decision import Clients, Context, Message
from services.runtime.service import Outcome

Command = (
    AgreePlan
    | CloseCase
    | ReopenCase
    | Refer
    | TakeBack
    | ResolveItem
    | Settle
    | RegisterCaseManager
    | RecordAbsence
    | HandOver
    | Reconsider
    | AssignCase
    | QueueCase
)


def on_intake(clients: Clients[Client], event: IntakePersonEvent, context: Context) -> Iterable[Event]:
    """A case opens, moves, closes or goes on as the client's circumstances have it."""
    match event:
        case intake.ClientsMerged() | intake.ClientsUnmerged():
            return _follow_both(clients, event, context)
        case (
            intake.ClientRegistered()
            | intake.OfficeChanged()
            | intake.DepartmentsAssigned()
            | intake.AbilityAssessed()
            | intake.ProtectionSet()
            | intake.ProtectionCleared()
            | intake.BenefitStarted()
            | intake.BenefitEnded()
            | intake.ClientDeparted()
        ):
            return follow(person_of(clients, event.person_id), context)
        case (
            intake.BenefitPaid()
            | intake.PaymentReversed()
            | intake.BenefitChanged()
            | intake.HouseholdChanged()
            | intake.ClientCorrected()
        ):
            return ()  # amounts, households and statistics change nobody's case
        case intake.DisclosureBasisRecorded() | intake.DisclosureBasisRevoked():
            return ()  # the legal basis is for referrals' gate
        case intake.ClientErased():
            return let_go(clients[event.person_id], context)
        case intake.PossibleDuplicateFound() | intake.PossibleDuplicateDismissed():
            return ()  # on the timeline; intake decides whether it is a merge
        case _:
            assert_never(event)


def on_referrals(clients: Clients[Client], event: ReferralsEvent, context: Context) -> Iterable[Event]:
    """All of it is feedback on the timeline (C6); what could not be applied becomes a work item (C7)."""
    match event:
        case referrals.PartnerMessageRejected():
            return reconciliation.on_rejected(clients[event.person_id], event, context)
        case referrals.PlacementReported():
            return reconciliation.on_late_result(clients[event.person_id], event, context)
        case (
            referrals.ReferralDrafted()
            | referrals.ReferralRequested()
            | referrals.ReferralRefused()
            | referrals.ReferralReceived()
            | referrals.ReferralAccepted()
            | referrals.ReferralRejected()
            | referrals.ReferralWithdrawn()
            | referrals.ReferralExpired()
            | referrals.ServiceStarted()
            | referrals.ServiceHeld()
            | referrals.ServiceResumed()
            | referrals.ReferralCompleted()
            | referrals.ReferralFailed()
            | referrals.ReferralDiscontinued()
            | referrals.ReferralVoided()
        ):
            # folded: the case shows it, and a new referral to that agency is allowed or not
            return suggestions.lapsed(person_of(clients, event.person_id), context)
        case referrals.PlacementConfirmed():
            return suggestions.on_confirmed(person_of(clients, event.person_id), event, context)
        case referrals.PlacementVoided():
            return suggestions.lapsed(person_of(clients, event.person_id), context)
        case referrals.PlacementEnded():
            return ()  # a case ends with aid or by its case manager, not with a placement
        case (
            referrals.ReferralReminded()
            | referrals.MoveRefused()
            | referrals.StatusQueried()
            | referrals.SustainmentChecked()
            | referrals.InsuranceReported()
            | referrals.ResultRepeated()
            | referrals.PartnerMessageHeld()
            | referrals.ErasureConfirmed()
        ):
            return ()  # referrals' own dealings with the agency
        case _:
            assert_never(event)


def on_day(clients: Clients[Client], person_id: str, context: Context) -> Iterable[Event]:
    """Protections, benefits and offices that begin or end by date, and reviews. Assignment: staffing.weigh."""
    return follow(person_of(clients, person_id), context)


def _follow_both(
    clients: Clients[Client], event: intake.ClientsMerged | intake.ClientsUnmerged, context: Context
) -> Iterable[Event]:
    """One person after a merge, two after its end."""
    persons = [person_of(clients, subject) for subject in (event.survivor_id, event.loser_id)]
    distinct = {person.root.person_id: person for person in persons}
    because = TransferReason.MERGED if isinstance(event, intake.ClientsMerged) else TransferReason.UNMERGED
    followed = [decided for person in distinct.values() for decided in follow(person, context, because=because)]
    if isinstance(event, intake.ClientsUnmerged) and event.person_id == event.loser_id:  # apart, and once
        followed += [settled for person in distinct.values() for settled in suggestions.lapsed(person, context)]
        followed += suggestions.on_unmerged(list(distinct.values()), event, context)
    return followed


def decide(clients: Clients[Client], command: Command, context: Context) -> Outcome:
    match command:
        case AgreePlan(case_id=case_id):
            plan = casebook.agree(_of_case(clients, case_id).case(case_id), command, context)
            result = {"plan_version": plan.plan_version, "review_on": plan.review_on}
            return Outcome(events=(plan,), result=result, rows=(store.plan_text(command, plan.plan_version),))
        case CloseCase(case_id=case_id):
            return Outcome(events=casebook.close_case(_of_case(clients, case_id), command, context))
        case ReopenCase(case_id=case_id):
            person = _of_case(clients, case_id)
            reopened = casebook.reopen_case(person, command, context)
            return Outcome(events=(*reopened, *suggestions.lapsed(person, context, done=[case_id])))
        case Refer(case_id=case_id):
            client, person = holder(clients, case_id, UnknownCase)
            asked = offers.refer(client, person, command, context)
            settled = suggestions.lapsed(person, context, done=[command.follows or ""])
            return Outcome(events=(asked, *settled), result={"referral_id": asked.referral_id})
        case TakeBack(referral_id=referral_id):
            _, person = holder(clients, referral_id, UnknownReferral)
            taken = offers.take_back(person, command, context)
            settled = suggestions.lapsed(person, context, done=[referral_id])
            return Outcome(events=(*taken, *settled), result={"referral_id": referral_id})
        case ResolveItem(item_id=item_id):
            client, _ = holder(clients, item_id, UnknownItem)
            return Outcome(events=(reconciliation.resolve(client, command, context),), result={"item_id": item_id})
        case Settle(item_id=item_id):
            client, person = holder(clients, item_id, UnknownItem)
            return Outcome(events=suggestions.settle(client, person, command, context), result={"item_id": item_id})
        case RegisterCaseManager(staff_id=staff_id):
            assignment.check_registration(command, context.city)
            return Outcome(result={"staff_id": staff_id}, rows=(store.case_manager_row(command),))
        case RecordAbsence(staff_id=staff_id):
            absence.check_absence(command, context.today)
            return Outcome(result={"staff_id": staff_id}, rows=(store.absence_row(command),))
        case HandOver(case_id=case_id):
            return Outcome(events=absence.take(_of_case(clients, case_id).case(case_id), command, context))
        case Reconsider(person_id=person_id):
            return Outcome(events=follow(person_of(clients, person_id), context))
        case AssignCase(case_id=case_id):
            return Outcome(events=assignment.assign(_of_case(clients, case_id).case(case_id), command, context))
        case QueueCase(case_id=case_id):
            return Outcome(events=assignment.queue(_of_case(clients, case_id).case(case_id), command, context))
        case _:
            assert_never(command)


def _of_case(clients: Clients[Client], case_id: str) -> Person:
    return holder(clients, case_id, UnknownCase)[1]


def react(clients: Clients[Client], message: Message, context: Context) -> Iterable[Event]:
    event = message.event
    if isinstance(event, IntakePersonEvent):
        return on_intake(clients, event, context)
    if isinstance(event, ReferralsEvent):
        return on_referrals(clients, event, context)
    if isinstance(event, DayStarted):
        return on_day(clients, message.subject, context)
    return ()  # names and addresses decide nothing


def touches(message: Message) -> Iterable[str]:
    """Whose states a message needs: its own client's, both of a merge; a payment concerns nobody here."""
    match message.event:
        case Erasure(others=others):
            return message.subject, *others
        case intake.BenefitPaid() | intake.PaymentReversed():
            return ()
        case intake.ClientsMerged(survivor_id=survivor, loser_id=loser):
            return survivor, loser
        case intake.ClientsUnmerged(survivor_id=survivor, loser_id=loser):
            return survivor, loser
        case _:
            return (message.subject,)
