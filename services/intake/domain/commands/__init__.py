"""What intake can be told to do. `on` None is today.

Fields after `# prepared` are not the caller's: they are looked up in its transaction. `relatives`: the records
with whom those of the command share, or shared, a household.
"""

from services.intake.domain.commands.base import BenefitGrant, HouseholdChoice, PersonCommand, ProtectionGrant, Similar
from services.intake.domain.commands.payments import Paid, PayHousehold, ReversePayment, Share
from services.intake.domain.commands.people import (
    AssignDepartments,
    Correct,
    Depart,
    DismissDuplicate,
    Erase,
    ErasureBasis,
    ErasureReason,
    IdentityCommand,
    JoinHousehold,
    MergeClients,
    Move,
    Register,
    Transfer,
    UndoMerge,
)
from services.intake.domain.commands.support import (
    AssessAbility,
    ChangeBenefit,
    ClearProtection,
    EndBenefit,
    EndBenefits,
    RecordBasis,
    Retriage,
    RevokeBasis,
    SetProtection,
    StartBenefit,
)

__all__ = [
    "AssessAbility",
    "AssignDepartments",
    "BenefitGrant",
    "ChangeBenefit",
    "ClearProtection",
    "Command",
    "Correct",
    "Depart",
    "DismissDuplicate",
    "EndBenefit",
    "EndBenefits",
    "Erase",
    "ErasureBasis",
    "ErasureReason",
    "HouseholdChoice",
    "IdentityCommand",
    "JoinHousehold",
    "MergeClients",
    "Move",
    "Paid",
    "PayHousehold",
    "PersonCommand",
    "ProtectionGrant",
    "RecordBasis",
    "Register",
    "Retriage",
    "ReversePayment",
    "RevokeBasis",
    "SetProtection",
    "Share",
    "Similar",
    "StartBenefit",
    "Transfer",
    "UndoMerge",
]

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
    | Erase
    | MergeClients
    | UndoMerge
    | DismissDuplicate
    | PayHousehold
    | ReversePayment
)
"""Every command, for an exhaustive `match`."""
