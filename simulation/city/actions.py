"""What the city does on a day, as data: decided purely, written to the journal before it is sent, folded into the town.

People are named by their number in the model; ids of the services come with the answers.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, get_args

from simulation.city.actions_case import Agree, Close, Confirm, Refer, Reopen, Resolve, Settle, Void, Withdraw
from simulation.city.actions_intake import (
    Adjust,
    Arrive,
    Assess,
    ClearProtection,
    Consent,
    CorrectAddress,
    CorrectBirth,
    Depart,
    EndAid,
    EndDouble,
    LookAfter,
    Move,
    Protect,
    Reassess,
    RegisterTwin,
    Rejoin,
    Return,
    RevokeBasis,
    Split,
    VoidTwin,
    Volunteer,
)

__all__ = [
    "Absent", "Adjust", "Agree", "Arrive", "Assess", "ClearProtection", "Close", "Confirm", "Consent",
    "CorrectAddress", "CorrectBirth", "Depart", "Dismiss", "Employ", "EndAid", "EndDouble", "Erase", "LookAfter",
    "MergeDouble", "MergeTwin", "Move", "Pay", "PayAgain", "Protect", "Reassess", "Refer", "RegisterTwin", "Rejoin",
    "Reopen", "Resolve", "Return", "Reverse", "RevokeBasis", "Settle", "Split", "Transfer", "UndoMerge", "Void",
    "VoidTwin", "Volunteer", "Withdraw",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MergeTwin:
    person: int


@dataclass(frozen=True, slots=True)
class MergeDouble:
    """Two clients with aid and a case each are one person."""

    person: int
    second: int


@dataclass(frozen=True, slots=True)
class UndoMerge:
    """They were two persons after all."""

    person: int
    merge: str


@dataclass(frozen=True, slots=True)
class Pay:
    month: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Two records that resemble each other are two persons, by the ids that intake gave them."""

    record: str
    other: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Somebody who departed is no longer needed in any file."""

    person: int


@dataclass(frozen=True, slots=True)
class Absent:
    """A case manager is away from tomorrow, until the day before `returns_on`."""

    staff: str
    office: str
    returns_on: str


@dataclass(frozen=True, slots=True)
class Reverse:
    """A payment to the household of which the person is the head is taken back."""

    person: int
    payment: str


@dataclass(frozen=True, slots=True)
class PayAgain:
    """What a household is still owed of a month, by the id that intake gave it."""

    household: str
    month: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Everyone to the office responsible for their district."""


@dataclass(frozen=True, slots=True)
class Employ:
    """A case manager, trained, begins at an office."""

    staff: str
    office: str


Line = (
    Arrive
    | Return
    | EndAid
    | Depart
    | Assess
    | Protect
    | ClearProtection
    | RevokeBasis
    | Move
    | RegisterTwin
    | VoidTwin
    | Volunteer
    | Reassess
    | Consent
    | CorrectBirth
    | CorrectAddress
    | LookAfter
    | Adjust
    | Split
    | Rejoin
    | EndDouble
)
"""What goes to intake in bulk."""
First = Transfer | Employ | Absent | MergeTwin | MergeDouble | UndoMerge | Dismiss | Erase | Reverse | PayAgain | Pay
"""What comes before all else on its day, one after the other."""
Case = Agree | Refer | Withdraw | Confirm | Void | Close | Reopen | Resolve | Settle
Action = Line | First | Case

_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in get_args(Action)}


def dump(action: Action) -> dict[str, Any]:
    """For the journal."""
    return {"do": type(action).__name__, **asdict(action)}


def load(row: dict[str, Any]) -> Any:
    """One of `Action`. Codes come back as their text, which compares equal to them."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name != "do"}
    return _KINDS[row["do"]](**fields)
