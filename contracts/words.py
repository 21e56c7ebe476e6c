"""The vocabulary of the contracts: identifiers, codes and money, as domain.md section 2 names them.

Codes are closed lists of lower-case English words; German institutions keep their German names.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_SLUG: Final = r"^[a-z][a-z0-9-]{0,39}$"
MESSAGE_ID: Final = r"^[!-~]{1,200}$"

Uuid = Annotated[str, StringConstraints(pattern=_UUID)]
"""A lower-case UUID in its canonical text form."""
PersonId = Annotated[Uuid, Field(description="A client, by the id that only the city's own services use.")]
HouseholdId = Annotated[Uuid, Field(description="A Bedarfsgemeinschaft: people counted and paid together.")]
CaseId = Annotated[Uuid, Field(description="A case of casework.")]
ReferralId = Annotated[
    Uuid, Field(description="A referral: one client, one agency, one service. The client's pseudonym.")
]
PlacementId = Annotated[Uuid, Field(description="A job or training that came about.")]
OfficeId = Annotated[
    str, StringConstraints(pattern=_SLUG), Field(description="An office of `deploy/<city>/city.toml`.")
]
DistrictId = Annotated[
    str, StringConstraints(pattern=_SLUG), Field(description="A district of `deploy/<city>/city.toml`.")
]
AgencyId = Annotated[str, StringConstraints(pattern=_SLUG), Field(description="An agency; part of its topics' names.")]
StaffId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$"),
    Field(description="An official's account, never a client."),
]
MessageId = Annotated[
    str,
    StringConstraints(pattern=MESSAGE_ID),
    Field(description="A message's `ce_id`: visible ASCII characters without blanks."),
]
EmployerId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{8}$"),
    Field(description="Betriebsnummer: eight digits, given to every employer by the Bundesanstalt fuer Arbeit."),
]
YearMonth = Annotated[
    str, StringConstraints(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"), Field(description="A calendar month, `2001-03`.")
]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$"), Field(description="A language, ISO 639-1.")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z_]{0,39}$")]
"""A coded word whose list its producer keeps."""

DM_PER_EURO: Final = Decimal("1.95583")
"""Fixed by Council Regulation (EC) 2866/98."""


class Currency(StrEnum):
    DEM = "DEM"
    EUR = "EUR"


class Money(BaseModel):
    """An amount of money: integer minor units (Pfennig or cent) and its currency, never a float."""

    model_config = ConfigDict(frozen=True)

    minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        """The sum; refuses a mixture of currencies with `ValueError`."""
        if self.currency is not other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}: convert the sum once")
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def to(self, currency: Currency) -> "Money":
        """Converted once at 1.95583 DM a euro, rounded half up (domain.md section 6)."""
        if currency is self.currency:
            return self
        rate = 1 / DM_PER_EURO if currency is Currency.EUR else DM_PER_EURO
        minor = (Decimal(self.minor) * rate).quantize(Decimal(1), ROUND_HALF_UP)
        return Money(minor=int(minor), currency=currency)


def is_uuid(text: str) -> bool:
    return re.fullmatch(_UUID, text) is not None


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class Department(StrEnum):
    """The three departments of a Sozialzentrum (press release of 24.04.2002)."""

    ECONOMIC_ASSISTANCE = "economic_assistance"
    ADULTS = "adults"
    YOUNG_PEOPLE = "young_people"


class BenefitKind(StrEnum):
    """Hilfe zum Lebensunterhalt, Hilfe in besonderen Lebenslagen (BSHG)."""

    HLU = "hlu"
    HBL = "hbl"


class BenefitEndReason(StrEnum):
    WORK = "work"
    OTHER_INCOME = "other_income"
    DEPARTED = "departed"
    NO_LONGER_NEEDED = "no_longer_needed"
    ERROR = "error"


class OfficeChangeReason(StrEnum):
    MOVE = "move"
    REORGANISATION = "reorganisation"
    CORRECTION = "correction"


class DepartureReason(StrEnum):
    DEATH = "death"
    LEFT_CITY = "left_city"
    VOID = "void"
    """A record that should never have been: a wrong entry."""


class Ability(StrEnum):
    """Ability to work, as assessed by intake."""

    ABLE = "able"
    NEEDS_QUALIFICATION = "needs_qualification"
    LIMITED = "limited"
    UNABLE = "unable"


class Qualification(StrEnum):
    NONE = "none"
    SCHOOL = "school"
    VOCATIONAL = "vocational"
    ACADEMIC = "academic"


class Mobility(StrEnum):
    DISTRICT = "district"
    CITY = "city"
    REGION = "region"


class ProtectionClass(StrEnum):
    """Why a client is never referred to work; no partner ever learns of it."""

    OLD = "old"
    ILL = "ill"
    CHILD_UNDER_3 = "child_under_3"
    CARE = "care"


class BasisKind(StrEnum):
    """Legal basis for disclosing a client's data to an agency."""

    CONSENT = "consent"
    STATUTE = "statute"


class ServiceKind(StrEnum):
    """What an agency is asked to do for a client."""

    JOB_PLACEMENT = "job_placement"
    VOCATIONAL_TRAINING = "vocational_training"
    QUALIFICATION = "qualification"
    JOB_SCHEME = "job_scheme"


class Goal(StrEnum):
    """Where a plan leads (press release of 24.04.2002: into the labour market, or another chance such as an
    Ausbildung)."""

    REGULAR_JOB = "regular_job"
    SELF_EMPLOYMENT = "self_employment"
    VOCATIONAL_TRAINING = "vocational_training"
    QUALIFICATION = "qualification"


class Step(StrEnum):
    """A coded step of a plan; its wording stays in casework's database."""

    APPLY = "apply"
    LANGUAGE_COURSE = "language_course"
    CHILD_CARE = "child_care"
    COUNSELLING = "counselling"
    REFER = "refer"
    TRAINING = "training"


class CaseClosedReason(StrEnum):
    INTEGRATED = "integrated"
    AID_ENDED = "aid_ended"
    DEPARTED = "departed"
    PROTECTED = "protected"
    NOT_ABLE = "not_able"
    MERGED = "merged"
    ERROR = "error"


class TransferReason(StrEnum):
    """Why a case went to another office. The first three are intake's: why the office changed."""

    MOVE = "move"
    REORGANISATION = "reorganisation"
    CORRECTION = "correction"
    MERGED = "merged"
    """Two records turned out to be one person, whose address is the other record's."""
    UNMERGED = "unmerged"


class ReopenReason(StrEnum):
    """Why a case goes on. The first four are facts of intake's, the others a case manager's word."""

    AID_AGAIN = "aid_again"
    RETURNED = "returned"
    PROTECTION_ENDED = "protection_ended"
    ABLE_AGAIN = "able_again"
    CLOSED_IN_ERROR = "closed_in_error"
    SUPPORT_NEEDED = "support_needed"
    UNMERGED = "unmerged"
    """The client is not the person with whom the case was merged."""


class SuggestionKind(StrEnum):
    """What casework suggests to a case manager and never does by itself."""

    WITHDRAW_REFERRAL = "withdraw_referral"
    """Another agency has placed the client: this referral could be withdrawn."""
    REVIEW_UNMERGE = "review_unmerge"
    """Two records were parted again: what had given way could go on."""


class SuggestionOutcome(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    """It became pointless, or was seen to otherwise."""


class DeclinedBy(StrEnum):
    PARTNER = "partner"
    CLIENT = "client"


class RejectReason(StrEnum):
    NO_CAPACITY = "no_capacity"
    WAITLIST = "waitlist"
    NOT_ELIGIBLE = "not_eligible"
    WRONG_SERVICE = "wrong_service"
    DUPLICATE = "duplicate"
    INSUFFICIENT_DATA = "insufficient_data"
    CLIENT_DECLINED = "client_declined"
    UNREACHABLE = "unreachable"


class WithdrawReason(StrEnum):
    PROTECTED = "protected"
    MOVED_AWAY = "moved_away"
    AID_ENDED = "aid_ended"
    PLACED_ELSEWHERE = "placed_elsewhere"
    PLAN_CHANGED = "plan_changed"
    BASIS_REVOKED = "basis_revoked"
    DUPLICATE = "duplicate"
    ERROR = "error"


class EndReason(StrEnum):
    """Why a service was discontinued or failed, or a placement ended."""

    ILLNESS = "illness"
    NO_SHOW = "no_show"
    CLIENT_QUIT = "client_quit"
    EMPLOYER_ENDED = "employer_ended"
    PROVIDER_ENDED = "provider_ended"
    NO_SUITABLE_JOB = "no_suitable_job"


class RefusalCode(StrEnum):
    """Why a draft was never offered to an agency."""

    PROTECTED = "protected"
    NO_BASIS = "no_basis"
    OPEN_TWIN = "open_twin"
    DEPARTED = "departed"
    WITHDRAWN = "withdrawn"


class PlacementKind(StrEnum):
    """The first four are integrations (domain.md section 5)."""

    REGULAR_JOB = "regular_job"
    SUBSIDISED_JOB = "subsidised_job"
    SELF_EMPLOYMENT = "self_employment"
    VOCATIONAL_TRAINING = "vocational_training"
    JOB_SCHEME = "job_scheme"
    MINOR_JOB = "minor_job"
    QUALIFICATION_MEASURE = "qualification_measure"


INTEGRATIONS: Final = frozenset(
    {
        PlacementKind.REGULAR_JOB,
        PlacementKind.SUBSIDISED_JOB,
        PlacementKind.SELF_EMPLOYMENT,
        PlacementKind.VOCATIONAL_TRAINING,
    }
)
"""Placements in the first labour market (domain.md 8.8): a job scheme or a minor job is never one."""


class ConfirmedBy(StrEnum):
    CASE_MANAGER = "case_manager"
    START = "start"
    """The reported start has come."""


class Sustainment(StrEnum):
    SUSTAINED = "sustained"
    FAILED = "failed"
    UNKNOWN = "unknown"


class RejectionCode(StrEnum):
    """Why a partner's message could not be applied (domain.md section 7)."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LARGE = "too_large"
    UNKNOWN_REFERRAL = "unknown_referral"
    MISSING_REASON = "missing_reason"
    ILLEGAL_TRANSITION = "illegal_transition"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    IMPLAUSIBLE_DATE = "implausible_date"
    NO_SUCH_RESULT = "no_such_result"


class Standing(StrEnum):
    """Where an open referral stands, as its agency has said itself."""

    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_SERVICE = "in_service"
    ON_HOLD = "on_hold"


class StatusQuestion(StrEnum):
    SILENCE = "silence"
    """No message for a while of service."""
    MONTHS_6 = "months_6"
    MONTHS_12 = "months_12"
