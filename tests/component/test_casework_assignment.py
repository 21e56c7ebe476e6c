"""The daily assignment: case managers who begin, who are absent, and a process that is killed in its midst."""

from datetime import date, timedelta
from signal import SIGKILL

from contracts import topics
from contracts.events.casework import CaseAssigned, CaseQueued
from tests.component.casework_world import CaseworkWorld, casework_on
from tests.component.runtime.world import until
from tests.conftest import NewDatabase

DAY = timedelta(days=1)
PERSONS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(9)]


async def test_the_assignment_survives_a_kill(broker: str, new_database: NewDatabase) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        for staff_id in ("vahr.fm2", "vahr.fm1"):
            await world.employ(staff_id, limit=3)
        for person_id in reversed(PERSONS):
            await world.able_client(person_id=person_id)
        await _restart_to_die(world)
        await world.day(date(2001, 10, 3))
        assert await world.replicas[-1].ended() == -SIGKILL
        await world.start()
        await until(lambda: _is_third(world), what="the day")
        await world.settled_all()
        told = [event for _, event in await world.published(topics.CASE)]
    assigned = [(one.person_id, one.case_manager) for one in told if isinstance(one, CaseAssigned)]
    assert sorted(assigned) == list(zip(PERSONS[:6], ["vahr.fm1", "vahr.fm2"] * 3, strict=True))
    assert sorted(one.person_id for one in told if isinstance(one, CaseQueued)) == PERSONS[6:]


async def test_case_managers_take_from_the_waiting_list_on_the_day_they_begin(
    broker: str, new_database: NewDatabase
) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        for person_id in reversed(PERSONS[:3]):
            await world.able_client(person_id=person_id)
        for number in (1, 2, 3):
            await world.employ(f"vahr.fm{number}", limit=1, since=world.on + number * DAY)
        await world.next_day()
        assert await _managers(world) == ["vahr.fm1", None, None]
        _, waiting = await world.get("/cases?assigned=false&office=vahr")
        assert [one["queued_on"] for one in waiting] == [world.on.isoformat()] * 2
        await world.next_day()
        assert await _managers(world) == ["vahr.fm1", "vahr.fm2", None]
        await world.next_day()
        assert await _managers(world) == ["vahr.fm1", "vahr.fm2", "vahr.fm3"]


async def test_a_caseload_is_handed_over_for_an_absence_and_comes_back(broker: str, new_database: NewDatabase) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        await world.employ("vahr.fm1")
        for person_id in PERSONS[:2]:
            await world.able_client(person_id=person_id)
        await world.next_day()
        for staff_id in ("vahr.fm2", "vahr.fm3"):
            await world.employ(staff_id)
        path = "/case-managers/vahr.fm1/absences"
        away = {"since": world.on.isoformat(), "returns_on": (world.on + 3 * DAY).isoformat(), "deputy": "vahr.fm3"}
        assert (await world.post(path, away | {"deputy": "nobody"}))[1]["code"] == "no_deputy"
        assert (await world.post("/case-managers/nobody/absences", away))[1]["code"] == "unknown_case_manager"
        assert (await world.post(path, away | {"returns_on": world.on.isoformat()}))[1]["code"] == "absence_is_over"
        assert (await world.post(path, away))[0] == 201
        await world.able_client(person_id=PERSONS[2])
        await world.next_day()
        assert await _managers(world) == ["vahr.fm3", "vahr.fm3", "vahr.fm2"]
        _, cases = await world.get("/cases")
        assert [one["instead_of"] for one in cases if one["person_id"] in PERSONS[:2]] == ["vahr.fm1"] * 2
        sooner = away | {"returns_on": (world.on + DAY).isoformat()}
        assert (await world.post(path, sooner))[0] == 201
        await world.next_day()
        assert await _managers(world) == ["vahr.fm1", "vahr.fm1", "vahr.fm2"]
        found = await world.replayed()
        assert found["identical"], found["tables"]


async def _managers(world: CaseworkWorld) -> list[str | None]:
    """Of the persons, in their order."""
    _, cases = await world.get("/cases")
    found = {one["person_id"]: one["case_manager"] for one in cases}
    return [found[person_id] for person_id in PERSONS if person_id in found]


async def _restart_to_die(world: CaseworkWorld) -> None:
    """With timers fired and nobody assigned yet."""
    world.replicas[-1].process.terminate()
    await world.replicas[-1].ended()
    await world.start(LOTSE_FAIL="fired:1")


async def _is_third(world: CaseworkWorld) -> bool:
    return await world.today() == date(2001, 10, 3)
