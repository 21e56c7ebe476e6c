"""A service of three rules on the real runtime: registrations open a case, moves transfer it, after three days a review
is due.

`python -m tests.component.runtime.toy` runs it as a process of its own, to be killed. `TOY_POISON` names a subject
whose moves it cannot bear.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fastapi import APIRouter, Response
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel

from contracts import topics
from contracts.city import City
from contracts.event import Erasure
from contracts.events import calendar, casework, intake
from contracts.words import CaseClosedReason
from services.runtime.decision import Clients, Context, Message, NotFound, Publication
from services.runtime.erasing import deletes
from services.runtime.process import main
from services.runtime.service import Outcome, Service
from services.runtime.tables import RUNTIME, Access, Row, create_runtime_tables
from services.runtime.web import Call


class Moved(Row, table=True):
    """A fact table fed by one topic."""

    __tablename__ = "toy_moved"

    event_id: str = Field(primary_key=True)
    subject: str
    office: str


class Counted(Row, table=True):
    """An index table that mirrors the state."""

    __tablename__ = "toy_counted"

    subject: str = Field(primary_key=True)
    moves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy:
    person_id: str
    registered_on: date | None = None
    moves: int = 0
    survivor: str | None = None
    case_id: str | None = None
    transfers: int = 0
    reviewed: bool = False
    erased: bool = False

    def without(self, subject: str) -> "Toy":
        return self if self.survivor != subject else replace(self, survivor=None)

    @property
    def canonical(self) -> str:
        return self.survivor or self.person_id

    def due(self, after: date) -> date | None:
        """A look on the first day, which decides nothing, and the review, which waits until it has been."""
        if self.registered_on is None or self.reviewed:
            return None
        look = self.registered_on + timedelta(days=1)
        return look if look > after else self.review_on

    @property
    def review_on(self) -> date | None:
        return self.registered_on and self.registered_on + timedelta(days=3)

    @property
    def references(self) -> tuple[str, ...]:
        return (self.case_id,) if self.case_id else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    name: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.name,)


def evolve(toy: Toy, message: Message) -> Toy:
    if toy.erased:
        return toy
    match message.event:
        case Erasure():
            return Toy(person_id=toy.person_id, erased=True)
        case intake.ClientRegistered(occurred_on=day):
            return replace(toy, registered_on=day)
        case intake.OfficeChanged():
            return replace(toy, moves=toy.moves + 1)
        case intake.ClientsMerged(survivor_id=survivor, loser_id=loser) if loser == toy.person_id:
            return replace(toy, survivor=survivor)
        case casework.CaseOpened(case_id=case_id):
            return replace(toy, case_id=case_id)
        case casework.CaseTransferred():
            return replace(toy, transfers=toy.transfers + 1)
        case casework.ReviewDue():
            return replace(toy, reviewed=True)
        case _:
            return toy


def react(clients: Clients[Toy], message: Message, context: Context) -> Iterable[Publication]:
    toy = clients[message.subject]
    day = context.today
    match message.event:
        case intake.ClientRegistered(office=office):
            yield casework.CaseOpened(occurred_on=day, person_id=toy.person_id, case_id=context.new_id(), office=office)
        case intake.OfficeChanged() as moved:
            if os.environ.get("TOY_POISON") == toy.person_id:
                raise ArithmeticError("a defect")
            yield casework.CaseTransferred(
                occurred_on=day,
                person_id=toy.person_id,
                case_id=toy.case_id or "",
                office=moved.office,
                previous_office=moved.previous_office,
            )
        case calendar.DayStarted() if toy.review_on is not None and toy.review_on <= day:
            yield casework.ReviewDue(
                occurred_on=day, person_id=toy.person_id, case_id=toy.case_id or "", plan_version=1, due_on=day
            )
        case _:
            return


def decide(clients: Clients[Toy], command: Close, context: Context) -> Outcome:
    toy = clients.find(command.name)
    if toy is None:
        raise NotFound("no such case")
    closed = casework.CaseClosed(
        occurred_on=context.today, person_id=toy.person_id, case_id=toy.case_id or "", reason=CaseClosedReason.ERROR
    )
    return Outcome([closed], {"case_id": toy.case_id, "moves": toy.moves})


def touches(message: Message) -> Iterable[str]:
    match message.event:
        case Erasure(others=others):
            return message.subject, *others
        case intake.BenefitPaid():
            return ()
        case _:
            return (message.subject,)


def project(message: Message) -> Iterable[SQLModel]:
    if isinstance(message.event, intake.OfficeChanged):
        yield Moved.model_construct(event_id=message.id, subject=message.subject, office=message.event.office)


def index(toy: Toy) -> Iterable[SQLModel]:
    return () if toy.erased else (Counted.model_construct(subject=toy.person_id, moves=toy.moves),)


def service(_: City) -> Service[Toy]:
    return Service(
        name="casework",
        publishes=(topics.CASE,),
        consumes=(topics.PERSON, topics.DAY),
        initial=lambda person_id: Toy(person_id=person_id),
        state=Toy,
        evolve=evolve,
        touches=touches,
        react=react,
        decide=decide,
        index=index,
        project=project,
        tables=(Counted, Moved),
        erasures=(deletes("toy_counted", "subject"), deletes("toy_moved", "subject")),
    )


router = APIRouter()


@router.post("/cases/{name}/close")
async def close(name: str, call: Call) -> Response:
    return await call.execute(Close(name=name))


@router.post("/bulk")
async def bulk(call: Call) -> Response:
    return await call.bulk(lambda line: Close(name=line.decode()))


async def create_tables(database: str) -> None:
    """What the toy has instead of migrations. Its processes have no use for Alembic."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    def create(connection: Connection) -> None:
        create_runtime_tables(Operations(MigrationContext.configure(connection)), (*RUNTIME, Access))
        for model in (Moved, Counted):
            SQLModel.metadata.tables[str(model.__tablename__)].create(connection)

    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(create)
    await engine.dispose()


if __name__ == "__main__":
    main(service, router, title="Toy", description="A service of three rules")
