"""What happens to people besides coming and going: assessments, illness, moves, consent taken back, double records.

What is rarer stands in `habits`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from contracts.words import BasisKind, ProtectionClass
from simulation.chance import fraction, pick, whole
from simulation.city.actions import Assess, ClearProtection, Line, Move, Protect, RevokeBasis, VoidTwin
from simulation.city.town import Known, Town

A_WORKDAY: Final = 1 / 21
ILL: Final = 0.015 * A_WORKDAY
"""Of those able to work, a working day: one and a half in a hundred a month."""
REVOKES: Final = 0.008 * A_WORKDAY
"""Of those who consented."""
MOVES: Final = 0.004 * A_WORKDAY
"""Of households."""
CONSENTS: Final = 0.95
BY_STATUTE: Final = 0.1
"""Of those who let agencies know of them: not by their consent but by law."""
BACKDATED: Final = 0.25
"""Of illnesses: the certificate comes some days after its first day."""
FORESEEN: Final = 0.15
"""Of illnesses: an operation or a cure with a date."""
WRONG_ENTRIES: Final = 0.35
"""Of double records: nobody's, and taken out; the others are merged."""
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
                yield _assessment(town, one)
        elif one.placeable:
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
    yield from (VoidTwin(number) for number in twins(town, day, void=True) if number not in told)


def _some(town: Town, among: Sequence[int], rate: float, day: date, about: str) -> list[int]:
    """As many as the rate says, the fraction by chance; nobody twice."""
    count = int(len(among) * rate + fraction(town.seed, day, about))
    return list(dict.fromkeys(pick(among, town.seed, day, about, number) for number in range(count)))


def twins(town: Town, day: date, *, void: bool) -> Iterator[int]:
    """Whose second record is found on a day, some weeks after it was made: a wrong entry, or theirs."""
    for number, one in town.known.items():
        if one.twin_id and one.twin_since and one.twin_since + timedelta(days=TWIN_FOUND_DAYS) <= day:
            wrong = fraction(town.seed, number, one.twin_since, "whose") < WRONG_ENTRIES
            if wrong is void:
                yield number


def _assessment(town: Town, one: Known) -> Assess:
    number = one.person.number
    consents = one.person.able and fraction(town.seed, number, "consents") < CONSENTS
    kind = BasisKind.STATUTE if fraction(town.seed, number, "by law") < BY_STATUTE else BasisKind.CONSENT
    return Assess(number, consents, kind)


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
    days = whole(20, 120, town.seed, number, day, "ill")
    since = fraction(town.seed, number, day, "since")
    if since < BACKDATED:
        return Protect(number, kind, days, -whole(2, 18, town.seed, number, day, "before"))
    return Protect(number, kind, days, whole(2, 14, town.seed, number, day, "ahead") if since > 1 - FORESEEN else 0)


def _moves(town: Town, day: date, told: set[int]) -> Iterator[Move]:
    for household in _some(town, tuple(town.stays), MOVES, day, "moves"):
        members = town.alive(household)
        if not told.intersection(members):
            yield Move(tuple(members), town.new_district(household, day))
