"""What is asked of the services before a day is decided: the cases, what waits for case managers, a few files."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, Protocol

from simulation.city import doubles, habits
from simulation.city.caseload import OPEN
from simulation.city.seen import Seen, SeenCase, SeenEnd, SeenFile, SeenItem, SeenPair, SeenSuggestion
from simulation.city.town import Town
from simulation.facts import Scene
from simulation.workdays import works

A_PAGE: Final = 500
"""Rows."""
MONDAY: Final = 0
"""On which the city hears whose job has ended, and looks at records that resemble each other."""


class Reads(Protocol):
    async def read(self, service: str, path: str) -> Any:
        """The answer to a GET."""

    async def listed(self, service: str, path: str) -> list[Any]:
        """All of a list that comes in pages."""


async def look(services: Reads, town: Town, scene: Scene, day: date) -> Seen:
    """Nothing on days without office hours. Casework is asked from the day after the centres opened."""
    if not works(day) or not town.known:
        return Seen()
    files = {number: await _file(services, town, number, paid=paid) for number, paid in _wanted(town, day)}
    monday = day.weekday() == MONDAY
    found = await services.read("intake", "/duplicates?limit=500") if monday else ()
    pairs = tuple(SeenPair.model_validate(row) for row in found)
    if day <= scene.reorganised_on:
        return Seen(files=files, pairs=pairs)
    rows = await services.listed("casework", f"/cases?state=open&assigned=true&limit={A_PAGE}")
    cases = tuple(SeenCase.model_validate(row) for row in rows)
    items = await services.listed("casework", f"/reconciliation?resolved=false&limit={A_PAGE}")
    ends = await services.read("referrals", "/placements?state=ended&limit=10000") if monday else ()
    return Seen(
        cases=cases,
        items=tuple(SeenItem.model_validate(row) for row in items),
        suggestions=await _suggestions(services, cases),
        ends=tuple(SeenEnd.model_validate(row) for row in ends),
        pairs=pairs,
        files=files,
    )


def _wanted(town: Town, day: date) -> Iterator[tuple[int, bool]]:
    """Whose files are read, each once, and whether with payments."""
    wanted: dict[int, bool] = dict.fromkeys((merge.second for merge in doubles.noticed(town, day)), False)
    for habit, one in habits.chosen(town, day):
        if (number := habit.reads(town, one)) is not None:
            wanted[number] = wanted.get(number, False) or habit.payments
    yield from wanted.items()


async def _file(services: Reads, town: Town, number: int, *, paid: bool) -> SeenFile:
    found = SeenFile.model_validate(await services.read("intake", f"/clients/{town.known[number].person_id}"))
    if not paid or found.household_id is None:
        return found
    payments = await services.read("intake", f"/households/{found.household_id}/payments")
    return SeenFile.model_validate(found.model_dump() | {"payments": payments})


async def _suggestions(services: Reads, cases: Sequence[SeenCase]) -> tuple[SeenSuggestion, ...]:
    """Of the case managers who have a client at work and with another agency too: nobody else can have any."""
    asked = {
        case.case_manager
        for case in cases
        if case.case_manager
        and any(placement.confirmed for placement in case.placements)
        and any(referral.state in OPEN for referral in case.referrals)
    }
    found = []
    for manager in sorted(asked):
        made = await services.listed("casework", f"/worklist/suggestions?case_manager={manager}")
        found += [SeenSuggestion.model_validate(row) for row in made]
    return tuple(found)
