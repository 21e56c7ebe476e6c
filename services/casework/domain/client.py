"""The state of one client: a product of folds, one per topic, none of which looks at another's."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from contracts.city import City
from contracts.event import Erasure
from contracts.events.casework import CaseworkEvent
from contracts.events.intake import IdentityRecorded, IntakePersonEvent
from contracts.events.referrals import ReferralsEvent
from services.casework.domain import cases, intake, referrals, timer
from services.casework.domain.cases import Casework
from services.casework.domain.intake import Identity, Intake
from services.casework.domain.referrals import Referrals
from services.runtime.decision import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`intake`, `identity` and `referrals` are what the other services told, `casework` is what this one decided.

    Of an erased client nothing is left but the day, and nothing is added."""

    person_id: str
    intake: Intake = field(default_factory=Intake)
    identity: Identity | None = None
    casework: Casework = field(default_factory=Casework)
    referrals: Referrals = field(default_factory=Referrals)
    erased_on: date | None = None

    @property
    def erased(self) -> bool:
        return self.erased_on is not None

    def without(self, subject: str) -> Self:
        merges = tuple(one for one in self.intake.merges if subject not in {one.survivor_id, one.loser_id})
        return self if merges == self.intake.merges else replace(self, intake=replace(self.intake, merges=merges))

    @property
    def canonical(self) -> str:
        lost = [one.survivor_id for one in self.intake.merges if one.loser_id == self.person_id]
        return lost[-1] if lost else self.person_id

    def due(self, after: date) -> date | None:
        return timer.next_due(self.intake, self.casework, after)

    @property
    def references(self) -> tuple[str, ...]:
        """Cases, referrals and work items lead to the client whose they are."""
        names = {one.case_id for one in self.casework.cases}
        names |= {one.referral_id for one in self.casework.requests}
        names |= {one.item_id for one in self.casework.items}
        names |= {one.item_id for one in self.casework.suggestions}
        names |= {one.referral_id for one in self.referrals.referrals}
        return tuple(sorted(names))


def evolve(client: Client, message: Message, *, city: City) -> Client:
    """The client after one more message of any topic; what does not concern casework leaves it as it was."""
    event = message.event
    if client.erased:
        return client
    if isinstance(event, Erasure):
        return Client(person_id=client.person_id, erased_on=event.occurred_on)
    if isinstance(event, IntakePersonEvent):
        told = intake.fold(client.intake, event, sequence=message.sequence, city=city)
        return client if told is client.intake else replace(client, intake=told)
    if isinstance(event, IdentityRecorded):
        return replace(client, identity=intake.fold_identity(client.identity, event, version=message.sequence))
    if isinstance(event, CaseworkEvent):
        return replace(client, casework=cases.fold(client.casework, event))
    if isinstance(event, ReferralsEvent):
        return replace(client, referrals=referrals.fold(client.referrals, event))
    return client
