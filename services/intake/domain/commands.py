"""What intake can be told to do. `on` None is today.

Fields after `# prepared` are not the caller's: they are looked up in its transaction. `relatives`: the records
with whom those of the command share, or shared, a household.
"""

from dataclasses import dataclass
from datetime import date

from contracts.words import (
    Ability,
    BasisKind,
    BenefitEndReason,
    BenefitKind,
    Currency,
    Department,
    DepartureReason,
    Mobility,
    Money,
    OfficeChangeReason,
    ProtectionClass,
    Qualification,
    Sex,
)
from services.intake.domain.identity import Identity

Similar = tuple[tuple[str, int], ...]
"""Persons whose records resemble another's, with the similarity in per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdChoice:
    """An office's number of a household, or the id of a known one; neither: a new household."""

    number: str | None = None
    household_id: str | None = None
    head: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitGrant:
    kind: BenefitKind
    monthly: Money
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionGrant:
    protection_class: ProtectionClass
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """`departments` None: triage decides. `office` None: the one responsible for the district."""

    identity: Identity
    sex: Sex
    district: str
    author: str
    office: str | None = None
    household: HouseholdChoice = HouseholdChoice()
    benefits: tuple[BenefitGrant, ...] = ()
    protection: ProtectionGrant | None = None
    departments: tuple[Department, ...] | None = None
    registered_on: date | None = None
    # prepared
    person_id: str = ""
    household_id: str = ""
    similar: Similar = ()
    relatives: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, *(other for other, _ in self.similar), *self.relatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommand:
    """A command to one client; a merged id's is carried out at the survivor."""

    person_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCommand(PersonCommand):
    """A command that may change name or address. `identity`: the whole of it afterwards, None if it stays."""

    # prepared
    identity: Identity | None = None
    similar: Similar = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, *(other for other, _ in self.similar))


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(IdentityCommand):
    district: str
    street: str
    house_number: str
    postcode: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct(IdentityCommand):
    """What was wrong from the start; None stays as it was."""

    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    district: str | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(PersonCommand):
    """To the office that is responsible for the client's district on that day, if it is another one."""

    on: date
    reason: OfficeChangeReason


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinHousehold(PersonCommand):
    """`companions` go along: a part of a household splits off, or joins another one, together."""

    household: HouseholdChoice
    companions: tuple[str, ...] = ()
    on: date | None = None
    # prepared
    household_id: str = ""
    relatives: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, *self.companions, *self.relatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignDepartments(PersonCommand):
    departments: tuple[Department, ...]
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessAbility(PersonCommand):
    """`strengths` and `wishes` are the client's, in words: no event tells them."""

    ability: Ability
    qualification: Qualification
    languages: tuple[str, ...]
    hours_per_week: int
    mobility: Mobility
    work_permit: bool
    author: str
    strengths: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    earliest_start: date | None = None
    on: date | None = None
    # prepared: None of whom no identity is known
    birth_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retriage(PersonCommand):
    """The client has grown up: what departments look after them is decided again. Ordered by the calendar alone."""

    birth_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProtection(PersonCommand):
    protection: ProtectionGrant
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearProtection(PersonCommand):
    protection_id: str
    author: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBasis(PersonCommand):
    kind: BasisKind
    agency: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeBasis(PersonCommand):
    basis_id: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBenefit(PersonCommand):
    grant: BenefitGrant


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBenefit(PersonCommand):
    benefit_id: str
    monthly: Money
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndBenefit(PersonCommand):
    """`on` is the first day on which the benefit is no longer in force."""

    benefit_id: str
    reason: BenefitEndReason
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndBenefits(PersonCommand):
    reason: BenefitEndReason
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depart(PersonCommand):
    """`on` is the first day without the client. A void one never was: its `on` is the day of registration."""

    reason: DepartureReason
    on: date | None = None
    # prepared
    relatives: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, *self.relatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeClients:
    survivor_id: str
    loser_id: str
    # prepared
    relatives: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.survivor_id, self.loser_id, *self.relatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoMerge:
    merge_id: str
    # prepared
    relatives: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.merge_id, *self.relatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissDuplicate:
    """The two records of a review item are two persons."""

    person_id: str
    other_id: str
    author: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, self.other_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The members' monthly amounts of one kind and currency, summed; `head` receives them for the household."""

    head: str
    kind: BenefitKind
    minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class PayHousehold:
    """Pays a household's benefits of a month, once for each kind."""

    household_id: str
    month: str
    # prepared: only what is not paid yet
    shares: tuple[Share, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(sorted({share.head for share in self.shares}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A household's aid of a month, as it was paid to `person_id`."""

    person_id: str
    household_id: str
    kind: BenefitKind
    month: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePayment:
    """Takes back a payment that was made in error. What the month then still owes, the next payment pays."""

    payment_id: str
    author: str
    # prepared
    paid: Paid | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.paid.person_id,) if self.paid else ()


Command = (
    Register
    | Move
    | Correct
    | Transfer
    | JoinHousehold
    | AssignDepartments
    | AssessAbility
    | Retriage
    | SetProtection
    | ClearProtection
    | RecordBasis
    | RevokeBasis
    | StartBenefit
    | ChangeBenefit
    | EndBenefit
    | EndBenefits
    | Depart
    | MergeClients
    | UndoMerge
    | DismissDuplicate
    | PayHousehold
    | ReversePayment
)
"""Every command, for an exhaustive `match`."""
