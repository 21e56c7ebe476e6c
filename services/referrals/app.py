"""The composition of the service referrals."""

from functools import partial

from contracts.city import City
from contracts.topics import REFERRAL, consumed_by, partner_out
from services.referrals import handlers, store
from services.referrals.domain.client import Client
from services.runtime.service import Service


def service(city: City) -> Service[Client]:
    return Service(
        name="referrals",
        publishes=(REFERRAL, *(partner_out(agency) for agency in city.agency_ids)),
        consumes=consumed_by("referrals", city.agency_ids),
        initial=lambda person_id: Client(person_id=person_id),
        state=Client,
        evolve=partial(handlers.evolve, deadlines=city.deadlines),
        touches=handlers.touches,
        react=handlers.react,
        refuse=handlers.refuse,
        decide=handlers.decide,
        rank=store.merged_with_open,
        pending=store.next_of_resync,
        index=store.index,
        project=store.project,
        tables=store.MIRRORS,
        kept_tables=(store.Capacity, store.ResyncRequest),
        erasures=store.ERASURES,
    )
