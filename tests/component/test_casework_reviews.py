"""C4 over HTTP: the overdue list on each day, by office and by case manager, also of cases that wait for one."""

from datetime import date, timedelta
from typing import Any

from contracts.events import intake
from tests.component.casework_world import PLAN, CaseworkWorld, casework_on
from tests.conftest import NewDatabase

DAY = timedelta(days=1)


async def overdue(world: CaseworkWorld, query: str) -> list[str]:
    status, found = await world.get(f"/cases?review_overdue=true&{query}")
    assert status == 200
    assert all(one["review_overdue"] for one in found)
    return [one["case_id"] for one in found]


async def test_the_overdue_list_is_exact_on_every_day(broker: str, new_database: NewDatabase) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        first, second = sorted([await _reviewed_in(world, 2), await _reviewed_in(world, 4)], key=lambda one: one["due"])
        expected = {
            day: [
                one["case_id"] for one in sorted((first, second), key=lambda one: one["case_id"]) if one["due"] <= day
            ]
            for day in (world.on + number * DAY for number in range(6))
        }
        for day, cases in expected.items():
            while world.on < day:
                await world.next_day()
            assert await overdue(world, "office=vahr") == await overdue(world, "case_manager=vahr.fm1") == cases
            assert await overdue(world, "office=walle") == []
        await _a_case_that_waits_for_its_new_office(world, first)
        await world.post(f"/cases/{second['case_id']}/plans", PLAN)
        assert await overdue(world, "office=vahr") == []
        await world.protect(first["person_id"])
        assert await overdue(world, "") == []


async def _reviewed_in(world: CaseworkWorld, days: int) -> dict[str, Any]:
    case = await world.assigned()
    due = world.on + days * DAY
    status, answer = await world.post(f"/cases/{case['case_id']}/plans", PLAN | {"review_on": due.isoformat()})
    assert status == 201, answer
    return case | {"due": due}


async def _a_case_that_waits_for_its_new_office(world: CaseworkWorld, case: dict[str, Any]) -> None:
    """Nobody's yet, and on the office's list from the first day."""
    moved: dict[str, Any] = {"office": "groepelingen-walle", "previous_office": "vahr", "district": "walle"}
    await world.tell(intake.OfficeChanged(person_id=case["person_id"], occurred_on=world.on, reason="move", **moved))
    shown = await world.case_of(case["person_id"])
    assert (shown["case_manager"], shown["office"]) == (None, "groepelingen-walle")
    assert await overdue(world, "office=groepelingen-walle") == [case["case_id"]]
    assert case["case_id"] not in await overdue(world, "office=vahr")
