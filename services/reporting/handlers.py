"""What happens when a message arrives: it becomes dated facts, and nothing else. One `match` per consumed topic."""

from collections.abc import Iterable
from typing import Final, assert_never, cast

from sqlmodel import SQLModel

from contracts import topics
from contracts.events import casework, intake, referrals, reporting
from contracts.words import Ability
from services.reporting.release.document import told_by
from services.reporting.release.store import ReleaseVersion
from services.reporting.store import (
    Assessment,
    BenefitEnd,
    BenefitStart,
    CaseMove,
    Characteristic,
    Departure,
    Erased,
    HouseholdMembership,
    Merge,
    Payment,
    PaymentReversal,
    PlacementConfirmation,
    PlacementEnd,
    PlacementReport,
    PlacementVoid,
    PlanAgreement,
    Protection,
    ProtectionClearing,
    ReferralMove,
    Registration,
    ResponsibleOffice,
    SustainmentCheck,
    Triage,
    Unmerge,
)
from services.runtime.decision import Message

Facts = tuple[SQLModel, ...]
WORKABLE: Final = frozenset({Ability.ABLE, Ability.NEEDS_QUALIFICATION})
"""Who can work, or could after a qualification: the stock of integration and activation (domain.md sections 1, 6)."""


def project(message: Message) -> Iterable[SQLModel]:
    """The facts of one message. The runtime keeps the last day, a day is no fact here."""
    if message.topic.name == topics.PERSON.name:
        return on_intake(cast("intake.IntakePersonEvent", message.event), message.sequence)
    if message.topic.name == topics.CASE.name:
        return on_casework(cast("casework.CaseworkEvent", message.event), message.sequence)
    if message.topic.name == topics.REFERRAL.name:
        return on_referrals(cast("referrals.ReferralsEvent", message.event), message.sequence)
    if message.topic.name == topics.RELEASE.name:
        return on_releases(cast("reporting.ReportingEvent", message.event), message.sequence)
    return ()


def on_intake(event: intake.IntakePersonEvent, sequence: int) -> Facts:
    person, day = event.person_id, event.occurred_on
    match event:
        case intake.ClientRegistered():
            return (
                Registration.model_construct(person_id=person, sequence=sequence, registered_on=day),
                Characteristic.model_construct(
                    person_id=person, sequence=sequence, sex=event.sex.value, birth_month=event.birth_month
                ),
                ResponsibleOffice.model_construct(person_id=person, sequence=sequence, since=day, office=event.office),
            )
        case intake.OfficeChanged():
            return (
                ResponsibleOffice.model_construct(person_id=person, sequence=sequence, since=day, office=event.office),
            )
        case intake.HouseholdChanged():
            household, head = event.household_id, event.head
            return (
                HouseholdMembership.model_construct(
                    person_id=person, sequence=sequence, since=day, household_id=household, head=head
                ),
            )
        case intake.BenefitStarted():
            return (
                BenefitStart.model_construct(
                    benefit_id=event.benefit_id, person_id=person, kind=event.kind.value, since=day
                ),
            )
        case intake.BenefitEnded():
            return (
                BenefitEnd.model_construct(
                    person_id=person, sequence=sequence, benefit_id=event.benefit_id, ended_on=day
                ),
            )
        case intake.BenefitPaid():
            return (
                Payment.model_construct(
                    payment_id=event.payment_id,
                    person_id=person,
                    kind=event.kind.value,
                    month=event.month,
                    paid_on=day,
                    minor=event.amount.minor,
                    currency=event.amount.currency.value,
                ),
            )
        case intake.PaymentReversed():
            return (PaymentReversal.model_construct(payment_id=event.payment_id, reversed_on=day),)
        case intake.ClientDeparted():
            return (
                Departure.model_construct(
                    person_id=person, sequence=sequence, departed_on=day, reason=event.reason.value
                ),
            )
        case intake.ClientErased():
            return (Erased.model_construct(person_id=person, erased_on=day),)
        case intake.ClientsMerged():
            if person != event.loser_id:
                return ()  # the survivor's copy says the same
            survivor = event.survivor_id
            return (
                Merge.model_construct(merge_id=event.merge_id, loser_id=person, survivor_id=survivor, merged_on=day),
            )
        case intake.ClientsUnmerged():
            if person != event.loser_id:
                return ()
            return (Unmerge.model_construct(merge_id=event.merge_id, unmerged_on=day),)
        case intake.BenefitChanged() | intake.PossibleDuplicateFound() | intake.PossibleDuplicateDismissed():
            return ()  # expenditure is what was paid; a possible duplicate is two persons until they are merged
        case intake.DepartmentsAssigned():
            found = ",".join(sorted(department.value for department in event.departments))
            return (Triage.model_construct(person_id=person, sequence=sequence, since=day, departments=found),)
        case intake.AbilityAssessed():
            able = event.ability in WORKABLE
            return (Assessment.model_construct(person_id=person, sequence=sequence, assessed_on=day, able=able),)
        case intake.ClientCorrected():
            sex = event.sex.value if event.sex else None
            return (
                Characteristic.model_construct(
                    person_id=person, sequence=sequence, sex=sex, birth_month=event.birth_month
                ),
            )
        case intake.ProtectionSet():
            return (
                Protection.model_construct(
                    protection_id=event.protection_id,
                    person_id=person,
                    valid_from=event.valid_from,
                    valid_until=event.valid_until,
                ),
            )
        case intake.ProtectionCleared():
            which = event.protection_id
            return (
                ProtectionClearing.model_construct(
                    person_id=person, sequence=sequence, protection_id=which, cleared_on=day
                ),
            )
        case intake.DisclosureBasisRecorded() | intake.DisclosureBasisRevoked():
            return ()  # no figure rests on them
        case _:
            assert_never(event)


def on_casework(event: casework.CaseworkEvent, sequence: int) -> Facts:
    match event:
        case casework.CaseOpened() | casework.CaseReopened():
            return (_case(event, sequence, is_open=True),)
        case casework.CaseClosed():
            return (_case(event, sequence, is_open=False),)
        case casework.CaseTransferred() | casework.CaseAssigned() | casework.CaseQueued():
            return ()  # a case counts at the office responsible for the client's address (domain.md 8.10)
        case casework.ReferralRequested() | casework.ReferralWithdrawalRequested():
            return ()  # a wish: what became of it comes from referrals
        case casework.PlanAgreed():
            person, case_id = event.person_id, event.case_id
            return (
                PlanAgreement.model_construct(
                    person_id=person, sequence=sequence, case_id=case_id, agreed_on=event.occurred_on
                ),
            )
        case (
            casework.PlanRevised()
            | casework.ReviewDue()
            | casework.ReconciliationOpened()
            | casework.ReconciliationResolved()
            | casework.SuggestionMade()
            | casework.SuggestionSettled()
        ):
            return ()  # no figure rests on them
        case _:
            assert_never(event)


def on_referrals(event: referrals.ReferralsEvent, sequence: int) -> Facts:
    match event:
        case referrals.ReferralDrafted():
            return (_referral(event, sequence, "draft"),)
        case referrals.ReferralRequested():
            return (_referral(event, sequence, "requested"),)
        case referrals.ReferralReceived():
            return (_referral(event, sequence, "received"),)
        case referrals.ReferralAccepted():
            return (_referral(event, sequence, "accepted"),)
        case referrals.ReferralRejected():
            return (_referral(event, sequence, "rejected", declined_by=event.declined_by.value),)
        case referrals.ReferralWithdrawn():
            return (_referral(event, sequence, "withdrawn"),)
        case referrals.ReferralExpired():
            return (_referral(event, sequence, "expired"),)
        case referrals.ServiceStarted() | referrals.ServiceResumed():
            return (_referral(event, sequence, "in_service"),)
        case referrals.ServiceHeld():
            return (_referral(event, sequence, "on_hold"),)
        case referrals.ReferralCompleted():
            return (_referral(event, sequence, "completed"),)
        case referrals.ReferralFailed():
            return (_referral(event, sequence, "failed"),)
        case referrals.ReferralDiscontinued():
            return (_referral(event, sequence, "discontinued"),)
        case referrals.ReferralRefused() | referrals.ReferralVoided():
            return (_referral(event, sequence, "void"),)
        case referrals.PlacementReported():
            return (
                PlacementReport.model_construct(
                    placement_id=event.placement_id,
                    person_id=event.person_id,
                    agency=event.agency,
                    kind=event.kind.value,
                    employer_id=event.employer_id,
                    hours_per_week=event.hours_per_week,
                    started_on=event.occurred_on,
                    credited=event.credited,
                ),
            )
        case referrals.PlacementConfirmed():
            placement, person, start = event.placement_id, event.person_id, event.occurred_on
            return (PlacementConfirmation.model_construct(placement_id=placement, person_id=person, started_on=start),)
        case referrals.PlacementEnded():
            person, placement, day = event.person_id, event.placement_id, event.occurred_on
            return (
                PlacementEnd.model_construct(person_id=person, sequence=sequence, placement_id=placement, ended_on=day),
            )
        case referrals.PlacementVoided():
            return (PlacementVoid.model_construct(placement_id=event.placement_id, voided_on=event.occurred_on),)
        case referrals.SustainmentChecked():
            placement, outcome = event.placement_id, event.outcome.value
            return (
                SustainmentCheck.model_construct(
                    placement_id=placement,
                    months=event.months,
                    revision=event.revision,
                    checked_on=event.occurred_on,
                    outcome=outcome,
                ),
            )
        case referrals.InsuranceReported() | referrals.ResultRepeated():
            return ()  # SustainmentChecked tells what it comes to; a result counts once, however often it is told
        case referrals.MoveRefused() | referrals.PartnerMessageHeld() | referrals.PartnerMessageRejected():
            return ()  # nothing moved
        case referrals.ReferralReminded() | referrals.StatusQueried() | referrals.ErasureConfirmed():
            return ()  # no figure rests on them
        case _:
            assert_never(event)


def on_releases(event: reporting.ReportingEvent, sequence: int) -> Facts:
    """Our own: a rebuilt service has its releases from their topic."""
    match event:
        case reporting.ReleasePublished() | reporting.ReleaseRestated():
            return (
                ReleaseVersion.model_construct(
                    month=event.month,
                    version=sequence,
                    told_on=event.occurred_on,
                    digest=event.digest,
                    file=told_by(event, sequence).json(),
                ),
            )
        case _:
            assert_never(event)


def _case(
    event: casework.CaseOpened | casework.CaseReopened | casework.CaseClosed, sequence: int, *, is_open: bool
) -> CaseMove:
    person, case_id = event.person_id, event.case_id
    return CaseMove.model_construct(
        person_id=person, sequence=sequence, case_id=case_id, moved_on=event.occurred_on, is_open=is_open
    )


def _referral(
    event: referrals.ReferralEvent, sequence: int, state: str, *, declined_by: str | None = None
) -> ReferralMove:
    return ReferralMove.model_construct(
        person_id=event.person_id,
        sequence=sequence,
        referral_id=event.referral_id,
        agency=event.agency,
        state=state,
        moved_on=event.occurred_on,
        declined_by=declined_by,
    )
