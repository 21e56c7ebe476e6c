"""The composition root: reporting holds no states and takes no commands, it turns messages into dated facts."""

from contracts import topics
from contracts.city import City
from services.reporting.handlers import project
from services.reporting.store import TABLES
from services.runtime.decision import Aggregate
from services.runtime.service import Service


def service(_: City) -> Service[Aggregate]:
    """Releases of months are published by a later version: until then the own topic is neither written nor read."""
    return Service(
        name="reporting",
        publishes=(),
        consumes=(topics.PERSON, topics.CASE, topics.REFERRAL, topics.DAY),
        project=project,
        tables=TABLES,
    )
