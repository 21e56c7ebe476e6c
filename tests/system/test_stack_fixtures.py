"""The fixtures of every other test: shared servers, isolated databases."""

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient

from tests.conftest import NewDatabase


async def test_two_databases_of_one_test_do_not_see_each_other(new_database: NewDatabase) -> None:
    first, second = await new_database(), await new_database()
    connection = await asyncpg.connect(first)
    await connection.execute("CREATE TABLE only_here (id int)")
    await connection.close()
    connection = await asyncpg.connect(second)
    assert await connection.fetchval("SELECT to_regclass('only_here')") is None
    await connection.close()


@pytest.mark.parametrize("_", range(2))
def test_every_worker_meets_the_same_broker(broker: str, _: int) -> None:
    assert len(AdminClient({"bootstrap.servers": broker}).list_topics(timeout=10).brokers) == 1
