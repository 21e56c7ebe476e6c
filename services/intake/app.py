"""Composition: what makes intake a service."""

from contracts import topics
from contracts.city import City
from services.intake import handlers, preparation, store, tables
from services.intake.domain import rules
from services.intake.domain.client import Client, initial
from services.intake.preparation.ages import growing_older
from services.runtime.service import Service


def service(city: City) -> Service[Client]:
    return Service(
        name="intake",
        publishes=(topics.PERSON, topics.IDENTITY),
        consumes=topics.consumed_by("intake", city.agency_ids),
        initial=initial,
        state=Client,
        evolve=handlers.evolve,
        decide=handlers.decide,
        prepare=preparation.prepare,
        rank=growing_older,
        closed=rules.closed,
        index=store.index,
        project=store.project,
        tables=tables.REBUILT,
        kept_tables=tables.KEPT,
        erasures=store.ERASURES,
    )
