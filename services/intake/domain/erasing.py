"""A person is erased: all of their records, in every service, once and for good (docs/adr/0020)."""

from contracts import topics
from contracts.events.intake import ClientErased
from services.intake.domain import rules
from services.intake.domain.client import Client
from services.intake.domain.commands import Erase
from services.intake.domain.household import Events, settled
from services.intake.domain.refusals import AidInForce, NamedMeanwhile
from services.runtime.decision import Clients, Context, Tombstone


def erase(clients: Clients[Client], command: Erase, context: Context) -> Events:
    """Told under every key of the person; the household's head is passed on from today. Nothing for one who is erased.

    Without aid there is neither an open case nor an open referral: both end with it, by events that stand before this
    one under the same key.
    """
    if clients[command.person_id].erased:
        return ()
    client = rules.known(clients, command.person_id)
    records = rules.family(clients, client)
    if any(benefit.lasts_beyond(context.today) for one in records for benefit in one.benefits):
        raise AidInForce
    own = {one.person_id for one in records}
    others = tuple(sorted({other for one in records for other in named_by(one)} - own))
    if not {*own, *others} <= {*command.targets}:
        raise NamedMeanwhile
    told = tuple(ClientErased(occurred_on=context.today, person_id=one.person_id, others=others) for one in records)
    gone = tuple(Tombstone(topics.IDENTITY, one.person_id) for one in records)
    return (*settled(clients, told, command.relatives), *gone)


def named_by(client: Client) -> set[str]:
    """Other records that this one names, and that name it."""
    merged = {person for merge in client.merges for person in (merge.survivor_id, merge.loser_id)}
    return {*merged, *client.possible_duplicates} - {client.person_id}
