"""What the calendar does to clients of intake."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date

import pytest
import pytest_asyncio

from contracts.events.intake import DepartmentsAssigned
from tests.component.intake_world import IntakeWorld, intake_on
from tests.component.runtime.world import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with intake_on(date(2001, 3, 1), broker, database) as world:
        yield world


async def test_who_grows_up_leaves_young_people_on_the_birthday_once(intake: IntakeWorld) -> None:
    grown = await intake.register(1, birth_date="1983-03-02")
    younger = await intake.register(2, birth_date="1983-03-04")
    parent = await intake.register(3, departments=["young_people"])
    for day in (2, 3):
        await intake.day(date(2001, 3, day))
    await until(lambda: _is(intake, date(2001, 3, 3)), what="the third day")
    told = [one for one in await intake.told_of(grown, younger, parent) if isinstance(one, DepartmentsAssigned)]
    anew = [one for one in told if one.occurred_on > date(2001, 3, 1)]
    assert [(one.person_id, one.occurred_on.day, one.departments) for one in anew] == [
        (grown, 2, ("economic_assistance",))
    ]
    assert (await intake.get(f"/clients/{grown}"))[1]["departments"] == ["economic_assistance"]
    assert (await intake.get(f"/clients/{younger}"))[0] == 404


async def test_who_turns_out_to_be_grown_up_is_found_on_the_next_day(intake: IntakeWorld) -> None:
    person_id = await intake.register(4, birth_date="1984-01-01")
    await intake.post(f"/clients/{person_id}/corrections", {"birth_date": "1983-03-04"})
    await intake.day(date(2001, 3, 4))
    await until(lambda: _is(intake, date(2001, 3, 4)), what="the fourth day")
    assert (await intake.get(f"/clients/{person_id}"))[1]["departments"] == ["economic_assistance"]


async def test_who_turns_65_is_for_the_adults_on_the_birthday_unless_somebody_chose_otherwise(
    intake: IntakeWorld,
) -> None:
    older = await intake.register(5, birth_date="1936-03-05")
    younger = await intake.register(6, birth_date="1936-03-06")
    chosen = await intake.register(7, birth_date="1936-03-05", departments=["economic_assistance", "young_people"])
    await intake.day(date(2001, 3, 5))
    await until(lambda: _is(intake, date(2001, 3, 5)), what="the fifth day")
    told = [one for one in await intake.told_of(older, younger, chosen) if isinstance(one, DepartmentsAssigned)]
    anew = {one.person_id: set(one.departments) for one in told if one.occurred_on == date(2001, 3, 5)}
    assert anew == {older: {"adults"}, chosen: {"adults", "young_people"}}


async def _is(world: IntakeWorld, day: date) -> bool:
    return await world.today() == day
