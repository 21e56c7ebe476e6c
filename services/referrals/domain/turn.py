"""What one cause leads to: publications in order, each folded at once, so that every decision sees those before it."""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from contracts.city import City
from contracts.events import partners
from contracts.events import referrals as facts
from contracts.topics import Topic, partner_out
from services.referrals.domain.client import Client, ToldToErase
from services.referrals.domain.fold import fold_own
from services.referrals.domain.placement import Placement
from services.referrals.domain.referral import Referral
from services.runtime.decision import Addressed, Clients, Context, NotFound, Publication


@cache
def out_topic(agency: str) -> Topic:
    return partner_out(agency)


class Turn:
    """The states of the runtime, with what this turn decided on top; the runtime folds the same events again."""

    def __init__(self, clients: Clients[Client], context: Context) -> None:
        self.today: date = context.today
        self.city: City = context.city
        self.behind: frozenset[str] = context.behind
        self.new_id: Callable[[], str] = context.new_id
        self.publications: list[Publication] = []
        self._clients = clients
        self._decided: dict[str, Client] = {}

    def client(self, person_id: str) -> Client:
        return self._decided.get(person_id) or self._clients[person_id]

    def family(self, person_id: str) -> tuple[Client, ...]:
        """All records of the person, this one included."""
        return tuple(self.client(one.person_id) for one in self._clients.family(person_id))

    def find_referral(self, referral_id: str) -> Referral | None:
        """The referral of that id, whosever it is; None if nobody's."""
        holder = self._clients.find(referral_id)
        return None if holder is None else self.client(holder.person_id).referral(referral_id)

    def find_told_to_erase(self, referral_id: str, agency: str) -> tuple[Client, ToldToErase] | None:
        """The erased client whose referral this agency had under that pseudonym; None if it is nobody's."""
        holder = self._clients.find(referral_id)
        known = () if holder is None else holder.told_to_erase
        told = next((one for one in known if (one.referral_id, one.agency) == (referral_id, agency)), None)
        return None if holder is None or told is None else (holder, told)

    def find_placement(self, placement_id: str) -> tuple[Referral, Placement] | None:
        """The placement of that id and the referral that led to it."""
        holder = self._clients.find(placement_id)
        placement = None if holder is None else self.client(holder.person_id).placement(placement_id)
        referral = None if holder is None or placement is None else holder.referral(placement.referral_id)
        return None if referral is None or placement is None else (self.now(referral), placement)

    def now(self, referral: Referral) -> Referral:
        """The referral as this turn has left it."""
        return self.client(referral.person_id).referral(referral.referral_id) or referral

    def placement(self, person_id: str, placement_id: str) -> Placement:
        """The placement as this turn has left it. Raises `NotFound`."""
        found = self.client(person_id).placement(placement_id)
        if found is None:
            raise NotFound("there is no such placement")
        return found

    def publish(self, event: facts.ReferralEvent) -> None:
        self.publications.append(event)
        self._decided[event.person_id] = fold_own(self.client(event.person_id), event, self.city.deadlines)

    def tell(self, agency: str, message: partners.ToPartner | partners.Answer) -> None:
        self.publications.append(Addressed(out_topic(agency), message))


def about(referral: Referral) -> dict[str, Any]:
    """Whose event it is: what every event of a referral says first."""
    return {"person_id": referral.person_id, "referral_id": referral.referral_id, "agency": referral.agency}
