"""The daily assignment when the process is killed in its midst: every case is assigned once, and as without it."""

from datetime import date
from signal import SIGKILL

from contracts import topics
from contracts.events.casework import CaseAssigned, CaseQueued
from tests.component.casework_world import CaseworkWorld, casework_on
from tests.component.runtime.world import until
from tests.conftest import NewDatabase

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


async def _restart_to_die(world: CaseworkWorld) -> None:
    """With timers fired and nobody assigned yet."""
    world.replicas[-1].process.terminate()
    await world.replicas[-1].ended()
    await world.start(LOTSE_FAIL="fired:1")


async def _is_third(world: CaseworkWorld) -> bool:
    return await world.today() == date(2001, 10, 3)
