"""Two records are one person, or turn out not to be: no id is rewritten and no record moves, an alias leads on."""

from contracts.events.intake import ClientsMerged, ClientsUnmerged
from services.intake.domain import rules
from services.intake.domain.client import Client
from services.intake.domain.commands import MergeClients, UndoMerge
from services.intake.domain.refusals import MergeEnded, SamePerson, UnknownMerge
from services.runtime.decision import Clients, Context


def merge(clients: Clients[Client], command: MergeClients, context: Context) -> tuple[ClientsMerged, ...]:
    """Told once under each key, with one `merge_id`; ids that were merged before stand for whom they lead to."""
    survivor = rules.known(clients, command.survivor_id)
    loser = rules.known(clients, command.loser_id)
    if survivor.person_id == loser.person_id:
        raise SamePerson
    merge_id = context.new_id()
    return tuple(
        ClientsMerged(
            occurred_on=context.today,
            person_id=one.person_id,
            merge_id=merge_id,
            survivor_id=survivor.person_id,
            loser_id=loser.person_id,
        )
        for one in (survivor, loser)
    )


def undo(clients: Clients[Client], command: UndoMerge, context: Context) -> tuple[ClientsUnmerged, ...]:
    holder = clients.find(command.merge_id)
    found = next((m for m in holder.merges if m.merge_id == command.merge_id), None) if holder else None
    if found is None:
        raise UnknownMerge
    if found.ended:
        raise MergeEnded
    return tuple(
        ClientsUnmerged(
            occurred_on=context.today,
            person_id=person_id,
            merge_id=found.merge_id,
            survivor_id=found.survivor_id,
            loser_id=found.loser_id,
        )
        for person_id in (found.survivor_id, found.loser_id)
    )
