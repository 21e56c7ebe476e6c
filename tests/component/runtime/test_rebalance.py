"""What a consumer is asked about partitions that it had a moment ago."""

from typing import cast
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer

from contracts import topics
from contracts.city import read_city
from services.runtime.consumer import Consumer
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from tests.component.runtime import toy
from tests.component.runtime.world import ROOT


async def test_of_a_partition_that_was_given_away_no_end_is_known() -> None:
    """A batch may be decided while its partitions are shared out anew: it must not fail for it."""
    city = read_city(ROOT / "deploy/bremen")
    settings = Settings(database="postgresql://nobody@127.0.0.1:1/none", namespace=UUID(int=7))
    unasked = cast("asyncpg.Pool", None)
    consumer = Consumer(Runtime(toy.service(city), settings, city, unasked, Metrics()))
    consumer._consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")  # in its group, and with nothing assigned
    assert consumer.at_end((topics.PERSON.name, 0), 5) is False
