"""kill -9 between any two lines, zombies and restarts: every effect exactly once (design.md section 3)."""

import signal

import psutil
import pytest

from contracts import topics
from tests.component.runtime.people import assert_exact, moved, person, registered, send_people
from tests.component.runtime.world import World, until

PEOPLE, MOVES = 60, 8
LONG_MISSED = {"LOTSE_SESSION_TIMEOUT": "6", "LOTSE_RELAY_IDLE_TIMEOUT": "1"}
"""The other one comes while the zombie is still a member of their group, and waits for the end of its session."""


@pytest.mark.parametrize("failpoint", ["inside:2", "committed:1", "committed:3", "sent:1", "sent:3"])
async def test_kill_at_a_failpoint_loses_and_doubles_nothing(world: World, failpoint: str) -> None:
    """inside a batch; after the commit and before the acknowledgement; after the send and before the outbox delete"""
    await send_people(world, people=PEOPLE, moves=MOVES)
    doomed = await world.start(ready=False, LOTSE_FAIL=failpoint)
    assert await doomed.ended() == -signal.SIGKILL
    await world.start()
    await until(world.settled)
    await assert_exact(world, people=PEOPLE, moves=MOVES)


async def test_a_zombie_changes_nothing(world: World) -> None:
    """A replica stops inside a batch, beyond its session; another takes over; the first wakes up and goes on."""
    await send_people(world, people=PEOPLE, moves=MOVES // 2)
    zombie = await world.start(ready=False, LOTSE_FAIL="inside:2", LOTSE_FAIL_SIGNAL="STOP", **LONG_MISSED)
    await until(lambda: _stopped(zombie.process.pid), what="the stop")
    other = await world.start(ready=True, **LONG_MISSED)
    for turn in range(MOVES // 2, MOVES):
        await world.send(topics.PERSON, *(moved(person(n), f"office-{turn}") for n in range(PEOPLE)))
    await until(world.settled, within=60)
    zombie.signal(signal.SIGCONT)
    await until(lambda: world.is_ready(zombie), within=60)
    other.process.kill()
    await until(world.settled, within=60)
    await assert_exact(world, people=PEOPLE, moves=MOVES)


async def test_a_graceful_stop_leaves_an_empty_outbox(world: World) -> None:
    replica = await world.start()
    await send_people(world, people=PEOPLE, moves=1)
    await until(world.settled)
    replica.signal(signal.SIGTERM)
    await replica.ended(within=12)
    assert await world.db.fetchval("select count(*) from outbox") == 0


async def test_a_stop_is_bounded_when_the_broker_is_dead(world: World) -> None:
    replica = await world.start(ready=False, LOTSE_KAFKA="127.0.0.1:1")
    await until(lambda: world.lives(replica))
    replica.signal(signal.SIGTERM)
    await replica.ended(within=14)


async def test_a_repeat_by_a_relay_is_dropped(world: World) -> None:
    await world.start()
    await world.send(topics.PERSON, registered(person(0)), moved(person(0), "office-0"))
    world.sent[person(0)] = 0
    await world.send(topics.PERSON, registered(person(0)), moved(person(0), "office-0"))
    await until(world.settled)
    await assert_exact(world, people=1, moves=1)


async def test_a_lost_event_stops_its_partition_and_is_named(world: World) -> None:
    replica = await world.start()
    await world.send(topics.PERSON, registered(person(0)))
    await until(world.settled)
    world.sent[person(0)] += 1
    await world.send(topics.PERSON, moved(person(0)))
    await until(lambda: _stands(world))
    answer = await world.http.get(f"{replica.url}/health/ready")
    assert answer.status_code == 503
    assert "expected sequence 2" in answer.json()["checks"]["loss"]
    assert await world.db.fetchval("select count(*) from toy_moved") == 0


async def _stands(world: World) -> bool:
    return bool((await world.progress())["stopped"])


async def _stopped(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED
