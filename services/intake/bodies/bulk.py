"""The lines of a bulk import: the bodies of single commands, with a `command` and a `person_id`."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from contracts.words import PersonId, Uuid
from services.intake.bodies import people, support
from services.intake.bodies.base import Body, PersonBody
from services.intake.domain import commands as told
from services.runtime.decision import Refusal


class UnknownCommand(Refusal):
    code = "unknown_command"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "the line names none of the commands that a bulk import can hold: see services/intake/README.md"
        )


class RegisterLine(people.RegisterBody):
    command: Literal["register"]

    def ordered(self, author: str) -> told.Command:
        return self.register_by(author)


class PersonLine(PersonBody):
    person_id: PersonId

    def ordered(self, author: str) -> told.Command:
        return self.order(self.person_id, author)


class MoveLine(people.MoveBody, PersonLine):
    command: Literal["move"]


class CorrectLine(people.CorrectionBody, PersonLine):
    command: Literal["correct"]


class JoinHouseholdLine(people.JoinHouseholdBody, PersonLine):
    command: Literal["join_household"]


class DepartmentsLine(people.DepartmentsBody, PersonLine):
    command: Literal["assign_departments"]


class DepartLine(people.DepartureBody, PersonLine):
    command: Literal["depart"]


class AssessLine(support.AssessmentBody, PersonLine):
    command: Literal["assess"]


class ProtectLine(support.SetProtectionBody, PersonLine):
    command: Literal["protect"]


class BasisLine(support.BasisBody, PersonLine):
    command: Literal["record_basis"]


class StartBenefitLine(support.StartBenefitBody, PersonLine):
    command: Literal["start_benefit"]


class EndBenefitsLine(support.EndBenefitsBody, PersonLine):
    command: Literal["end_benefits"]


class ClearProtectionLine(support.DayBody):
    command: Literal["clear_protection"]
    person_id: PersonId
    protection_id: Uuid

    def ordered(self, author: str) -> told.Command:
        return told.ClearProtection(
            person_id=self.person_id, protection_id=self.protection_id, author=author, on=self.on
        )


class RevokeBasisLine(support.DayBody):
    command: Literal["revoke_basis"]
    person_id: PersonId
    basis_id: Uuid

    def ordered(self, _: str) -> told.Command:
        return told.RevokeBasis(person_id=self.person_id, basis_id=self.basis_id, on=self.on)


class ChangeBenefitLine(support.ChangeBenefitBody):
    command: Literal["change_benefit"]
    person_id: PersonId
    benefit_id: Uuid

    def ordered(self, _: str) -> told.Command:
        return told.ChangeBenefit(
            person_id=self.person_id, benefit_id=self.benefit_id, monthly=self.monthly.money(), on=self.on
        )


class EndBenefitLine(support.EndBenefitBody):
    command: Literal["end_benefit"]
    person_id: PersonId
    benefit_id: Uuid

    def ordered(self, _: str) -> told.Command:
        return told.EndBenefit(person_id=self.person_id, benefit_id=self.benefit_id, reason=self.reason, on=self.on)


class ReversePaymentLine(Body):
    command: Literal["reverse_payment"]
    payment_id: Uuid

    def ordered(self, author: str) -> told.Command:
        return told.ReversePayment(payment_id=self.payment_id, author=author)


_Line = (
    RegisterLine
    | MoveLine
    | CorrectLine
    | JoinHouseholdLine
    | DepartmentsLine
    | DepartLine
    | AssessLine
    | ProtectLine
    | ClearProtectionLine
    | BasisLine
    | RevokeBasisLine
    | StartBenefitLine
    | ChangeBenefitLine
    | EndBenefitLine
    | EndBenefitsLine
    | ReversePaymentLine
)
_LINE: Final[TypeAdapter[_Line]] = TypeAdapter(Annotated[_Line, Field(discriminator="command")])


def parse(line: bytes, author: str) -> told.Command:
    """The command of a line. Raises `UnknownCommand`, or pydantic's `ValidationError` for a bad field."""
    try:
        return _LINE.validate_json(line).ordered(author)
    except ValidationError as error:
        if error.errors(include_input=False)[0]["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            raise UnknownCommand from None
        raise
