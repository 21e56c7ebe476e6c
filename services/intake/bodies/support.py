"""What the client receives, can do and is protected from."""

from datetime import date
from typing import Final

from pydantic import Field

from contracts.words import (
    Ability,
    AgencyId,
    BasisKind,
    BenefitEndReason,
    BenefitKind,
    Currency,
    LanguageCode,
    Mobility,
    Money,
    ProtectionClass,
    Qualification,
    YearMonth,
)
from services.intake.bodies.base import Body, PersonBody, Sentences
from services.intake.domain import commands as told

MAX_MONTHLY_MINOR: Final = 10_000_000
"""100,000 DM or euro a month: a larger amount is a slip of the pen."""


class AmountBody(Body):
    """Pfennig or cent."""

    minor: int = Field(ge=1, le=MAX_MONTHLY_MINOR)
    currency: Currency

    def money(self) -> Money:
        return Money(minor=self.minor, currency=self.currency)


class BenefitBody(Body):
    kind: BenefitKind
    monthly: AmountBody
    since: date

    def grant(self) -> told.BenefitGrant:
        return told.BenefitGrant(kind=self.kind, monthly=self.monthly.money(), since=self.since)


class ProtectionBody(Body):
    """`class`, and the days on which it holds, both inclusive; `valid_until` left out: without end."""

    protection_class: ProtectionClass = Field(alias="class")
    valid_from: date | None = None
    valid_until: date | None = None

    def grant(self) -> told.ProtectionGrant:
        return told.ProtectionGrant(
            protection_class=self.protection_class, valid_from=self.valid_from, valid_until=self.valid_until
        )


class AssessmentBody(PersonBody):
    """`hours_per_week` the client can work; `earliest_start` left out: at once. `strengths`, `wishes`: in words."""

    ability: Ability
    qualification: Qualification
    languages: tuple[LanguageCode, ...] = Field(max_length=10)
    hours_per_week: int = Field(ge=0, le=60)
    mobility: Mobility
    work_permit: bool
    strengths: Sentences = ()
    wishes: Sentences = ()
    earliest_start: date | None = None
    on: date | None = None

    def order(self, person_id: str, author: str, /) -> told.AssessAbility:
        return told.AssessAbility(
            person_id=person_id,
            ability=self.ability,
            qualification=self.qualification,
            languages=tuple(dict.fromkeys(self.languages)),
            hours_per_week=self.hours_per_week,
            mobility=self.mobility,
            work_permit=self.work_permit,
            author=author,
            strengths=self.strengths,
            wishes=self.wishes,
            earliest_start=self.earliest_start,
            on=self.on,
        )


class SetProtectionBody(ProtectionBody, PersonBody):
    def order(self, person_id: str, author: str, /) -> told.SetProtection:
        return told.SetProtection(person_id=person_id, protection=self.grant(), author=author)


class DayBody(Body):
    """`on`: the first day on which it no longer holds."""

    on: date | None = None


class BasisBody(PersonBody):
    """`agency` left out: any agency."""

    kind: BasisKind
    agency: AgencyId | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def order(self, person_id: str, _author: str, /) -> told.RecordBasis:
        return told.RecordBasis(
            person_id=person_id,
            kind=self.kind,
            agency=self.agency,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class StartBenefitBody(BenefitBody, PersonBody):
    def order(self, person_id: str, _author: str, /) -> told.StartBenefit:
        return told.StartBenefit(person_id=person_id, grant=self.grant())


class ChangeBenefitBody(Body):
    monthly: AmountBody
    on: date | None = None


class EndBenefitBody(Body):
    """`on`: the first day on which the benefit is no longer in force."""

    reason: BenefitEndReason
    on: date | None = None


class EndBenefitsBody(EndBenefitBody, PersonBody):
    def order(self, person_id: str, _author: str, /) -> told.EndBenefits:
        return told.EndBenefits(person_id=person_id, reason=self.reason, on=self.on)


class PaymentBody(Body):
    month: YearMonth
