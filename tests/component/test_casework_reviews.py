"""C4 over HTTP: the overdue list on each day, by office and by case manager, also of cases that wait for one."""

from datetime import date, timedelta
from typing import Any

from contracts.events import intake
from contracts.words import OfficeChangeReason
from tests.component.casework_world import PLAN, CaseworkWorld, casework_on
from tests.conftest import NewDatabase

DAY = timedelta(days=1)


async def overdue(world: CaseworkWorld, query: str) -> list[str]:
    found = await world.listed(f"/cases?review_overdue=true&{query}")
    assert all(one["review_overdue"] for one in found)
    return [one["case_id"] for one in found]


async def test_the_overdue_list_is_exact_on_every_day(broker: str, new_database: NewDatabase) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        first, second = await _reviewed_in(world, 3), await _reviewed_in(world, 4)
        while world.on <= second["due"]:
            due = sorted(one["case_id"] for one in (first, second) if one["due"] <= world.on)
            assert await overdue(world, "office=vahr") == await overdue(world, "case_manager=vahr.fm1") == due
            assert await overdue(world, "office=huchting-obervieland") == []
            await world.next_day()
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
    await world.tell(
        intake.OfficeChanged(person_id=case["person_id"], occurred_on=world.on, reason=OfficeChangeReason.MOVE, **moved)
    )
    shown = await world.case_of(case["person_id"])
    assert (shown["case_manager"], shown["office"]) == (None, "groepelingen-walle")
    assert await overdue(world, "office=groepelingen-walle") == [case["case_id"]]
    assert case["case_id"] not in await overdue(world, "office=vahr")
