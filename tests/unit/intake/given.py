"""A client as events tell it, and the decisions of handlers.py without a database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts import topics
from contracts.city import read_city
from contracts.event import Event, PersonEvent
from contracts.words import BenefitKind, Currency, Money, Sex
from services.intake import handlers
from services.intake.domain.client import Client, initial
from services.intake.domain.commands import (
    BenefitGrant,
    Command,
    Depart,
    JoinHousehold,
    MergeClients,
    Register,
    UndoMerge,
)
from services.intake.domain.identity import Identity
from services.runtime.decision import Clients, Context, Message
from services.runtime.service import Outcome

CITY = read_city(Path("deploy/bremen"))
TODAY = date(2001, 3, 1)
ANNA, BERTA, CARLA = (str(UUID(int=n)) for n in (1, 2, 3))
HOME = str(UUID(int=10))
IDENTITY = Identity(
    given_name="Anna",
    family_name="Müller",
    birth_date=date(1965, 4, 30),
    street="Hauptstraße",
    house_number="7 a",
    postcode="28237",
)


def marks(minor: int) -> Money:
    return Money(minor=minor, currency=Currency.DEM)


def hlu(minor: int = 60_000, since: date = TODAY) -> BenefitGrant:
    return BenefitGrant(kind=BenefitKind.HLU, monthly=marks(minor), since=since)


def registration(person_id: str = ANNA) -> Register:
    """Anna of Groepelingen; with `replace` anyone else."""
    return Register(
        identity=IDENTITY,
        sex=Sex.FEMALE,
        district="groepelingen",
        author="a.clerk",
        person_id=person_id,
        household_id=HOME,
        benefits=(hlu(),),
    )


@dataclass
class Intake:
    """States that decisions change, as the runtime changes them."""

    today: date = TODAY
    states: dict[str, Client] = field(default_factory=dict)
    ids: int = 1000

    def told(self, command: Command) -> Outcome:
        """Carries a command out, and folds what comes of it."""
        if isinstance(command, Register | JoinHousehold | Depart | MergeClients | UndoMerge):
            command = replace(command, relatives=tuple(self.states))
        outcome = handlers.decide(self.clients(*command.targets), command, self.context())
        self.heard(one for one in outcome.events if isinstance(one, Event))
        return outcome

    def heard(self, events: Iterable[Event]) -> None:
        for event in events:
            assert isinstance(event, PersonEvent)
            message = Message(topics.PERSON, event, event.person_id, "m")
            state = self.states.get(event.person_id, initial(event.person_id))
            self.states[event.person_id] = handlers.evolve(state, message)

    def clients(self, *targets: str) -> Clients[Client]:
        named = {ANNA, BERTA, CARLA, *self.states, *targets}
        references = {name: one.person_id for one in self.states.values() for name in one.references}
        return Clients(dict(self.states), locked=named, references=references, initial=initial)

    def context(self) -> Context:
        return Context(today=self.today, city=CITY, new_id=self._new_id())

    def _new_id(self) -> Callable[[], str]:
        def new_id() -> str:
            self.ids += 1
            return str(UUID(int=self.ids))

        return new_id


def with_anna(**changes: Any) -> Intake:
    """Intake after Anna's registration, without protection, with 600 DM of HLU from today on."""
    intake = Intake()
    intake.told(replace(registration(), **changes))
    return intake


def with_anna_and_berta() -> Intake:
    """Two records, each with its own HLU."""
    intake = with_anna()
    intake.told(replace(registration(BERTA), identity=replace(IDENTITY, given_name="Berta")))
    return intake


def events(outcome: Outcome) -> list[str]:
    """What was told on `intake.person.v1`, by name."""
    return [type(one).__name__ for one in outcome.events if isinstance(one, Event)]
