"""`POST /days` with and without the city's agencies, on the run's real broker."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from contracts.city import read_city
from contracts.topics import Layout, event_topics
from lotse.calendar import Calendar, Problem, Settings
from simulation.agency.day import Agency
from simulation.agency.habits import Habits
from simulation.agency.post import serve

CONFIG = Path(__file__).parents[2] / "deploy" / "neuwerder"
CITY = read_city(CONFIG)
FIRST = date(2001, 3, 1)


@pytest.fixture
async def calendar(broker: str) -> AsyncIterator[Calendar]:
    layout = Layout(person=1, partner=1)
    wanted = [
        NewTopic(t.name, num_partitions=t.partitions(layout), replication_factor=1, config=t.config)
        for t in event_topics(CITY.agency_ids)
    ]
    admin = AdminClient({"bootstrap.servers": broker})
    for future in admin.create_topics(wanted).values():
        future.result(timeout=20)
    made = Calendar(Settings(kafka=broker, clock="simulated", start=FIRST, config=CONFIG))
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def _agencies(kafka: str) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    tasks = [
        asyncio.create_task(serve(Agency(Habits(one.id, 1, CITY.deadlines, {}), one.services), kafka, stopping))
        for one in CITY.agencies
    ]
    yield
    stopping.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def test_a_day_without_its_agencies_is_refused_soon_and_is_there_when_they_are(
    calendar: Calendar, broker: str
) -> None:
    began = time.monotonic()
    with pytest.raises(Problem) as refused:
        await calendar.start_day(FIRST)
    assert (refused.value.status, refused.value.code) == (503, "agency_away")
    assert all(agency in str(refused.value) for agency in CITY.agency_ids)
    assert time.monotonic() - began < Settings().settle_seconds / 2
    async with _agencies(broker):
        answer = await calendar.start_day(FIRST)
    assert (answer["day"], answer["published"]) == (FIRST, False)
