"""Who comes and who goes on a day: the stock follows its target, the sum of aid the year's expenditure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from contracts.words import BenefitEndReason, DepartureReason
from simulation.chance import fraction, pick, weighted
from simulation.city import doubles, stock
from simulation.city.actions import Arrive, Depart, EndAid, Line, MergeDouble, Return
from simulation.city.people import Role
from simulation.city.town import Town
from simulation.workdays import is_last_of_month

MILLION: Final = 1_000_000
LEVELS: Final = (750_000, 1_300_000)
"""How far the amounts of newcomers may differ from the usual, in millionths, to keep the sum on its course."""
WORKDAYS_A_MONTH: Final = 21
RETURNING: Final = 0.06
AWAY_DAYS: Final = 45
LOOK_FOR_SMALLER: Final = 12
"""Households too large for the day's departures that are passed over before one of them loses members instead."""
DIE_YOUNG: Final = 0.01
"""Of persons below the pension's age who leave aid alone."""
ENDINGS: Final[tuple[tuple[BenefitEndReason | DepartureReason, float], ...]] = (
    (BenefitEndReason.OTHER_INCOME, 0.45),
    (BenefitEndReason.NO_LONGER_NEEDED, 0.25),
    (BenefitEndReason.WORK, 0.12),
    (DepartureReason.LEFT_CITY, 0.18),
)


def first_files(town: Town, day: date, scale: Fraction) -> list[Arrive]:
    """The files that the four regional departments hand over, with amounts that add up to the month's expenditure."""
    goal, found, count, number = stock.target(town.facts.year, day, scale), [], 0, 0
    while count < goal:
        alone = number > 8 * goal + 8  # only in a city of a handful: no household is small enough
        action = Arrive(household=number, size=0, level=MILLION, single=alone)
        size = len(town.household(action, day).people)
        if count + size <= goal:
            found.append(Arrive(household=number, size=size, level=MILLION, single=alone))
            count += size
        number += 1
    wanted = int(stock.monthly_per_person(town.facts.year) * goal)
    level = wanted * MILLION // sum(_raw(town, action, day) for action in found)
    return [Arrive(one.household, one.size, level, one.single) for one in found]


def movements(
    town: Town,
    day: date,
    scale: Fraction,
    leaving: Sequence[int],
    lost: Sequence[int] = (),
    doubled: Sequence[MergeDouble] = (),
) -> Iterator[Line]:
    """A working day's arrivals and departures.

    `leaving`: persons who found work; they count among the departures, as do second records of `doubled`, whose aid
    ends while the first one's goes on. `lost`: persons whose job has ended, and who need aid again.
    """
    goal = stock.target(town.facts.year, stock.month_end(day) if is_last_of_month(day) else day, scale)
    going = {*leaving, *(one.second for one in doubled)}
    returning = list(dict.fromkeys((*lost, *_returning(town, day))))
    coming = len(returning)
    wanted = max(_newcomers(town, day, scale), goal - (town.in_aid - len(going)) - coming)
    households = list(_households(town, day, wanted))
    coming += sum(one.size for one in households)
    stay = {*returning, *(one.person for one in doubled)}
    departures = list(_departures(town, day, town.in_aid - len(going) + coming - goal, going, stay))
    gone = going | {number for action in departures for number in action.persons}
    yield from (EndAid((number,), BenefitEndReason.WORK) for number in leaving)
    yield from departures
    yield from (Return((number,)) for number in returning)
    rest = town.monthly - sum(town.known[number].monthly for number in gone)
    rest += sum(town.known[number].monthly for number in returning)
    level = _level(town, day, households, int(stock.monthly_per_person(town.facts.year) * goal) - rest)
    yield from (replace(one, level=level) for one in households)


def _newcomers(town: Town, day: date, scale: Fraction) -> int:
    """Around 3 % of the stock a month, more on some days than on others."""
    a_day = float(town.facts.year.recipients_last * scale * stock.MONTHLY_INFLOW / WORKDAYS_A_MONTH)
    return int(a_day * 2 * fraction(town.seed, day, "newcomers") + 0.5)


def _households(town: Town, day: date, wanted: int) -> Iterator[Arrive]:
    number = town.next_household
    while wanted > 0:
        people = town.household(Arrive(number, 0, MILLION), day).people
        size = len(people)
        yield Arrive(number, size, MILLION, again=doubles.whose(town, people[0], day) if size == 1 else None)
        wanted -= size
        number += 1


def _returning(town: Town, day: date) -> Iterator[int]:
    """One person who left aid some time ago, now and then; they live alone by now."""
    draws = max(1, town.in_aid // 2000)
    for turn in range(draws):
        if town.former and fraction(town.seed, day, turn, "returns") < RETURNING * 2:
            one = town.known[pick(town.former, town.seed, day, turn, "who returns")]
            long_ago = one.left_on is not None and one.left_on + timedelta(days=AWAY_DAYS) < day
            if long_ago and not one.in_aid and not one.departed and one.person.head:
                yield one.person.number
                return


def _departures(town: Town, day: date, count: int, going: set[int], stay: set[int]) -> Iterator[EndAid | Depart]:
    """Exactly `count` persons: whole households, the longest here first by their drawn stay; at last single members."""
    larger: list[tuple[int, list[int]]] = []
    for household, _ in sorted(town.stays.items(), key=lambda stay: (stay[1], stay[0])):
        if count <= 0:
            return
        members = [number for number in town.alive(household) if number not in going and number not in stay]
        if members and len(members) <= count:
            yield _leave(town, day, household, members)
            count -= len(members)
        elif members:
            larger.append((household, members))
            if len(larger) == LOOK_FOR_SMALLER:
                break
    for household, members in larger:
        if count > 0:
            yield _leave(town, day, household, members[-count:])
            count -= min(count, len(members))


def _leave(town: Town, day: date, household: int, members: Sequence[int]) -> EndAid | Depart:
    about = (town.seed, household, day, "leaves")
    first = town.known[members[0]].person
    if first.role is Role.PENSIONER and len(members) == 1 and fraction(*about, "dies") < 0.45:
        return Depart(tuple(members), DepartureReason.DEATH)
    if len(members) == 1 and fraction(*about, "dies young") < DIE_YOUNG:
        return Depart(tuple(members), DepartureReason.DEATH)
    reason = weighted(ENDINGS, fraction(*about))
    if isinstance(reason, DepartureReason):
        return Depart(tuple(members), reason)
    if reason is BenefitEndReason.WORK and first.role is not Role.ADULT:
        reason = BenefitEndReason.OTHER_INCOME
    return EndAid(tuple(members), reason)


def _level(town: Town, day: date, households: Sequence[Arrive], wanted: int) -> int:
    """The newcomers' level at which the sum of aid meets its course, within bounds."""
    raw = sum(_raw(town, one, day) for one in households)
    if not raw:
        return town.base_level
    low, high = (bound * town.base_level // MILLION for bound in LEVELS)
    return min(max(wanted * MILLION // raw, low), high)


def _raw(town: Town, action: Arrive, day: date) -> int:
    return sum(sum(town.amounts(person, MILLION)) for person in town.household(action, day).people[: action.size])
