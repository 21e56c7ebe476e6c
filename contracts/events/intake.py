"""`intake.person.v1` and `intake.identity.v1`: who the client is, where they belong, what they receive.

Keyed by `person_id`. Event topics are kept for ever and hold no name, contact, address, full birth date or free text.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.event import Erasure, PersonEvent
from contracts.words import (
    Ability,
    AgencyId,
    BasisKind,
    BenefitEndReason,
    BenefitKind,
    Department,
    DepartureReason,
    DistrictId,
    HouseholdId,
    LanguageCode,
    Mobility,
    Money,
    OfficeChangeReason,
    OfficeId,
    PersonId,
    ProtectionClass,
    Qualification,
    Sex,
    StaffId,
    Uuid,
    YearMonth,
)


class IntakeEvent(PersonEvent):
    family: ClassVar[str] = "intake"


class ClientRegistered(IntakeEvent):
    """A person became a client of an office (domain.md I1). `birth_month` is all of the birth date that leaves
    intake."""

    office: OfficeId
    district: DistrictId
    sex: Sex
    birth_month: YearMonth


class PossibleDuplicateFound(IntakeEvent):
    """Two records may be one person (I2); `similarity` in per cent, 0 where it is not likeness but a merge that was
    undone which makes them a review item. Never a merge by itself."""

    other_id: PersonId
    similarity: int = Field(ge=0, le=100)


class PossibleDuplicateDismissed(IntakeEvent):
    """The two records of a review item are two persons: the pair is never offered again. Published once under each
    key."""

    other_id: PersonId
    author: StaffId


class ClientsMerged(IntakeEvent):
    """`loser_id` turned out to be `survivor_id`. Published once under each key, with one `merge_id`."""

    merge_id: Uuid
    survivor_id: PersonId
    loser_id: PersonId


class ClientsUnmerged(IntakeEvent):
    """The merge `merge_id` was wrong and is ended for good. Published once under each key."""

    merge_id: Uuid
    survivor_id: PersonId
    loser_id: PersonId


class HouseholdChanged(IntakeEvent):
    """From `occurred_on` the client belongs to this household (Bedarfsgemeinschaft), or to none. Payments go to its
    head."""

    household_id: HouseholdId | None
    head: bool


class OfficeChanged(IntakeEvent):
    """From `occurred_on` another office is responsible: by a move, or by the reorganisation of 2 October 2001."""

    office: OfficeId
    previous_office: OfficeId
    district: DistrictId
    reason: OfficeChangeReason


class DepartmentsAssigned(IntakeEvent):
    """Triage (I5): the departments that look after the client from `occurred_on`, replacing earlier ones."""

    departments: tuple[Department, ...]


class AbilityAssessed(IntakeEvent):
    """Ability to work, dated, with author (I6). Replaces the assessment before. `hours_per_week` the client can
    work."""

    ability: Ability
    qualification: Qualification
    languages: tuple[LanguageCode, ...]
    hours_per_week: int = Field(ge=0, le=60)
    mobility: Mobility
    work_permit: bool
    earliest_start: date
    author: StaffId


class ProtectionSet(IntakeEvent):
    """The client is protected from work offers from `valid_from` to `valid_until`, both inclusive (None: without
    end). `recorded_on`: the business day on which the author set it."""

    protection_id: Uuid
    protection_class: ProtectionClass
    valid_from: date
    valid_until: date | None
    author: StaffId
    recorded_on: date | None = None


class ProtectionCleared(IntakeEvent):
    """The protection no longer holds from `occurred_on`. Clearing never refers by itself. `recorded_on`: the business
    day on which the author cleared it."""

    protection_id: Uuid
    author: StaffId
    recorded_on: date | None = None


class DisclosureBasisRecorded(IntakeEvent):
    """A legal basis to tell `agency` (None: any agency) of the client, both dates inclusive."""

    basis_id: Uuid
    kind: BasisKind
    agency: AgencyId | None
    valid_from: date
    valid_until: date | None


class DisclosureBasisRevoked(IntakeEvent):
    """The basis no longer holds from `occurred_on`: the next send is blocked."""

    basis_id: Uuid


class BenefitStarted(IntakeEvent):
    """A benefit is in force from `occurred_on`; `monthly` is the client's share of the household's payment."""

    benefit_id: Uuid
    kind: BenefitKind
    monthly: Money


class BenefitChanged(IntakeEvent):
    """From `occurred_on` the benefit has another monthly amount."""

    benefit_id: Uuid
    monthly: Money


class BenefitEnded(IntakeEvent):
    """`occurred_on` is the first day on which the benefit is no longer in force."""

    benefit_id: Uuid
    reason: BenefitEndReason


class BenefitPaid(IntakeEvent):
    """A household's aid of one kind for `month` was paid to its head, `person_id`. Deutsche Mark to December 2001,
    then euro."""

    payment_id: Uuid
    household_id: HouseholdId
    kind: BenefitKind
    month: YearMonth
    amount: Money


class PaymentReversed(IntakeEvent):
    """A payment was made in error and is taken back, the whole of it, once. It counts in `month`, as the payment does,
    which was told under the same key; `occurred_on`: the day on which it was taken back."""

    payment_id: Uuid
    household_id: HouseholdId
    kind: BenefitKind
    month: YearMonth
    amount: Money
    author: StaffId


class ClientCorrected(IntakeEvent):
    """Statistical facts were wrong from the start; a None stays as it was."""

    sex: Sex | None = None
    birth_month: YearMonth | None = None


class ClientDeparted(IntakeEvent):
    """The client died, left the city, or was a wrong entry; `occurred_on` is the first day without."""

    reason: DepartureReason


class ClientErased(IntakeEvent, Erasure):
    """All that names or describes the client is deleted, in every service; told once under each of the person's keys.
    The name's record on `intake.identity.v1` is erased by a tombstone. Nothing follows under this key. `others`:
    clients who were taken for this one once, or merged with it wrongly."""


Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class IdentityRecorded(PersonEvent):
    """Name, birth date and address: on the compacted topic `intake.identity.v1` only, read by casework and referrals
    only.

    `ce_sequence` is a version, the newest wins; erasure is a tombstone.
    """

    family: ClassVar[str] = "identity"

    given_name: Name
    family_name: Name
    birth_date: date
    street: Name
    house_number: Annotated[str, StringConstraints(max_length=12)]
    postcode: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None


IntakePersonEvent = (
    ClientRegistered
    | PossibleDuplicateFound
    | PossibleDuplicateDismissed
    | ClientsMerged
    | ClientsUnmerged
    | HouseholdChanged
    | OfficeChanged
    | DepartmentsAssigned
    | AbilityAssessed
    | ProtectionSet
    | ProtectionCleared
    | DisclosureBasisRecorded
    | DisclosureBasisRevoked
    | BenefitStarted
    | BenefitChanged
    | BenefitEnded
    | BenefitPaid
    | PaymentReversed
    | ClientCorrected
    | ClientDeparted
    | ClientErased
)
"""Everything on `intake.person.v1`, for an exhaustive `match`."""
