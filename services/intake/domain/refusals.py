"""What intake refuses, and why. Texts name rules and fields, never a person's data."""

from services.runtime.decision import NotFound, Refusal


class UnknownClient(NotFound):
    code = "unknown_person"

    def __init__(self) -> None:
        super().__init__("no client is registered under this id: register the client first")


class UnknownBenefit(NotFound):
    code = "unknown_benefit"

    def __init__(self) -> None:
        super().__init__("this client has no benefit of this id")


class UnknownProtection(NotFound):
    code = "unknown_protection"

    def __init__(self) -> None:
        super().__init__("this client has no protection of this id")


class UnknownBasis(NotFound):
    code = "unknown_basis"

    def __init__(self) -> None:
        super().__init__("this client has no disclosure basis of this id")


class UnknownDuplicate(NotFound):
    code = "unknown_duplicate"

    def __init__(self) -> None:
        super().__init__("these two records are no review item: GET /duplicates lists them")


class UnknownMerge(NotFound):
    code = "unknown_merge"

    def __init__(self) -> None:
        super().__init__("there was no merge of this id")


class UnknownHousehold(NotFound):
    code = "unknown_household"

    def __init__(self) -> None:
        super().__init__("no household has this id: leave it out to form a new one")


class UnknownPayment(NotFound):
    code = "unknown_payment"

    def __init__(self) -> None:
        super().__init__("no payment has this id: GET /households/{id}/payments lists a household's")


class AidInForce(Refusal):
    code = "aid_in_force"

    def __init__(self) -> None:
        super().__init__(
            "the client receives aid, or will: end the benefits or record the departure first; "
            "an open case and open referrals end by that"
        )


class NamedMeanwhile(Refusal):
    code = "named_meanwhile"

    def __init__(self) -> None:
        super().__init__("another record named the client at this moment: send the command again")


class PayeeErased(Refusal):
    code = "payee_erased"

    def __init__(self) -> None:
        super().__init__("whom this was paid to has been erased: it can only be taken back in the city's own books")


class PaymentAlreadyReversed(Refusal):
    code = "payment_reversed"

    def __init__(self) -> None:
        super().__init__("the payment was already taken back: pay the household's month again if it is owed")


class Departed(Refusal):
    code = "departed"

    def __init__(self) -> None:
        super().__init__("the client has departed by that day: register them again if they have come back")


class OutOfOrder(Refusal):
    code = "out_of_order"

    def __init__(self, what: str) -> None:
        super().__init__(f"a later {what} is already recorded: only a later day can replace it")


class BenefitInForce(Refusal):
    code = "benefit_in_force"

    def __init__(self) -> None:
        super().__init__("the client has a benefit of this kind from that day on: change it, or end it first")


class BenefitNotInForce(Refusal):
    code = "benefit_not_in_force"

    def __init__(self) -> None:
        super().__init__("the benefit is not in force on that day")


class BenefitAlreadyEnded(Refusal):
    code = "benefit_ended"

    def __init__(self) -> None:
        super().__init__("the benefit has already ended by that day")


class ProtectionAlreadyCleared(Refusal):
    code = "protection_cleared"

    def __init__(self) -> None:
        super().__init__("the protection was already cleared: set a new one if it holds again")


class BasisAlreadyRevoked(Refusal):
    code = "basis_revoked"

    def __init__(self) -> None:
        super().__init__("the disclosure basis was already revoked: record a new one if there is one")


class SamePerson(Refusal):
    code = "same_person"

    def __init__(self) -> None:
        super().__init__("both ids already lead to one client")


class MergeEnded(Refusal):
    code = "merge_ended"

    def __init__(self) -> None:
        super().__init__("this merge was already undone, which is final: merge again if it was right")


class MergedMeanwhile(Refusal):
    code = "merged_meanwhile"

    def __init__(self) -> None:
        super().__init__("the client was merged at this moment: send the command again")


class Implausible(Refusal):
    status = 422


class ImplausibleDate(Implausible):
    code = "implausible_date"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is too far in the past or the future")


class InvalidPeriod(Implausible):
    code = "invalid_period"

    def __init__(self) -> None:
        super().__init__("valid_until lies before valid_from")


class UnknownDistrict(Implausible):
    code = "unknown_district"

    def __init__(self) -> None:
        super().__init__("no office is responsible for this district on that day: see the city's configuration")


class UnknownOffice(Implausible):
    code = "unknown_office"

    def __init__(self) -> None:
        super().__init__("no office of this id works on that day")


class NotResponsible(Implausible):
    code = "not_responsible"

    def __init__(self, responsible: str) -> None:
        super().__init__(f"{responsible} is responsible for this address on that day: name it, or no office")


class UnknownAgency(Implausible):
    code = "unknown_agency"

    def __init__(self) -> None:
        super().__init__("no partner agency has this id: see the city's configuration")
