"""What a service tells the runtime: its topics, its pure decisions and the tables that follow from them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from contracts.city import City
from contracts.event import Event
from contracts.topics import Topic
from services.runtime.decision import Clients, Context, Message, Publication, Refusal, S, Unreadable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command leads to: events, the answer's body, and rows that are deliberately in no event (texts, names).

    A refusal that is raised leaves nothing behind; one that is given here is the answer, and its events are kept.
    """

    events: Sequence[Publication] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[SQLModel] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Facts to read at one moment, with what they rest on: `offsets` are the next ones by `<topic>/<partition>`, and
    `loss` is why they are known not to be whole. `today`: the day that starts."""

    db: AsyncConnection
    today: date
    city: City
    offsets: Mapping[str, int]
    loss: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Events to publish, and why others that were due are held back; the next day asks again."""

    events: Sequence[Event] = ()
    held: str | None = None


Summarise = Callable[[Snapshot], Awaitable[Summary]]


def _nothing(*_: Any) -> tuple[()]:
    return ()


def _open(*_: Any) -> bool:
    return False


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service, as its composition root assembles it. Everything but `prepare` and `rank` is pure and synchronous.

    The runtime, for every message of a consumed topic and in order: `touches` names the subjects (or references) to
    load and lock, with all they were merged with (none: the message is projected only); `evolve` folds the message into
    its own subject's state (not for partner topics and days); `react` decides on the evolved states; every event that
    comes back is folded by `evolve` too, numbered and put into the outbox; `project` turns the message, and every own
    event, into rows; `index` gives the rows that mirror a changed state. Rows are upserted by primary key.
    """

    name: str
    publishes: tuple[Topic, ...]
    consumes: tuple[Topic, ...]
    initial: Callable[[str], S] | None = None
    """The state of a subject of which nothing is known yet. None: the service only projects (reporting)."""
    state: type[S] | None = None
    evolve: Callable[[S, Message], S] = lambda state, _: state
    touches: Callable[[Message], Iterable[str]] = _nothing
    react: Callable[[Clients[S], Message, Context], Iterable[Publication]] = _nothing
    refuse: Callable[[Clients[S], Unreadable, Context], Iterable[Publication]] = _nothing
    """The answer to an unreadable partner record; the state that its key is a reference of is loaded."""
    decide: Callable[[Clients[S], Any, Context], Outcome] | None = None
    prepare: Callable[[asyncpg.Connection, Sequence[Any], Context], Awaitable[Sequence[Any]]] | None = None
    """Looks up in the command's own transaction what a command must know before it names its targets."""
    rank: Callable[[asyncpg.Connection, Context], Awaitable[Sequence[Any]]] | None = None
    """Commands that weigh several subjects against each other: asked once a day, after all timers."""
    pending: Callable[[asyncpg.Connection, Context], Awaitable[Sequence[Any]]] | None = None
    """The next portion of what was asked for of more subjects than one transaction should hold: commands, each with a
    `cause` of its own. It notes in the same transaction how far it is, and is asked between days until it is empty."""
    index: Callable[[S], Iterable[SQLModel]] = _nothing
    project: Callable[[Message], Iterable[SQLModel]] = _nothing
    summarise: Summarise | None = None
    """What the facts of one moment lead to: asked once a day, after the timers and before it is today."""
    tables: tuple[type[SQLModel], ...] = ()
    """Tables that `index` and `project` write: a replay rebuilds and compares them."""
    closed: Callable[[Sequence[S], str, date], bool] = _open
    """Whether a person, with these records, is hidden from a department on a day."""
    kept_tables: tuple[type[SQLModel], ...] = ()
    """Tables of `Outcome.rows`, which no event can rebuild; a replay leaves them alone."""
    erasures: tuple[str, ...] = ()
    """What deletes an erased subject's rows from these tables, or takes its id out of them (see erasing.py)."""
    erased: type[SQLModel] | None = None
    """Where a service without states keeps who was erased: `person_id`, by pseudonym, which `erasures` puts there."""
