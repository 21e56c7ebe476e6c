"""Two records are one person, or turn out not to be: no id is rewritten and no record moves, an alias leads on."""

from collections.abc import Iterator
from typing import Final

from contracts.events.intake import (
    ClientsMerged,
    ClientsUnmerged,
    PossibleDuplicateDismissed,
    PossibleDuplicateFound,
)
from services.intake.domain import rules
from services.intake.domain.client import Client, Merge
from services.intake.domain.commands import DismissDuplicate, MergeClients, UndoMerge
from services.intake.domain.household import Events, settled
from services.intake.domain.refusals import MergeEnded, SamePerson, UnknownDuplicate, UnknownMerge
from services.runtime.decision import Clients, Context

UNDONE: Final = 0
"""Per cent: the two are no review item because of any likeness."""


def merge(clients: Clients[Client], command: MergeClients, context: Context) -> tuple[str, Events]:
    """The merge's id, told once under each key; ids that were merged before stand for whom they lead to. The loser's
    household goes on without them."""
    survivor = rules.known(clients, command.survivor_id)
    loser = rules.known(clients, command.loser_id)
    if survivor.person_id == loser.person_id:
        raise SamePerson
    merge_id = context.new_id()
    told = tuple(
        ClientsMerged(
            occurred_on=context.today,
            person_id=one.person_id,
            merge_id=merge_id,
            survivor_id=survivor.person_id,
            loser_id=loser.person_id,
        )
        for one in (survivor, loser)
    )
    return merge_id, settled(clients, told, command.relatives)


def dismiss(
    clients: Clients[Client], command: DismissDuplicate, context: Context
) -> tuple[PossibleDuplicateDismissed, ...]:
    """Told once under each key; nothing for a pair that was dismissed before."""
    one, other = clients[command.person_id], clients[command.other_id]
    if command.other_id not in one.possible_duplicates:
        raise UnknownDuplicate
    if clients.canonical(one.person_id).person_id == clients.canonical(other.person_id).person_id:
        raise SamePerson
    if command.other_id in one.dismissed_duplicates:
        return ()
    return tuple(
        PossibleDuplicateDismissed(occurred_on=context.today, person_id=record, other_id=twin, author=command.author)
        for record, twin in ((one.person_id, other.person_id), (other.person_id, one.person_id))
    )


def undo(clients: Clients[Client], command: UndoMerge, context: Context) -> Events:
    holder = clients.find(command.merge_id)
    found = next((m for m in holder.merges if m.merge_id == command.merge_id), None) if holder else None
    if found is None:
        raise UnknownMerge
    if found.ended:
        raise MergeEnded
    told = tuple(
        ClientsUnmerged(
            occurred_on=context.today,
            person_id=person_id,
            merge_id=found.merge_id,
            survivor_id=found.survivor_id,
            loser_id=found.loser_id,
        )
        for person_id in (found.survivor_id, found.loser_id)
    )
    return (*settled(clients, told, command.relatives), *_looked_at_again(clients, found, context))


def _looked_at_again(clients: Clients[Client], merge: Merge, context: Context) -> Iterator[PossibleDuplicateFound]:
    """What was recorded while they were one may be the other's (8.12): the pair is a review item until someone says
    again that they are two persons, or one. A pair that was one before is so again by itself."""
    if merge.loser_id in clients[merge.survivor_id].possible_duplicates:
        return
    for one, other in ((merge.survivor_id, merge.loser_id), (merge.loser_id, merge.survivor_id)):
        yield PossibleDuplicateFound(occurred_on=context.today, person_id=one, other_id=other, similarity=UNDONE)
