"""What the client receives, can do and is protected from."""

from dataclasses import dataclass
from datetime import date

from contracts.words import Ability, BasisKind, BenefitEndReason, Mobility, Money, Qualification
from services.intake.domain.commands.base import BenefitGrant, PersonCommand, ProtectionGrant


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
