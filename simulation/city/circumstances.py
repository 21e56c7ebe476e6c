"""What happens to people besides coming and going: assessments, illness, moves, consent taken back, double records."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from contracts.words import ProtectionClass
from simulation.chance import fraction, pick, whole
from simulation.city.actions import Assess, ClearProtection, Line, MergeTwin, Move, Protect, RegisterTwin, RevokeBasis
from simulation.city.town import Known, Town

A_WORKDAY: Final = 1 / 21
ILL: Final = 0.015 * A_WORKDAY
"""Of those able to work, a working day: one and a half in a hundred a month."""
REVOKES: Final = 0.003 * A_WORKDAY
MOVES: Final = 0.003 * A_WORKDAY
CONSENTS: Final = 0.95
TWINS: Final = 0.02
"""Working days on which somebody is registered twice."""
TWIN_FOUND_DAYS: Final = 20


def lines(town: Town, day: date, busy: set[int]) -> Iterator[Line]:
    """For a working day. `busy`: persons of whom intake is told something else today."""
    for number, one in town.known.items():
        if number in busy or not one.in_aid:
            continue
        if not one.assessed and one.person.ability is not None:
            if _assessed_on(town, one) <= day:
                basis = one.person.able and fraction(town.seed, number, "consents") < CONSENTS
                yield Assess(number, basis)
        elif one.person.placeable:
            yield from _able(town, one, day)
    yield from _moves(town, day, busy)
    yield from _twin(town, day, busy)


def merges(town: Town, day: date) -> Iterator[MergeTwin]:
    """Double records are found after some weeks."""
    for number, one in town.known.items():
        if one.twin_id and one.twin_since and one.twin_since + timedelta(days=TWIN_FOUND_DAYS) <= day:
            yield MergeTwin(number)


def _assessed_on(town: Town, one: Known) -> date:
    """Soon after they come; the thousands of the first files within a month."""
    soon = 20 if one.comes == town.opened_on else 3
    return one.comes + timedelta(days=whole(1, soon, town.seed, one.person.number, "assessed"))


def _able(town: Town, one: Known, day: date) -> Iterator[Line]:
    number = one.person.number
    drawn = fraction(town.seed, number, day, "circumstances")
    if one.ill_since is not None and day <= one.ill_since + timedelta(days=one.ill_days):
        early = one.ill_since + timedelta(days=one.ill_days // 2)
        if one.protection_id and day >= early and fraction(town.seed, number, one.ill_since, "clears") < 0.4:
            yield ClearProtection(number)
    elif drawn < ILL:
        kind = pick((ProtectionClass.ILL, ProtectionClass.ILL, ProtectionClass.CARE), town.seed, number, day, "class")
        yield Protect(number, kind, whole(20, 120, town.seed, number, day, "ill"))
    elif one.basis_id and drawn > 1 - REVOKES:
        yield RevokeBasis(number)


def _moves(town: Town, day: date, busy: set[int]) -> Iterator[Move]:
    for household in town.stays:
        if fraction(town.seed, household, day, "moves") < MOVES:
            members = town.alive(household)
            if not busy.intersection(members):
                yield Move(tuple(members), town.new_district(household, day))


def _twin(town: Town, day: date, busy: set[int]) -> Iterator[RegisterTwin]:
    if fraction(town.seed, day, "twin") >= TWINS:
        return
    choices = [n for n, one in town.known.items() if one.in_aid and one.person.head and one.assessed and not one.moved]
    if choices:
        number = pick(choices, town.seed, day, "whose twin")
        one = town.known[number]
        if number not in busy and one.twin_since is None:
            yield RegisterTwin(number)
