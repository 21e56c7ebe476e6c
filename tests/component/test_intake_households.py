"""Households over HTTP: a part splits off together, and each household has exactly one head whoever meets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date

import pytest
import pytest_asyncio

from tests.component.intake_world import IntakeWorld, intake_on, person

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with intake_on(date(2001, 3, 1), broker, database) as world:
        yield world


async def household(intake: IntakeWorld, first: int, size: int) -> tuple[str, list[str]]:
    """A household since 1 February, the first its head and the eldest, then by age."""
    people = [
        await intake.register(
            first + place,
            birth_date=f"{1940 + place}-05-01",
            household={"number": str(first), "head": place == 0},
            registered_on="2001-02-01",
        )
        for place in range(size)
    ]
    home: str = (await intake.get(f"/clients/{people[0]}"))[1]["household_id"]
    return home, people


async def heads(intake: IntakeWorld, home: str, on: str = "2001-03-01") -> list[str]:
    """As the table says by which payments are made."""
    rows = await intake.db.fetch(
        """select person_id from (
             select distinct on (m.person_id) m.* from membership m join client c using (person_id)
             where since <= $2 and (c.departed_on is null or c.departed_on > $2)
             and not exists (select from alias where subject = person_id) order by m.person_id, since desc) now
           where household_id = $1 and head""",
        home,
        date.fromisoformat(on),
    )
    return [row[0] for row in rows]


async def test_a_part_of_a_household_splits_off_in_one_command(intake: IntakeWorld) -> None:
    home, people = await household(intake, 100, 4)
    status, answer = await intake.post(f"/clients/{people[1]}/household", {"with": people[2:3], "on": "2001-02-20"})
    assert (status, len(answer["events"])) == (200, 2)
    _, leader = await intake.get(f"/clients/{people[1]}")
    _, other = await intake.get(f"/clients/{people[2]}")
    assert leader["household_id"] == other["household_id"] != home
    assert [one["head"] for one in leader["memberships"]] == [False, True]
    assert (await heads(intake, home), await heads(intake, leader["household_id"])) == ([people[0]], [people[1]])


async def test_the_eldest_follows_a_head_who_dies_and_the_line_of_a_file_may_split_a_household(
    intake: IntakeWorld,
) -> None:
    home, people = await household(intake, 110, 4)
    report = await intake.bulk(
        [
            {"command": "depart", "person_id": people[0], "reason": "death", "on": "2001-02-10"},
            {"command": "join_household", "person_id": people[1], "with": [people[3]], "on": "2001-02-20"},
        ]
    )
    assert (report["applied"], report["refused"]) == (2, [])
    assert await heads(intake, home, "2001-02-09") == [people[0]]
    assert await heads(intake, home, "2001-02-10") == [people[1]]
    assert await heads(intake, home) == [people[2]]


async def test_heads_who_come_at_the_same_moment_are_one(intake: IntakeWorld) -> None:
    home, people = await household(intake, 120, 2)
    lines = [{"command": "register", **person(130 + n, household={"number": "120", "head": True})} for n in range(3)]
    joins = [intake.post(f"/clients/{one}/household", {"id": home, "head": True}) for one in people]
    leaves = [intake.post(f"/clients/{people[0]}/departures", {"reason": "left_city", "on": "2001-03-01"})]
    answers = await asyncio.gather(*(intake.bulk([line]) for line in lines), *joins, *leaves)
    assert not [one for one in answers if isinstance(one, tuple) and one[0] not in {200, 409}]
    assert len(await heads(intake, home)) == 1


async def test_a_merge_passes_the_head_on_and_its_end_leaves_one(intake: IntakeWorld) -> None:
    home, people = await household(intake, 140, 2)
    survivor = await intake.register(150)
    _, merged = await intake.post("/merges", {"survivor_id": survivor, "loser_id": people[0]})
    assert await heads(intake, home) == [people[1]]
    status, _ = await intake.post(f"/merges/{merged['merge_id']}/undo")
    assert status == 200
    assert len(await heads(intake, home)) == 1
