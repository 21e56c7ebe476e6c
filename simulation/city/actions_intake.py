"""What a clerk of intake enters about people, as data. People are named by their number in the model."""

from dataclasses import dataclass

from contracts.words import (
    Ability,
    BasisKind,
    BenefitEndReason,
    BenefitKind,
    Department,
    DepartureReason,
    ProtectionClass,
)


@dataclass(frozen=True, slots=True)
class Arrive:
    """A household registers, its first `size` persons, and receives aid at a level (millionths of the raw amounts)."""

    household: int
    size: int
    level: int
    single: bool = False
    again: int | None = None
    """The person, known by this number, who claims aid a second time."""


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
    """Ability to work, and with `basis` what allows to tell agencies of the client."""

    person: int
    basis: bool
    kind: BasisKind = BasisKind.CONSENT


@dataclass(frozen=True, slots=True)
class Protect:
    """For `days`, from so many days after today (before, where it is backdated)."""

    person: int
    protection_class: ProtectionClass
    days: int
    after: int = 0


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
class VoidTwin:
    """The second record was nobody's: a wrong entry."""

    person: int


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A protected client wants to work: somebody clears the protection, assesses, and writes the consent down."""

    person: int
    protection: str


@dataclass(frozen=True, slots=True)
class Reassess:
    person: int
    ability: Ability


@dataclass(frozen=True, slots=True)
class Consent:
    """Once more, after it was revoked; to tell one agency only, or any."""

    person: int
    agency: str | None


@dataclass(frozen=True, slots=True)
class CorrectBirth:
    """The birth date was typed wrong at the registration."""

    person: int


@dataclass(frozen=True, slots=True)
class CorrectAddress:
    """The client never lived where the file said."""

    person: int
    district: str


@dataclass(frozen=True, slots=True)
class LookAfter:
    person: int
    departments: tuple[Department, ...]


@dataclass(frozen=True, slots=True)
class Adjust:
    """Another amount, in per cent of the one before."""

    person: int
    benefit: str
    kind: BenefitKind
    percent: int


@dataclass(frozen=True, slots=True)
class Split:
    """Leaves the household for one of their own, in another flat."""

    person: int
    district: str


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Back into the household that they left."""

    person: int
    household: str


@dataclass(frozen=True, slots=True)
class EndDouble:
    """The benefits of a second record, which never should have been."""

    person: int
    benefits: tuple[str, ...]
