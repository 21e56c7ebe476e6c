"""An agency's session with the run's real broker, ended."""

import asyncio
import gc
import uuid
import warnings

from confluent_kafka.admin import AdminClient, NewTopic

from contracts.topics import partner_out
from simulation.agency.day import Agency
from simulation.agency.habits import Habits
from simulation.agency.post import Post
from simulation.facts import read_scene
from tests.component.runtime.world import ROOT, until


async def test_a_session_that_is_ended_while_it_closes_leaves_no_client_of_the_broker_open(broker: str) -> None:
    name = f"agency-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": broker})
    for future in admin.create_topics(
        [NewTopic(partner_out(name).name, num_partitions=1, replication_factor=1)]
    ).values():
        future.result(timeout=20)
    habits = Habits(name, 1, read_scene(ROOT / "deploy" / "bremen").city.deadlines, {})
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ResourceWarning)
        await _session_ended_twice(Post(Agency(habits, ()), broker, asyncio.Event()))
        await until(_is_quiet, within=10, what="the end of what the session began")
        gc.collect()
    assert [str(one.message) for one in found if "Unclosed" in str(one.message)] == []


async def _session_ended_twice(post: Post) -> None:
    session = asyncio.create_task(post.run())
    await until(lambda: _has_begun(post), what="a session")
    while not session.done():
        session.cancel()
        await asyncio.sleep(0)


async def _has_begun(post: Post) -> bool:
    return bool(post._consumer.assignment())


async def _is_quiet() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}
