"""What the city does on a day, as data: decided purely, written to the journal before it is sent, folded into the town.

People are named by their number in the model; ids of the services come with the answers.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from contracts.words import (
    BenefitEndReason,
    DepartureReason,
    ProtectionClass,
    ServiceKind,
    WithdrawReason,
)


@dataclass(frozen=True, slots=True)
class Arrive:
    """A household registers, its first `size` persons, and receives aid at a level (millionths of the raw amounts)."""

    household: int
    size: int
    level: int
    single: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Persons who received aid before receive it again."""

    persons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EndAid:
    persons: tuple[int, ...]
    reason: BenefitEndReason


@dataclass(frozen=True, slots=True)
class Depart:
    persons: tuple[int, ...]
    reason: DepartureReason


@dataclass(frozen=True, slots=True)
class Assess:
    """Ability to work, and with `basis` the client's consent to tell agencies of them."""

    person: int
    basis: bool


@dataclass(frozen=True, slots=True)
class Protect:
    """From today, for `days`."""

    person: int
    protection_class: ProtectionClass
    days: int


@dataclass(frozen=True, slots=True)
class ClearProtection:
    person: int


@dataclass(frozen=True, slots=True)
class RevokeBasis:
    person: int


@dataclass(frozen=True, slots=True)
class Move:
    persons: tuple[int, ...]
    district: str


@dataclass(frozen=True, slots=True)
class RegisterTwin:
    """The same person again, misspelt, by another clerk."""

    person: int


@dataclass(frozen=True, slots=True)
class MergeTwin:
    person: int


@dataclass(frozen=True, slots=True)
class Pay:
    month: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Everyone to the office responsible for their district."""


@dataclass(frozen=True, slots=True)
class Employ:
    """A case manager, trained, begins at an office."""

    staff: str
    office: str


@dataclass(frozen=True, slots=True)
class Agree:
    """A joint plan, or with `version` above 1 its review."""

    person: int
    case: str
    manager: str
    office: str
    version: int


@dataclass(frozen=True, slots=True)
class Refer:
    person: int
    case: str
    manager: str
    office: str
    agency: str
    service: ServiceKind
    follows: str | None


@dataclass(frozen=True, slots=True)
class Withdraw:
    person: int
    case: str
    manager: str
    office: str
    referral: str
    reason: WithdrawReason


@dataclass(frozen=True, slots=True)
class Confirm:
    """A case manager has seen the contract of a placement that is yet to begin."""

    person: int
    manager: str
    office: str
    placement: str


Line = Arrive | Return | EndAid | Depart | Assess | Protect | ClearProtection | RevokeBasis | Move | RegisterTwin
"""What goes to intake in bulk."""
First = Transfer | Employ | MergeTwin | Pay
"""What comes before all else on its day, one after the other."""
Case = Agree | Refer | Withdraw | Confirm
Action = Line | First | Case

_KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        *(Arrive, Return, EndAid, Depart, Assess, Protect, ClearProtection, RevokeBasis, Move, RegisterTwin),
        *(MergeTwin, Pay, Transfer, Employ, Agree, Refer, Withdraw, Confirm),
    )
}


def dump(action: Action) -> dict[str, Any]:
    """For the journal."""
    return {"do": type(action).__name__, **asdict(action)}


def load(row: dict[str, Any]) -> Any:
    """One of `Action`. Codes come back as their text, which compares equal to them."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name != "do"}
    return _KINDS[row["do"]](**fields)
