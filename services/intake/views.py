"""What intake shows of a client. Names and addresses are not among it: their readers are casework and referrals."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict

from contracts.words import (
    Ability,
    BasisKind,
    BenefitKind,
    Currency,
    Department,
    Money,
    ProtectionClass,
    Qualification,
    Sex,
)
from services.intake.domain.client import Client
from services.intake.tables import (
    AssessmentRow,
    DismissedDuplicateRow,
    PaymentReversalRow,
    PaymentRow,
    PossibleDuplicateRow,
)


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FactView(View):
    """A dated fact, and the record in which it stands: a person who was merged has several."""

    person_id: str

    @classmethod
    def of(cls, record: Client, fact: object) -> Self:
        names = cls.model_fields.keys() - {"person_id"}
        return cls.model_validate({"person_id": record.person_id} | {name: getattr(fact, name) for name in names})


class ResidenceView(FactView):
    since: date
    office: str
    district: str


class MembershipView(FactView):
    since: date
    household_id: str | None
    head: bool


class AmountView(View):
    since: date
    monthly: Money


class BenefitView(FactView):
    """In force from `since` to the day before `ended_on`."""

    benefit_id: str
    kind: BenefitKind
    since: date
    ended_on: date | None
    amounts: tuple[AmountView, ...]


class ProtectionView(FactView):
    """Who set it and who cleared it, each with the business day on which they did."""

    protection_id: str
    protection_class: ProtectionClass
    valid_from: date
    valid_until: date | None
    set_by: str | None
    set_recorded_on: date | None
    cleared_on: date | None
    cleared_by: str | None
    clearing_recorded_on: date | None


class BasisView(FactView):
    basis_id: str
    kind: BasisKind
    agency: str | None
    valid_from: date
    valid_until: date | None
    revoked_on: date | None


class AssessmentView(View):
    """`strengths` and `wishes` in the words of the assessment."""

    person_id: str
    assessed_on: date
    author: str
    ability: Ability
    qualification: Qualification
    strengths: list[str]
    wishes: list[str]


class ClientView(View):
    """The whole person: the facts of all records that were merged.

    `merged_from`: the id that was asked for, if it leads to another one. Office, household, sex and birth month are the
    surviving record's.
    """

    person_id: str
    merged_from: str | None
    records: list[str]
    registered_on: date | None
    departed_on: date | None
    sex: Sex | None
    birth_month: str | None
    office: str
    district: str
    departments: list[Department]
    ability: Ability | None
    household_id: str | None
    residences: list[ResidenceView]
    memberships: list[MembershipView]
    assessments: list[AssessmentView]
    benefits: list[BenefitView]
    protections: list[ProtectionView]
    disclosure_bases: list[BasisView]
    possible_duplicates: list[str]


class DuplicateView(View):
    """`similarity` in per cent. Who closed it as two persons, and when; None while it is open."""

    person_id: str
    other_id: str
    similarity: int
    found_on: date
    dismissed_on: date | None = None
    dismissed_by: str | None = None

    @classmethod
    def of(cls, found: PossibleDuplicateRow, dismissed: DismissedDuplicateRow | None) -> Self:
        shown = found.model_dump()
        if dismissed is not None:
            shown |= {"dismissed_on": dismissed.dismissed_on, "dismissed_by": dismissed.author}
        return cls.model_validate(shown)


class PaymentView(View):
    payment_id: str
    person_id: str
    kind: BenefitKind
    month: str
    paid_on: date
    minor: int
    currency: Currency
    reversed_on: date | None = None
    reversed_by: str | None = None

    @classmethod
    def of(cls, paid: PaymentRow, reversal: PaymentReversalRow | None) -> Self:
        found = paid.model_dump()
        if reversal is not None:
            found |= {"reversed_on": reversal.reversed_on, "reversed_by": reversal.author}
        return cls.model_validate(found)


def view(
    records: Sequence[Client], assessments: Sequence[AssessmentRow], *, named: str, young_people: bool
) -> ClientView:
    """`records`: the surviving one first."""
    client = records[0]
    membership = client.membership
    own = {one.person_id for one in records}
    assessed = [one.assessment for one in records if one.assessment]
    departments = dict.fromkeys(department for one in records for department in one.departments)
    return ClientView(
        person_id=client.person_id,
        merged_from=named if named != client.person_id else None,
        records=[one.person_id for one in records],
        registered_on=min((one.registered_on for one in records if one.registered_on), default=None),
        departed_on=client.departed_on,
        sex=client.sex,
        birth_month=client.birth_month,
        office=client.residence.office,
        district=client.residence.district,
        departments=[one for one in departments if young_people or one is not Department.YOUNG_PEOPLE],
        ability=max(assessed, key=lambda one: one.assessed_on).ability if assessed else None,
        household_id=membership.household_id if membership else None,
        residences=[ResidenceView.of(one, fact) for one in records for fact in one.residences],
        memberships=[MembershipView.of(one, fact) for one in records for fact in one.memberships],
        assessments=[AssessmentView.model_validate(one) for one in assessments],
        benefits=[BenefitView.of(one, fact) for one in records for fact in one.benefits],
        protections=[ProtectionView.of(one, fact) for one in records for fact in one.protections],
        disclosure_bases=[BasisView.of(one, fact) for one in records for fact in one.bases],
        possible_duplicates=sorted(
            {other for one in records for other in one.possible_duplicates if other not in one.dismissed_duplicates}
            - own
        ),
    )
