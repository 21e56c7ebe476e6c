"""What case managers do, as data: `manager` at `office` acts, of a person by number."""

from dataclasses import dataclass

from contracts.words import CaseClosedReason, ReopenReason, ServiceKind, WithdrawReason


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


@dataclass(frozen=True, slots=True)
class Void:
    """A referral was entered in error. `twice`: a colleague says so too, and is refused."""

    person: int
    case: str
    manager: str
    office: str
    referral: str
    twice: bool


@dataclass(frozen=True, slots=True)
class Close:
    person: int
    case: str
    manager: str
    office: str
    reason: CaseClosedReason


@dataclass(frozen=True, slots=True)
class Reopen:
    person: int
    case: str
    manager: str
    office: str
    reason: ReopenReason


@dataclass(frozen=True, slots=True)
class Resolve:
    """A partner's message that could not be applied was looked at."""

    person: int
    manager: str
    office: str
    item: str


@dataclass(frozen=True, slots=True)
class Settle:
    """What casework suggested is done, or left."""

    person: int
    case: str
    manager: str
    office: str
    item: str
    referral: str | None
    accept: bool
