"""`referrals.referral.v1`: every transition of the state machine (domain.md section 4) and the life of placements.

Keyed by `person_id`. `message_id` names the agency's message that caused a fact: a repeat of it is a duplicate.
"""

from datetime import date
from typing import Annotated, ClassVar, Final, get_args

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from contracts.event import Event, PersonEvent
from contracts.events import partners
from contracts.profile import Profile
from contracts.words import (
    AgencyId,
    CaseId,
    ConfirmedBy,
    DeclinedBy,
    EmployerId,
    EndReason,
    MessageId,
    PlacementId,
    PlacementKind,
    ReferralId,
    RefusalCode,
    RejectionCode,
    RejectReason,
    ServiceKind,
    StatusQuestion,
    Sustainment,
    WithdrawReason,
    Word,
)


class ReferralEvent(PersonEvent):
    family: ClassVar[str] = "referrals"

    referral_id: ReferralId
    agency: AgencyId


class ReferralDrafted(ReferralEvent):
    """-> draft. The request arrived; legal basis, protection gate and twins are yet to be checked."""

    case_id: CaseId
    service: ServiceKind
    profile: Profile
    intake_sequence: int = Field(ge=0)
    follows: ReferralId | None = None


class ReferralRequested(ReferralEvent):
    """draft -> requested: the offer leaves for the agency with this event. `occurred_on` is day 0 of its clock."""

    case_id: CaseId
    service: ServiceKind
    answer_by: date
    reminder_days: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    """Days after day 0 on which the agency is reminded, as they were configured then; older records do not say."""
    silence_days: Annotated[int, Field(ge=1)] | None = None
    """Days of service without a message until the agency is asked, as configured then; older records do not say."""


class ReferralRefused(ReferralEvent):
    """draft -> void: the offer never left."""

    code: RefusalCode


class ReferralReminded(ReferralEvent):
    """The agency was reminded, on the `day`-th day after the request."""

    day: int = Field(ge=1)


class ReferralReceived(ReferralEvent):
    """-> received: the agency has it. Receipt is not acceptance (R2)."""

    message_id: MessageId


class ReferralAccepted(ReferralEvent):
    """-> accepted. `implied`: a later message came first and showed it (8.1)."""

    message_id: MessageId
    implied: bool = False


class ReferralRejected(ReferralEvent):
    """-> rejected, with a coded reason and who declined (R3)."""

    message_id: MessageId
    reason: RejectReason
    declined_by: DeclinedBy


class ReferralWithdrawn(ReferralEvent):
    """-> withdrawn. The reason stays in the city."""

    reason: WithdrawReason


class ReferralExpired(ReferralEvent):
    """-> expired: no decision in time."""


class ServiceStarted(ReferralEvent):
    """-> in_service."""

    message_id: MessageId


class ServiceHeld(ReferralEvent):
    """-> on_hold, until a mandatory review date."""

    message_id: MessageId
    review_on: date


class ServiceResumed(ReferralEvent):
    """on_hold -> in_service."""

    message_id: MessageId


class ReferralCompleted(ReferralEvent):
    """-> completed, with the placement that came about."""

    message_id: MessageId
    placement_id: PlacementId


class ReferralFailed(ReferralEvent):
    """-> failed: the agency's service ended without a placement."""

    message_id: MessageId
    reason: EndReason


class ReferralDiscontinued(ReferralEvent):
    """-> discontinued: broken off by the agency or the client."""

    message_id: MessageId
    reason: EndReason


class ReferralVoided(ReferralEvent):
    """-> void, from any state, terminal ones too: entered in error."""


class MoveRefused(ReferralEvent):
    """An illegal move by a case manager or a client's circumstances was refused (R1)."""

    state: Word
    move: Word
    placement_id: PlacementId | None = None
    """The placement that should have moved, and whose the state is; None: the referral."""


class StatusQueried(ReferralEvent):
    """The agency was asked how things stand."""

    question: StatusQuestion
    placement_id: PlacementId | None = None


class PlacementReported(ReferralEvent):
    """A job or training came about. `occurred_on` is its start.

    `credited` is False when the result came after withdrawal or expiry: it counts for the person, not for the agency
    (8.2).
    """

    placement_id: PlacementId
    message_id: MessageId
    kind: PlacementKind
    employer_id: EmployerId | None
    hours_per_week: int = Field(ge=0, le=60)
    credited: bool = True
    supersedes: PlacementId | None = None


class ResultRepeated(ReferralEvent):
    """The agency told a result, or its correction, once more under another message id (8.3): what it says later may
    name either."""

    placement_id: PlacementId
    message_id: MessageId


class PlacementConfirmed(ReferralEvent):
    """Figures count the placement from now on; `occurred_on` is its start."""

    placement_id: PlacementId
    confirmed_by: ConfirmedBy


class PlacementEnded(ReferralEvent):
    """`occurred_on` is the first day without it."""

    placement_id: PlacementId
    message_id: MessageId
    reason: EndReason


class PlacementVoided(ReferralEvent):
    """The placement never was, or was superseded by a correction."""

    placement_id: PlacementId
    superseded_by: PlacementId | None = None


class SustainmentChecked(ReferralEvent):
    """Six or twelve months after the start: was the client insured? Unknown is not failed.

    Told again when what is learned late changes the outcome; the highest revision counts.
    """

    placement_id: PlacementId
    months: int = Field(ge=1, le=12)
    outcome: Sustainment
    revision: int = Field(default=0, ge=0)
    """How often another outcome was told before, of this placement and these months."""


class InsuranceReported(ReferralEvent):
    """The agency says whether the client was insured on `occurred_on` (an answer to a status query)."""

    placement_id: PlacementId
    message_id: MessageId
    insured: bool


_HOLDABLE: Final[dict[str, type[Event]]] = {m.type_name(): m for m in get_args(partners.PartnerMessage)}
PartnerMessageType = Annotated[str, StringConstraints(pattern=r"^lotse\.partners\.in\.[A-Za-z]+\.v[0-9]+$")]
"""The `ce_type` of an agency's message."""


UNKNOWN_MESSAGE: Final = "lotse.partners.in.Unknown.v0"
"""Stands for the `ce_type` of an agency's message that has none, or none of ours."""


class PartnerMessageHeld(ReferralEvent):
    """A message waits for the result it refers to (8.4); `held` is the message itself, to be applied when that
    arrives."""

    message_id: MessageId
    message_type: PartnerMessageType
    partition: int = Field(ge=0)
    """With `offset` the place of its record, which the final answer names."""
    offset: int = Field(ge=0)
    waits_for: MessageId
    held_until: date
    held: str = Field(json_schema_extra={"contentMediaType": "application/json"})
    """The message's JSON, cut down to the fields of its type: nothing else that an agency wrote is kept."""

    @field_validator("held")
    @classmethod
    def _only_its_fields(cls, held: str, info: ValidationInfo) -> str:
        model = _HOLDABLE.get(info.data.get("message_type", ""))
        if model is None:
            raise ValueError("message_type is no message of an agency")
        return model.model_validate_json(held).model_dump_json()


class PartnerMessageRejected(ReferralEvent):
    """A partner's message about this referral could not be applied and was answered so."""

    message_id: MessageId
    """Of a message without a readable `ce_id` the place of its record: topic/partition/offset."""
    message_type: PartnerMessageType
    code: RejectionCode
    state: Word
    readable: bool = True
    """False: nobody knows what the agency wanted to say, only that it was about this referral."""


class ErasureConfirmed(ReferralEvent):
    """The agency has erased the client's data."""

    message_id: MessageId


ReferralsEvent = (
    ReferralDrafted
    | ReferralRequested
    | ReferralRefused
    | ReferralReminded
    | ReferralReceived
    | ReferralAccepted
    | ReferralRejected
    | ReferralWithdrawn
    | ReferralExpired
    | ServiceStarted
    | ServiceHeld
    | ServiceResumed
    | ReferralCompleted
    | ReferralFailed
    | ReferralDiscontinued
    | ReferralVoided
    | MoveRefused
    | StatusQueried
    | PlacementReported
    | ResultRepeated
    | PlacementConfirmed
    | PlacementEnded
    | PlacementVoided
    | SustainmentChecked
    | InsuranceReported
    | PartnerMessageHeld
    | PartnerMessageRejected
    | ErasureConfirmed
)
"""Everything on `referrals.referral.v1`, for an exhaustive `match`."""
