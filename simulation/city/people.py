"""Who lives in a household, as a pure function of the seed, the household's number, the day it comes and the facts.

The shares answer three facts at once (domain.md section 1): of ca. 47,000 recipients 28,000 are minors, single parents
or pensioners; ca. 11,000 could be placed in work; 28,846 households, hence 1.65 persons each.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from contracts.words import Ability, Mobility, ProtectionClass, Qualification, Sex
from simulation.chance import fraction, pick, spread, weighted, whole
from simulation.city.names import Names
from simulation.facts import Facts

SEATS: Final = 16
"""A person's number is the household's number times this, plus their place in it."""


class Make(StrEnum):
    """Of whom a household is made."""

    SINGLE = "single"
    COUPLE = "couple"
    SINGLE_PARENT = "single_parent"
    FAMILY = "family"
    PENSIONER = "pensioner"
    PENSIONERS = "pensioners"


class Role(StrEnum):
    ADULT = "adult"
    SINGLE_PARENT = "single_parent"
    PENSIONER = "pensioner"
    MINOR = "minor"


MAKES: Final = (
    (Make.SINGLE, 10_182.0),
    (Make.COUPLE, 3_464.0),
    (Make.SINGLE_PARENT, 6_500.0),
    (Make.FAMILY, 1_300.0),
    (Make.PENSIONER, 6_800.0),
    (Make.PENSIONERS, 600.0),
)
"""Households of each make, of 28,846."""
CHILDREN: Final = {
    Make.SINGLE_PARENT: ((1, 0.55), (2, 0.32), (3, 0.11), (4, 0.02)),
    Make.FAMILY: ((1, 0.25), (2, 0.38), (3, 0.22), (4, 0.15)),
}
ABILITIES: Final = (
    (Ability.ABLE, 0.36),
    (Ability.NEEDS_QUALIFICATION, 0.20),
    (Ability.LIMITED, 0.20),
    (Ability.UNABLE, 0.24),
)
"""Of adults who are neither single parents nor pensioners: 11,000 of 19,700 are able or need qualification."""
MISTYPED: Final = 0.012
"""Of registrations: one of some eighty birth dates is wrong by a digit (our own estimate)."""
PARENTS_ABILITIES: Final = ((Ability.ABLE, 0.04), (Ability.LIMITED, 0.96))


@dataclass(frozen=True, slots=True)
class Person:
    """`protection` holds from the first day; `protected_until` None is without end."""

    number: int
    given_name: str
    family_name: str
    birth_date: date
    sex: Sex
    role: Role
    head: bool
    ability: Ability | None
    protection: ProtectionClass | None
    protected_until: date | None

    @property
    def household(self) -> int:
        return self.number // SEATS

    @property
    def able(self) -> bool:
        """To work, or after qualification; a protection may stand against it for now."""
        return self.ability in {Ability.ABLE, Ability.NEEDS_QUALIFICATION}

    @property
    def placeable(self) -> bool:
        return self.able and self.protection is None


@dataclass(frozen=True, slots=True)
class Household:
    number: int
    make: Make
    district: str
    postcode: str
    street: str
    house_number: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Skills:
    """What an assessment says besides the ability."""

    qualification: Qualification
    languages: tuple[str, ...]
    hours_per_week: int
    mobility: Mobility
    work_permit: bool


def household(seed: int, number: int, comes: date, names: Names, facts: Facts, *, single: bool = False) -> Household:
    """`single`: one adult, whatever the draw says, where the stock needs exactly one person more."""
    make = Make.SINGLE if single else weighted(MAKES, spread(seed, number, "make"))
    family_name = pick(names.families, seed, number, "family")
    district = weighted(facts.shares, fraction(seed, number, "district"))
    return Household(
        number=number,
        make=make,
        district=district,
        postcode=facts.districts[district].postcode,
        street=pick(names.streets, seed, number, "street"),
        house_number=str(whole(1, 180, seed, number, "house")) + pick(("", "", "", "a", "b"), seed, number, "stair"),
        people=tuple(
            _person(seed, number * SEATS + seat, seat, role, comes, family_name, names)
            for seat, role in enumerate(_roles(seed, number, make))
        ),
    )


def skills(seed: int, number: int, ability: Ability) -> Skills:
    untrained = ability is not Ability.ABLE
    qualifications = (
        (Qualification.NONE, 0.45 if untrained else 0.15),
        (Qualification.SCHOOL, 0.40 if untrained else 0.35),
        (Qualification.VOCATIONAL, 0.13 if untrained else 0.42),
        (Qualification.ACADEMIC, 0.02 if untrained else 0.08),
    )
    return Skills(
        qualification=weighted(qualifications, fraction(seed, number, "qualification")),
        languages=pick(
            (("de",), ("de",), ("de", "tr"), ("de", "ru"), ("de", "pl"), ("tr",)), seed, number, "languages"
        ),
        hours_per_week=pick((20, 25, 30, 38, 38, 38), seed, number, "hours"),
        mobility=pick((Mobility.DISTRICT, Mobility.CITY, Mobility.CITY, Mobility.REGION), seed, number, "mobility"),
        work_permit=fraction(seed, number, "permit") < 0.95,
    )


def mistyped(seed: int, number: int) -> bool:
    """Whether the birth date of this person was typed wrong at the registration."""
    return fraction(seed, number, "mistyped") < MISTYPED


def _roles(seed: int, number: int, make: Make) -> tuple[Role, ...]:
    match make:
        case Make.SINGLE:
            return (Role.ADULT,)
        case Make.COUPLE:
            return (Role.ADULT, Role.ADULT)
        case Make.PENSIONER:
            return (Role.PENSIONER,)
        case Make.PENSIONERS:
            return (Role.PENSIONER, Role.PENSIONER)
        case Make.SINGLE_PARENT:
            return (Role.SINGLE_PARENT, *_children(seed, number, make))
        case Make.FAMILY:
            return (Role.ADULT, Role.ADULT, *_children(seed, number, make))


def _children(seed: int, number: int, make: Make) -> tuple[Role, ...]:
    return (Role.MINOR,) * weighted(CHILDREN[make], fraction(seed, number, "children"))


def _person(seed: int, number: int, seat: int, role: Role, comes: date, family_name: str, names: Names) -> Person:
    sex = _sex(seed, number, role)
    born = _born(seed, number, role, comes)
    ability = _ability(seed, number, role)
    protection, until = _protection(seed, number, role, ability, comes)
    return Person(
        number=number,
        given_name=pick(names.female if sex is Sex.FEMALE else names.male, seed, number, "given"),
        family_name=family_name,
        birth_date=born,
        sex=sex,
        role=role,
        head=seat == 0,
        ability=ability,
        protection=protection,
        protected_until=until,
    )


def _sex(seed: int, number: int, role: Role) -> Sex:
    women = {Role.SINGLE_PARENT: 0.95, Role.PENSIONER: 0.68}.get(role, 0.48)
    return Sex.FEMALE if fraction(seed, number, "sex") < women else Sex.MALE


def _born(seed: int, number: int, role: Role, comes: date) -> date:
    youngest, oldest = {
        Role.ADULT: (18, 63),
        Role.SINGLE_PARENT: (19, 45),
        Role.PENSIONER: (65, 91),
        Role.MINOR: (0, 16),
    }[role]
    days = whole(youngest * 366 + 1, oldest * 365, seed, number, "born")
    return comes - timedelta(days=days)


def _ability(seed: int, number: int, role: Role) -> Ability | None:
    """None where nobody assesses it: minors and pensioners."""
    if role is Role.ADULT:
        return weighted(ABILITIES, fraction(seed, number, "ability"))
    return weighted(PARENTS_ABILITIES, fraction(seed, number, "ability")) if role is Role.SINGLE_PARENT else None


def _protection(
    seed: int, number: int, role: Role, ability: Ability | None, comes: date
) -> tuple[ProtectionClass | None, date | None]:
    if role is Role.PENSIONER:
        return ProtectionClass.OLD, None
    if ability is Ability.UNABLE:
        return ProtectionClass.ILL, None
    drawn = fraction(seed, number, "protected")
    if role is Role.SINGLE_PARENT and drawn < 0.3:
        return ProtectionClass.CHILD_UNDER_3, comes + timedelta(days=whole(30, 1000, seed, number, "third birthday"))
    if ability is Ability.LIMITED and drawn > 0.9:
        return ProtectionClass.CARE, None
    return None, None
