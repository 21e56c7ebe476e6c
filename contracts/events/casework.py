"""`casework.case.v1`: the case manager's year with a client. Keyed by `person_id`; plan text and notes stay in
casework."""

from datetime import date

from pydantic import Field

from contracts.event import CaseEvent
from contracts.profile import Profile
from contracts.words import (
    AgencyId,
    CaseClosedReason,
    Goal,
    MessageId,
    OfficeId,
    PlacementId,
    ReferralId,
    RejectionCode,
    ReopenReason,
    ServiceKind,
    StaffId,
    Step,
    SuggestionKind,
    SuggestionOutcome,
    TransferReason,
    Uuid,
    WithdrawReason,
)


class CaseOpened(CaseEvent):
    """A case for a client who can work or needs qualification (domain.md C1); at most one open case a person."""

    office: OfficeId


class CaseQueued(CaseEvent):
    """No case manager of the office has room: the client waits, in order of `since` (C2)."""

    office: OfficeId
    since: date


class CaseAssigned(CaseEvent):
    """Exactly one case manager, at the client's office."""

    office: OfficeId
    case_manager: StaffId
    instead_of: StaffId | None = None
    """Whose case it is: an absent colleague's, to whom it goes back."""


class PlanAgreed(CaseEvent):
    """A joint plan (Hilfeplan) was agreed: codes and the version; its text stays in casework's database."""

    plan_version: int = Field(ge=1)
    goal: Goal
    steps: tuple[Step, ...]
    review_on: date


class PlanRevised(CaseEvent):
    """A further version of the plan, replacing the one before."""

    plan_version: int = Field(ge=2)
    goal: Goal
    steps: tuple[Step, ...]
    review_on: date


class ReviewDue(CaseEvent):
    """The plan's review date has come and no review has taken place."""

    plan_version: int = Field(ge=1)
    due_on: date


class ReferralRequested(CaseEvent):
    """A case manager wants to offer the client to an agency.

    `intake_sequence` is the client's newest record of `intake.person.v1` that the case manager's decision rests on:
    referrals decides nothing before it has seen as much.
    """

    referral_id: ReferralId
    agency: AgencyId
    service: ServiceKind
    profile: Profile
    intake_sequence: int = Field(ge=0)
    follows: ReferralId | None = None
    """The terminal referral that this one replaces: a terminal referral never reopens."""


class ReferralWithdrawalRequested(CaseEvent):
    """A case manager takes an offer back. The agency is never told the reason."""

    referral_id: ReferralId
    reason: WithdrawReason


class CaseTransferred(CaseEvent):
    """The client moved: another office and case manager (None: waiting there) from `occurred_on`."""

    office: OfficeId
    previous_office: OfficeId
    reason: TransferReason | None = None
    """None in records from before there were reasons."""


class CaseClosed(CaseEvent):
    """The case has ended; its history and cohort stay, and it may be reopened (C8)."""

    reason: CaseClosedReason


class CaseReopened(CaseEvent):
    """The same case with its history and cohort goes on."""

    office: OfficeId
    reason: ReopenReason | None = None
    """None in records from before there were reasons."""


class ReconciliationOpened(CaseEvent):
    """A partner's message could not be applied: exactly one work item (C7)."""

    item_id: Uuid
    referral_id: ReferralId
    message_id: MessageId
    code: RejectionCode
    agency: AgencyId | None = None
    """Who sent it, which may be one that does not have the referral (8.15)."""


class ReconciliationResolved(CaseEvent):
    """A person has dealt with the work item (C7)."""

    item_id: Uuid
    resolved_by: StaffId


class SuggestionMade(CaseEvent):
    """Casework suggests something to the case manager: exactly one work item, which does nothing by itself (R6, 8.12).

    `withdraw_referral` names the referral and the other agency's placement; `review_unmerge` the merge that has ended,
    and what gave way to it: the case, if it is `reopenable`, and a referral that could be asked for again.
    """

    item_id: Uuid
    kind: SuggestionKind
    referral_id: ReferralId | None = None
    placement_id: PlacementId | None = None
    merge_id: Uuid | None = None
    reopenable: bool = False


class SuggestionSettled(CaseEvent):
    """What became of a suggestion. Nobody settles one that lapses."""

    item_id: Uuid
    outcome: SuggestionOutcome
    settled_by: StaffId | None = None


CaseworkEvent = (
    CaseOpened
    | CaseQueued
    | CaseAssigned
    | PlanAgreed
    | PlanRevised
    | ReviewDue
    | ReferralRequested
    | ReferralWithdrawalRequested
    | CaseTransferred
    | CaseClosed
    | CaseReopened
    | ReconciliationOpened
    | ReconciliationResolved
    | SuggestionMade
    | SuggestionSettled
)
"""Everything on `casework.case.v1`, for an exhaustive `match`."""
