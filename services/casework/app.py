"""Composition: what makes casework a service."""

from functools import partial

from contracts.city import City
from contracts.topics import CASE, consumed_by
from services.casework import handlers, staffing, store, tables
from services.casework.domain.client import Client, evolve
from services.casework.domain.person import closed
from services.runtime.service import Service


def service(city: City) -> Service[Client]:
    return Service(
        name="casework",
        publishes=(CASE,),
        consumes=consumed_by("casework", city.agency_ids),
        initial=lambda person_id: Client(person_id=person_id),
        state=Client,
        evolve=partial(evolve, city=city),
        touches=handlers.touches,
        react=handlers.react,
        decide=handlers.decide,
        prepare=staffing.prepare,
        rank=staffing.weigh,
        closed=closed,
        index=store.index,
        project=store.project,
        tables=tables.REBUILT,
        kept_tables=tables.KEPT,
        erasures=store.ERASURES,
    )
