"""Business time is an event: what was sent before a day is decided before it, and each timer fires once."""

import signal
from collections import Counter
from datetime import date, timedelta

import pytest

from contracts import topics
from contracts.events import casework
from tests.component.runtime.people import first_occurrences, moved, person, registered
from tests.component.runtime.world import FIRST_DAY, World, until

PEOPLE = 300


async def test_a_day_that_arrives_before_messages_sent_ahead_of_it_waits_for_them(world: World) -> None:
    """The service starts with both in its topics: whatever it polls first, the messages belong to the day before."""
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(PEOPLE)))
    await world.send(topics.PERSON, *(moved(person(n)) for n in range(PEOPLE)))
    replica = await world.start()
    await until(lambda: _is(world, FIRST_DAY))
    await world.send(topics.PERSON, *(moved(person(n)) for n in range(PEOPLE)))
    await world.day(FIRST_DAY + timedelta(days=1))
    await until(lambda: _is(world, FIRST_DAY + timedelta(days=1)))
    await until(world.settled)
    found = [e for _, e in first_occurrences(await world.published())]
    assert len(found) == 3 * PEOPLE
    assert {event.occurred_on for event in found} == {FIRST_DAY}
    assert replica.process.returncode is None


@pytest.mark.parametrize("replicas", [1, 2])
async def test_what_came_after_a_day_is_decided_on_it_although_nobody_was_there(world: World, replicas: int) -> None:
    """Three days' messages and two days wait for the service: each message is decided on the day of its arrival, also
    by a replica that has no part in the calendar."""
    moves = [moved(person(n)) for n in range(PEOPLE)]
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(PEOPLE)))
    away = await world.start()
    await until(world.settled)
    away.process.kill()
    await away.ended()
    for n in range(3):
        if n:
            await world.day(FIRST_DAY + timedelta(days=n))
        await world.send(topics.PERSON, *moves)
    for _ in range(replicas):
        await world.start()
    await until(lambda: _is(world, FIRST_DAY + timedelta(days=2)))
    await until(world.settled)
    found = Counter(
        e.occurred_on for _, e in first_occurrences(await world.published()) if isinstance(e, casework.CaseTransferred)
    )
    assert found == {FIRST_DAY + timedelta(days=n): PEOPLE for n in range(3)}


async def test_what_comes_right_after_a_day_never_overtakes_it(world: World) -> None:
    """The one is read beside the other, by a consumer of its own."""
    one = person(1)
    await world.send(topics.PERSON, registered(one))
    await world.start()
    await until(world.settled)
    for n in range(1, 21):
        await world.day(FIRST_DAY + timedelta(days=n))
        await world.send(topics.PERSON, moved(one))
        await until(world.settled)
    found = [e for _, e in first_occurrences(await world.published()) if isinstance(e, casework.CaseTransferred)]
    assert [e.occurred_on for e in found] == [FIRST_DAY + timedelta(days=n) for n in range(1, 21)]


async def test_each_timer_fires_exactly_once_also_over_a_kill_inside_the_day(world: World) -> None:
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(PEOPLE)))
    doomed = await world.start(LOTSE_FAIL="timer:1")
    await until(world.settled)
    for n in (1, 2, 3):
        await world.day(FIRST_DAY + timedelta(days=n))
    assert await doomed.ended() == -9
    await world.start()
    await until(lambda: _is(world, FIRST_DAY + timedelta(days=3)))
    await until(world.settled)
    reviews = [e for _, e in first_occurrences(await world.published()) if isinstance(e, casework.ReviewDue)]
    assert sorted(e.person_id for e in reviews) == sorted(person(n) for n in range(PEOPLE))
    assert {e.occurred_on for e in reviews} == {FIRST_DAY + timedelta(days=3)}


async def test_a_turn_that_decides_nothing_is_used_up(world: World) -> None:
    """People are looked at on their first day, in vain: the next turn is that of their review."""
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(5)))
    await world.start()
    await until(world.settled)
    assert await _dues(world) == {FIRST_DAY + timedelta(days=1)}
    await world.day(FIRST_DAY + timedelta(days=1))
    await until(lambda: _is(world, FIRST_DAY + timedelta(days=1)))
    assert await _dues(world) == {FIRST_DAY + timedelta(days=3)}


async def test_a_repeated_day_is_dropped_and_a_skipped_one_is_a_loss(world: World) -> None:
    replica = await world.start()
    await until(lambda: _is(world, FIRST_DAY))
    await world.day(FIRST_DAY)
    await world.day(FIRST_DAY + timedelta(days=2))
    await until(lambda: _unready(world, replica.url))
    assert await world.today() == FIRST_DAY


@pytest.mark.parametrize("runs", [True, False])
async def test_a_calendar_that_was_made_anew_is_a_loss(world: World, runs: bool) -> None:  # noqa: FBT001
    """It begins again at offset 0: days that are over must not be taken for news, nor be waited for without a word."""
    first = await world.start()
    for number in (1, 2, 3):
        await world.day(FIRST_DAY + timedelta(days=number))
    await until(lambda: _is(world, FIRST_DAY + timedelta(days=3)))
    if not runs:
        first.signal(signal.SIGTERM)
        await first.ended()
    await world.make_anew(topics.DAY)
    await world.day(FIRST_DAY + timedelta(days=4))
    replica = first if runs else await world.start(ready=False)
    await until(lambda: world.lives(replica))
    await until(lambda: _unready(world, replica.url))
    assert await world.today() == FIRST_DAY + timedelta(days=3)


async def _dues(world: World) -> set[date]:
    return {row[0] for row in await world.db.fetch("select due from state where due is not null")}


async def _is(world: World, day: object) -> bool:
    return await world.today() == day


async def _unready(world: World, url: str) -> bool:
    checks: dict[str, str] = (await world.http.get(f"{url}/health/ready")).json()["checks"]
    return checks["loss"] != "ok"


async def test_a_second_replica_is_ready_and_runs_the_days_when_the_first_one_ends(world: World) -> None:
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(5)))
    first = await world.start()
    await world.start()
    await until(world.settled)
    first.process.kill()
    await world.day(FIRST_DAY + timedelta(days=1))
    await until(lambda: _is(world, FIRST_DAY + timedelta(days=1)))
