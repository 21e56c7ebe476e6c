from collections.abc import AsyncIterator

import pytest

from tests.component.runtime.world import FIRST_DAY, World
from tests.conftest import NewDatabase


@pytest.fixture
async def world(broker: str, new_database: NewDatabase) -> AsyncIterator[World]:
    made = World(broker, await new_database())
    await made.prepare()
    await made.day(FIRST_DAY)
    yield made
    await made.close()
