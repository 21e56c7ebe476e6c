"""What happens to people besides coming and going: assessments, illness, moves, consent taken back, double records."""

from collections.abc import Iterator, Sequence
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
    told, healthy = set(busy), []
    for number, one in town.known.items():
        if number in busy or not one.in_aid:
            continue
        if not one.assessed and one.person.ability is not None:
            told.add(number)
            if _assessed_on(town, one) <= day:
                yield Assess(number, one.person.able and fraction(town.seed, number, "consents") < CONSENTS)
        elif one.person.placeable:
            if one.ill_since is None or one.ill_since + timedelta(days=one.ill_days) < day:
                healthy.append(number)
            else:
                told.add(number)
                yield from _recovery(town, one, day)
    ill = _some(town, healthy, ILL, day, "ill")
    told.update(ill)
    yield from (_illness(town, number, day) for number in ill)
    consented = [number for number in healthy if town.known[number].basis_id and number not in told]
    revoke = _some(town, consented, REVOKES, day, "revokes")
    told.update(revoke)
    yield from (RevokeBasis(number) for number in revoke)
    for move in _moves(town, day, told):
        told.update(move.persons)
        yield move
    yield from _twin(town, day, told)


def _some(town: Town, among: Sequence[int], rate: float, day: date, about: str) -> list[int]:
    """As many as the rate says, the fraction by chance; nobody twice."""
    count = int(len(among) * rate + fraction(town.seed, day, about))
    return list(dict.fromkeys(pick(among, town.seed, day, about, number) for number in range(count)))


def merges(town: Town, day: date) -> Iterator[MergeTwin]:
    """Double records are found after some weeks."""
    for number, one in town.known.items():
        if one.twin_id and one.twin_since and one.twin_since + timedelta(days=TWIN_FOUND_DAYS) <= day:
            yield MergeTwin(number)


def _assessed_on(town: Town, one: Known) -> date:
    """Soon after they come; the thousands of the first files within a month."""
    soon = 20 if one.comes == town.opened_on else 3
    return one.comes + timedelta(days=whole(1, soon, town.seed, one.person.number, "assessed"))


def _recovery(town: Town, one: Known, day: date) -> Iterator[ClearProtection]:
    """Some are well again before the protection would have ended."""
    if one.ill_since is None or not one.protection_id or day > one.ill_since + timedelta(days=one.ill_days):
        return
    early = one.ill_since + timedelta(days=one.ill_days // 2)
    if day >= early and fraction(town.seed, one.person.number, one.ill_since, "clears") < 0.4:
        yield ClearProtection(one.person.number)


def _illness(town: Town, number: int, day: date) -> Protect:
    kind = pick((ProtectionClass.ILL, ProtectionClass.ILL, ProtectionClass.CARE), town.seed, number, day, "class")
    return Protect(number, kind, whole(20, 120, town.seed, number, day, "ill"))


def _moves(town: Town, day: date, told: set[int]) -> Iterator[Move]:
    for household in _some(town, tuple(town.stays), MOVES, day, "moves"):
        members = town.alive(household)
        if not told.intersection(members):
            yield Move(tuple(members), town.new_district(household, day))


def _twin(town: Town, day: date, told: set[int]) -> Iterator[RegisterTwin]:
    if fraction(town.seed, day, "twin") >= TWINS:
        return
    choices = [n for n, one in town.known.items() if one.in_aid and one.person.head and one.assessed and not one.moved]
    if choices:
        number = pick(choices, town.seed, day, "whose twin")
        one = town.known[number]
        if number not in told and one.twin_since is None:
            yield RegisterTwin(number)
