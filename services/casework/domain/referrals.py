"""What referrals has told of a client's referrals and placements, folded from `referrals.referral.v1` alone."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, assert_never

from contracts.events import referrals as told
from contracts.words import PlacementKind, ServiceKind


class ReferralState(StrEnum):
    """The states of domain.md section 4."""

    DRAFT = "draft"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_SERVICE = "in_service"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DISCONTINUED = "discontinued"
    VOID = "void"


TERMINAL: Final = frozenset(
    {
        ReferralState.COMPLETED,
        ReferralState.FAILED,
        ReferralState.REJECTED,
        ReferralState.WITHDRAWN,
        ReferralState.EXPIRED,
        ReferralState.DISCONTINUED,
        ReferralState.VOID,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """`requested_on`: the day on which the offer left. `reason`: the coded reason of its end."""

    referral_id: str
    agency: str
    case_id: str | None = None
    service: ServiceKind | None = None
    state: ReferralState = ReferralState.DRAFT
    requested_on: date | None = None
    reason: str | None = None

    @property
    def open(self) -> bool:
        return self.state not in TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """`ended_on` is the first day without it; a voided one never was."""

    placement_id: str
    referral_id: str
    agency: str
    kind: PlacementKind
    start: date
    credited: bool
    confirmed: bool = False
    ended_on: date | None = None
    voided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrals:
    referrals: tuple[Referral, ...] = ()
    placements: tuple[Placement, ...] = ()


PlacementChange = told.PlacementReported | told.PlacementConfirmed | told.PlacementEnded | told.PlacementVoided
Transition = (
    told.ReferralDrafted
    | told.ReferralRequested
    | told.ReferralRefused
    | told.ReferralReceived
    | told.ReferralAccepted
    | told.ReferralRejected
    | told.ReferralWithdrawn
    | told.ReferralExpired
    | told.ServiceStarted
    | told.ServiceHeld
    | told.ServiceResumed
    | told.ReferralCompleted
    | told.ReferralFailed
    | told.ReferralDiscontinued
    | told.ReferralVoided
)


def fold(record: Referrals, event: told.ReferralsEvent) -> Referrals:
    """The record after one more message of `referrals.referral.v1`."""
    match event:
        case told.PlacementReported() | told.PlacementConfirmed() | told.PlacementEnded() | told.PlacementVoided():
            return replace(record, placements=_placements(record.placements, event))
        case (
            told.ReferralReminded()
            | told.MoveRefused()
            | told.StatusQueried()
            | told.SustainmentChecked()
            | told.InsuranceReported()
            | told.ResultRepeated()
            | told.PartnerMessageHeld()
            | told.PartnerMessageRejected()
            | told.ErasureConfirmed()
        ):
            return record  # the timeline tells of them; no referral or placement changes by them
        case (
            told.ReferralDrafted()
            | told.ReferralRequested()
            | told.ReferralRefused()
            | told.ReferralReceived()
            | told.ReferralAccepted()
            | told.ReferralRejected()
            | told.ReferralWithdrawn()
            | told.ReferralExpired()
            | told.ServiceStarted()
            | told.ServiceHeld()
            | told.ServiceResumed()
            | told.ReferralCompleted()
            | told.ReferralFailed()
            | told.ReferralDiscontinued()
            | told.ReferralVoided()
        ):
            return replace(record, referrals=_referrals(record.referrals, event))
        case _:
            assert_never(event)


def _referrals(known: tuple[Referral, ...], event: Transition) -> tuple[Referral, ...]:
    before = next((one for one in known if one.referral_id == event.referral_id), None)
    if before is None:
        return (*known, _moved(Referral(referral_id=event.referral_id, agency=event.agency), event))
    return tuple(_moved(one, event) if one is before else one for one in known)


def _moved(referral: Referral, event: Transition) -> Referral:
    match event:
        case told.ReferralDrafted():
            return replace(referral, case_id=event.case_id, service=event.service)
        case told.ReferralRequested():
            return replace(
                referral,
                case_id=event.case_id,
                service=event.service,
                state=ReferralState.REQUESTED,
                requested_on=event.occurred_on,
            )
        case told.ReferralRefused():
            return replace(referral, state=ReferralState.VOID, reason=event.code.value)
        case told.ReferralReceived():
            return replace(referral, state=ReferralState.RECEIVED)
        case told.ReferralAccepted():
            return replace(referral, state=ReferralState.ACCEPTED)
        case told.ServiceStarted() | told.ServiceResumed():
            return replace(referral, state=ReferralState.IN_SERVICE)
        case told.ServiceHeld():
            return replace(referral, state=ReferralState.ON_HOLD)
        case told.ReferralCompleted():
            return replace(referral, state=ReferralState.COMPLETED)
        case told.ReferralRejected():
            return replace(referral, state=ReferralState.REJECTED, reason=event.reason.value)
        case told.ReferralWithdrawn():
            return replace(referral, state=ReferralState.WITHDRAWN, reason=event.reason.value)
        case told.ReferralExpired():
            return replace(referral, state=ReferralState.EXPIRED)
        case told.ReferralFailed():
            return replace(referral, state=ReferralState.FAILED, reason=event.reason.value)
        case told.ReferralDiscontinued():
            return replace(referral, state=ReferralState.DISCONTINUED, reason=event.reason.value)
        case told.ReferralVoided():
            return replace(referral, state=ReferralState.VOID)
        case _:
            assert_never(event)


def _placements(known: tuple[Placement, ...], event: PlacementChange) -> tuple[Placement, ...]:
    match event:
        case told.PlacementReported():
            reported = Placement(
                placement_id=event.placement_id,
                referral_id=event.referral_id,
                agency=event.agency,
                kind=event.kind,
                start=event.occurred_on,
                credited=event.credited,
            )
            return (*known, reported)
        case told.PlacementConfirmed() | told.PlacementEnded() | told.PlacementVoided():
            return tuple(_changed(one, event) if one.placement_id == event.placement_id else one for one in known)
        case _:
            assert_never(event)


def _changed(
    placement: Placement, event: told.PlacementConfirmed | told.PlacementEnded | told.PlacementVoided
) -> Placement:
    match event:
        case told.PlacementConfirmed():
            return replace(placement, confirmed=True)
        case told.PlacementEnded():
            return replace(placement, ended_on=event.occurred_on)
        case told.PlacementVoided():
            return replace(placement, voided=True)
        case _:
            assert_never(event)
