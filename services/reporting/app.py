"""The composition root: reporting holds no states and takes no commands, it turns messages into dated facts."""

from contracts import topics
from contracts.city import City
from services.reporting.handlers import project
from services.reporting.release.freeze import summarise
from services.reporting.release.store import ReleaseVersion
from services.reporting.store import ERASURES, TABLES, Erased
from services.runtime.decision import Aggregate
from services.runtime.service import Service


def service(_: City) -> Service[Aggregate]:
    return Service(
        name="reporting",
        publishes=(topics.RELEASE,),
        consumes=(topics.PERSON, topics.CASE, topics.REFERRAL, topics.DAY),
        project=project,
        summarise=summarise,
        tables=(*TABLES, ReleaseVersion),
        erasures=ERASURES,
        erased=Erased,
    )
