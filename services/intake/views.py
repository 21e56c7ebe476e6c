"""What intake shows of a client. Names and addresses are not among it: their readers are casework and referrals."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from contracts.words import Ability, BasisKind, BenefitKind, Currency, Department, Money, ProtectionClass, Sex
from services.intake.domain.client import Client


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ResidenceView(View):
    since: date
    office: str
    district: str


class MembershipView(View):
    since: date
    household_id: str | None
    head: bool


class AmountView(View):
    since: date
    monthly: Money


class BenefitView(View):
    """In force from `since` to the day before `ended_on`."""

    benefit_id: str
    kind: BenefitKind
    since: date
    ended_on: date | None
    amounts: list[AmountView]


class ProtectionView(View):
    protection_id: str
    protection_class: ProtectionClass
    valid_from: date
    valid_until: date | None
    cleared_on: date | None


class BasisView(View):
    basis_id: str
    kind: BasisKind
    agency: str | None
    valid_from: date
    valid_until: date | None
    revoked_on: date | None


class ClientView(View):
    """`merged_from`: the id that was asked for, if it leads to another one."""

    person_id: str
    merged_from: str | None
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
    benefits: list[BenefitView]
    protections: list[ProtectionView]
    disclosure_bases: list[BasisView]
    possible_duplicates: list[str]


class DuplicateView(View):
    person_id: str
    other_id: str
    similarity: int
    found_on: date


class PaymentView(View):
    payment_id: str
    person_id: str
    kind: BenefitKind
    month: str
    paid_on: date
    minor: int
    currency: Currency


def view(client: Client, *, named: str, young_people: bool) -> ClientView:
    membership = client.membership
    return ClientView(
        person_id=client.person_id,
        merged_from=named if named != client.person_id else None,
        registered_on=client.registered_on,
        departed_on=client.departed_on,
        sex=client.sex,
        birth_month=client.birth_month,
        office=client.residence.office,
        district=client.residence.district,
        departments=[d for d in client.departments if young_people or d is not Department.YOUNG_PEOPLE],
        ability=client.assessment.ability if client.assessment else None,
        household_id=membership.household_id if membership else None,
        residences=[ResidenceView.model_validate(one) for one in client.residences],
        memberships=[MembershipView.model_validate(one) for one in client.memberships],
        benefits=[BenefitView.model_validate(one) for one in client.benefits],
        protections=[ProtectionView.model_validate(one) for one in client.protections],
        disclosure_bases=[BasisView.model_validate(one) for one in client.bases],
        possible_duplicates=list(client.possible_duplicates),
    )
