"""Who the client is and where they belong."""

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.words import (
    BenefitKind,
    Department,
    DepartureReason,
    DistrictId,
    OfficeChangeReason,
    OfficeId,
    PersonId,
    Sex,
    Uuid,
)
from services.intake.bodies.base import Body, HouseholdNumber, HouseNumber, PersonBody, Phone, Postcode, Text
from services.intake.bodies.support import BenefitBody, ProtectionBody
from services.intake.domain import commands as told
from services.intake.domain.identity import Identity


class AddressBody(Body):
    street: Text
    house_number: HouseNumber
    postcode: Postcode


class DistrictAddressBody(AddressBody):
    district: DistrictId


class HouseholdBody(Body):
    """An office's number of a household, or the id of a known one; neither: a new one, with the client as head."""

    number: HouseholdNumber | None = None
    id: Uuid | None = None
    head: bool | None = None

    def choice(self) -> told.HouseholdChoice:
        alone = self.number is None and self.id is None
        return told.HouseholdChoice(
            number=None if self.id else self.number,
            household_id=self.id,
            head=alone if self.head is None else self.head,
        )


class RegisterBody(Body):
    """`office` left out: the one responsible for the district; `departments` left out: triage decides."""

    given_name: Text
    family_name: Text
    birth_date: date
    sex: Sex
    address: DistrictAddressBody
    phone: Phone | None = None
    office: OfficeId | None = None
    household: HouseholdBody | None = None
    benefits: tuple[BenefitBody, ...] = Field(default=(), max_length=len(BenefitKind))
    protection: ProtectionBody | None = None
    departments: tuple[Department, ...] | None = Field(default=None, min_length=1, max_length=len(Department))
    registered_on: date | None = None

    def register_by(self, author: str) -> told.Register:
        return told.Register(
            identity=Identity(
                given_name=self.given_name,
                family_name=self.family_name,
                birth_date=self.birth_date,
                street=self.address.street,
                house_number=self.address.house_number,
                postcode=self.address.postcode,
                phone=self.phone,
            ),
            sex=self.sex,
            district=self.address.district,
            author=author,
            office=self.office,
            household=(self.household or HouseholdBody()).choice(),
            benefits=tuple(benefit.grant() for benefit in self.benefits),
            protection=self.protection.grant() if self.protection else None,
            departments=None if self.departments is None else tuple(dict.fromkeys(self.departments)),
            registered_on=self.registered_on,
        )


class MoveBody(PersonBody):
    district: DistrictId
    address: AddressBody
    on: date | None = None

    def order(self, person_id: str, _author: str, /) -> told.Move:
        return told.Move(
            person_id=person_id,
            district=self.district,
            street=self.address.street,
            house_number=self.address.house_number,
            postcode=self.address.postcode,
            on=self.on,
        )


class CorrectionBody(PersonBody):
    """What was wrong from the start; what is left out stays. A wrong address also corrects the responsible office."""

    given_name: Text | None = None
    family_name: Text | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    address: DistrictAddressBody | None = None
    phone: Phone | None = None

    def order(self, person_id: str, _author: str, /) -> told.Correct:
        address = self.address
        return told.Correct(
            person_id=person_id,
            given_name=self.given_name,
            family_name=self.family_name,
            birth_date=self.birth_date,
            sex=self.sex,
            district=address.district if address else None,
            street=address.street if address else None,
            house_number=address.house_number if address else None,
            postcode=address.postcode if address else None,
            phone=self.phone,
        )


class JoinHouseholdBody(HouseholdBody, PersonBody):
    """Neither `number` nor `id`: the client forms a household of their own. `with`: clients who go along."""

    companions: tuple[PersonId, ...] = Field(default=(), max_length=20, alias="with")
    on: date | None = None

    def order(self, person_id: str, _author: str, /) -> told.JoinHousehold:
        return told.JoinHousehold(person_id=person_id, household=self.choice(), companions=self.companions, on=self.on)


class DepartmentsBody(PersonBody):
    departments: tuple[Department, ...] = Field(min_length=1, max_length=len(Department))
    on: date | None = None

    def order(self, person_id: str, _author: str, /) -> told.AssignDepartments:
        return told.AssignDepartments(person_id=person_id, departments=self.departments, on=self.on)


class DepartureBody(PersonBody):
    """`on`: the first day without the client."""

    reason: DepartureReason
    on: date | None = None

    def order(self, person_id: str, _author: str, /) -> told.Depart:
        return told.Depart(person_id=person_id, reason=self.reason, on=self.on)


class ErasureBody(Body):
    """Why the client's data go, and what obliges the office."""

    reason: told.ErasureReason
    legal_basis: told.ErasureBasis

    def order(self, person_id: str, author: str, /) -> told.Erase:
        return told.Erase(person_id=person_id, reason=self.reason, basis=self.legal_basis, author=author)


class TransferBody(Body):
    on: date
    reason: Literal[OfficeChangeReason.REORGANISATION] = OfficeChangeReason.REORGANISATION


class DismissalBody(Body):
    """The two records of a review item."""

    person_id: PersonId
    other_id: PersonId


class MergeBody(Body):
    survivor_id: PersonId
    loser_id: PersonId
