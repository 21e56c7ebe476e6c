"""Persons who receive aid twice, under their own name at another address, until somebody notices.

Both records have a case, and perhaps a referral to the same agency (domain.md 8.12): they are merged with all of it,
and the second aid ends as an error.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from simulation.chance import fraction, pick, whole
from simulation.city.actions import EndDouble, MergeDouble
from simulation.city.people import Person, Role
from simulation.city.seen import SeenFile
from simulation.city.town import Town

CLAIMS_TWICE: Final = 0.04
"""Of single newcomers: a few dozen a year in the whole city (our own estimate)."""
COMPARED_FOR: Final = timedelta(days=31)
"""After the first files: as long as they are compared, nobody gets by with it."""
TRIES: Final = 12
NOTICED: Final = (50, 120)
"""Days until it is noticed."""


def whose(town: Town, newcomer: Person, day: date) -> int | None:
    """The person who claims aid a second time as this newcomer; None for nearly all."""
    about = (town.seed, newcomer.number, "claims twice")
    if newcomer.role is not Role.ADULT or not town.numbers or fraction(*about) >= CLAIMS_TWICE:
        return None
    if day < town.opened_on + COMPARED_FOR:
        return None
    for turn in range(TRIES):
        one = town.known[pick(town.numbers, *about, day, turn)]
        single = one.person.head and len(town.members[one.household]) == 1
        if single and one.in_aid and one.assessed and one.placeable and not town.mistyped(one):
            return None if one.person.number in town.doubles.values() else one.person.number
    return None


def noticed(town: Town, day: date) -> Iterator[MergeDouble]:
    """Who is found to receive aid twice on a day, if they still do."""
    for second, first in town.doubles.items():
        one, other = town.known[first], town.known[second]
        due = other.comes + timedelta(days=whole(*NOTICED, town.seed, second, "noticed"))
        if due <= day and one.in_aid and other.in_aid:
            yield MergeDouble(first, second)


def ended(merges: Sequence[MergeDouble], files: Mapping[int, SeenFile]) -> Iterator[EndDouble]:
    """The second aid, benefit by benefit, because the first goes on."""
    for merge in merges:
        file = files.get(merge.second)
        benefits = tuple(b.benefit_id for b in file.benefits if b.ended_on is None) if file else ()
        yield EndDouble(merge.second, benefits)
