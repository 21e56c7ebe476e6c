"""`partners.<agency>.out.v1` and `partners.<agency>.in.v1`: what the city tells an agency, and what it hears.

To partners: closed allow-lists of coded fields without free text; never a person's or household's id. From partners:
unknown fields are tolerated, and nothing that is not in the model is stored.
A reason that the protocol demands is optional here, so that its absence is answered with `missing_reason`.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.event import Event, ReferralMessage
from contracts.profile import Profile
from contracts.words import (
    AgencyId,
    DeclinedBy,
    EmployerId,
    EndReason,
    MessageId,
    PlacementKind,
    RejectionCode,
    RejectReason,
    ServiceKind,
    Standing,
    StatusQuestion,
)


class ToPartner(ReferralMessage):
    """City to agency."""

    family: ClassVar[str] = "partners.out"


class FromPartner(ReferralMessage):
    """Agency to city. `occurred_on` is the agency's business date of what it says."""

    family: ClassVar[str] = "partners.in"


class ReferralOffered(ToPartner):
    """One client, under a pseudonym, for one service. Decide before the day `answer_by` begins."""

    service: ServiceKind
    profile: Profile
    answer_by: date


class ReferralReminded(ToPartner):
    """No decision yet; decide before the day `answer_by` begins."""

    answer_by: date


ContactText = Annotated[str, StringConstraints(max_length=100)]
"""The only free text that ever leaves for an agency."""


class ContactReleased(ToPartner):
    """After acceptance only: how to reach the client."""

    given_name: ContactText
    family_name: ContactText
    street: ContactText
    house_number: ContactText
    postcode: ContactText
    phone: ContactText | None


class ReferralWithdrawn(ToPartner):
    """The offer or service is taken back, for whatever reason: stop. No reason is ever given."""


class StatusQueried(ToPartner):
    """How do things stand? Answer with `PlacementStatusReported` (months_6, months_12) or with any message
    (silence)."""

    question: StatusQuestion
    result_id: MessageId | None = None
    """The message that reported the placement asked about."""


class EraseRequested(ToPartner):
    """Erase what you hold of the client and answer `EraseConfirmed`."""


class LastAnswer(BaseModel):
    """What a message of the agency was answered last: rejected with `code`, `held`, or else applied."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    message_id: MessageId
    held: bool = False
    code: RejectionCode | None = None


class ReferralStands(ToPartner):
    """After a resync, of an open referral: where it stands, and what your messages about it were answered."""

    state: Standing
    answers: tuple[LastAnswer, ...]
    """Of the newest twenty messages that had an answer, then of all that are held."""


RecordKey = Annotated[str, StringConstraints(max_length=200)]
PartnerTopic = Annotated[str, StringConstraints(pattern=r"^partners\.[a-z][a-z0-9-]{0,39}\.in\.v1$")]


class Answer(Event):
    """Every record on an agency's topic gets exactly one final answer, under the record's own key (R9)."""

    family: ClassVar[str] = "partners.out"

    key: RecordKey
    """The key of the record answered; empty where it had none that could be read."""
    topic: PartnerTopic
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    message_id: MessageId | None
    """`ce_id` of the record answered, where it could be read."""

    @property
    def subject(self) -> str:
        """The key answered, or `-`: no envelope goes without a subject."""
        return self.key or "-"


class MessageApplied(Answer):
    """Final: the city's state now includes it."""


class MessageDuplicate(Answer):
    """Final: it was applied before, under this or another event id."""


class MessageHeld(Answer):
    """Not final: it refers to something yet to come; a final answer follows by `held_until` at the latest."""

    held_until: date


class MessageRejected(Answer):
    """Final: it changes nothing. What to do about each code: contracts/README.md."""

    code: RejectionCode


class CapacityAnnounced(Event):
    """Free places for one service, keyed by the service; a statement about no person (R8)."""

    family: ClassVar[str] = "partners.in"

    service: ServiceKind
    places: int = Field(ge=0, le=100_000)

    @property
    def subject(self) -> str:
        return self.service


class ReferralReceived(FromPartner):
    """We have it. Not yet a decision."""


class ReferralAccepted(FromPartner):
    """We take the client on."""


class ReferralRejected(FromPartner):
    """We, or the client, decline."""

    reason: RejectReason | None = None
    declined_by: DeclinedBy | None = None


class ServiceStarted(FromPartner):
    """The client has begun with us."""


class ServiceHeld(FromPartner):
    """Interrupted, to be looked at again on `review_on`."""

    review_on: date | None = None


class ServiceResumed(FromPartner):
    """The client goes on."""


class ServiceDiscontinued(FromPartner):
    """Broken off. `without_result` ends a finished service that found no job (-> failed), otherwise -> discontinued."""

    reason: EndReason | None = None
    without_result: bool = False


class PlacementResultReported(FromPartner):
    """A job or training came about. Its `ce_id` is the result's id in everything said about it later.

    `employer_id` may be missing only for self-employment and training at a school.
    """

    kind: PlacementKind
    employer_id: EmployerId | None = None
    start_date: date
    hours_per_week: int = Field(ge=0, le=60)


class PlacementStatusReported(FromPartner):
    """Whether the client was insured in the placement on `occurred_on`."""

    result_id: MessageId
    insured: bool


class PlacementEnded(FromPartner):
    """`end_date` is the first day without the placement."""

    result_id: MessageId
    end_date: date
    reason: EndReason | None = None


class ResultCorrected(FromPartner):
    """Supersedes the result `result_id`; `void` takes it back entirely, otherwise all fields are given anew."""

    result_id: MessageId
    void: bool = False
    kind: PlacementKind | None = None
    employer_id: EmployerId | None = None
    start_date: date | None = None
    hours_per_week: int | None = Field(default=None, ge=0, le=60)


class EraseConfirmed(FromPartner):
    """We have erased what we held."""


class ResyncRequested(FromPartner):
    """Tell us again how this referral stands."""


class AgencyResyncRequested(Event):
    """Tell us again how all our referrals stand. Keyed by the agency's own id; its answer comes when all is told."""

    family: ClassVar[str] = "partners.in"

    agency: AgencyId

    @property
    def subject(self) -> str:
        return self.agency


PartnerMessage = (
    CapacityAnnounced
    | ReferralReceived
    | ReferralAccepted
    | ReferralRejected
    | ServiceStarted
    | ServiceHeld
    | ServiceResumed
    | ServiceDiscontinued
    | PlacementResultReported
    | PlacementStatusReported
    | PlacementEnded
    | ResultCorrected
    | EraseConfirmed
    | ResyncRequested
    | AgencyResyncRequested
)
"""Everything an agency may say on `partners.<agency>.in.v1`."""

CityMessage = (
    ReferralOffered
    | ReferralReminded
    | ContactReleased
    | ReferralWithdrawn
    | StatusQueried
    | EraseRequested
    | ReferralStands
    | MessageApplied
    | MessageDuplicate
    | MessageHeld
    | MessageRejected
)
"""Everything the city says on `partners.<agency>.out.v1`."""
