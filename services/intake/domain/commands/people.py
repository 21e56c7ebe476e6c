"""Who the client is and where they belong."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.words import Department, DepartureReason, OfficeChangeReason, Sex
from services.intake.domain.commands.base import (
    NEW_HOUSEHOLD,
    BenefitGrant,
    HouseholdChoice,
    PersonCommand,
    ProtectionGrant,
    Similar,
)
from services.intake.domain.identity import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """`departments` None: triage decides. `office` None: the one responsible for the district."""

    identity: Identity
    sex: Sex
    district: str
    author: str
    office: str | None = None
    household: HouseholdChoice = NEW_HOUSEHOLD
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
class Depart(PersonCommand):
    """`on` is the first day without the client. A void one never was: its `on` is the day of registration."""

    reason: DepartureReason
    on: date | None = None
    # prepared
    relatives: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, *self.relatives)


class ErasureReason(StrEnum):
    """Why a client's data go."""

    NO_LONGER_NEEDED = "no_longer_needed"
    REQUESTED = "requested"
    NOT_LAWFUL = "not_lawful"


class ErasureBasis(StrEnum):
    """What obliges the office: the tenth book of the social code, or a court."""

    SGB_X_84 = "sgb_x_84"
    COURT_ORDER = "court_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(PersonCommand):
    """Deletes a person, all of their records, in every service."""

    reason: ErasureReason
    basis: ErasureBasis
    author: str
    # prepared
    relatives: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id, *self.relatives, *self.others)


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
