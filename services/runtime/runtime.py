"""What all parts of a running service share."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts import topics
from contracts.city import City
from contracts.event import Event
from contracts.topics import Topic
from services.runtime.decision import S
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import Metrics
from services.runtime.tracing import Tracing


class Moved:
    """Something was committed: tells any number of waiters, none of whom misses it if they have counted before they
    looked."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def tell(self) -> None:
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, counted: int, within: float) -> None:
        """Returns when more than `counted` commits were told, at the latest after so many seconds."""
        if self.count == counted:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._next.wait(), within)


@dataclass
class Runtime(Generic[S]):
    """A service in its deployment.

    `wake` tells this process's relay, `moved` whoever waits for offsets, that something was committed.
    """

    service: Service[S]
    settings: Settings
    city: City
    pool: asyncpg.Pool
    metrics: Metrics
    engine: AsyncEngine | None = None
    """For reading with SQLModel; None where nothing is asked."""
    tracing: Tracing = field(default_factory=Tracing)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    moved: Moved = field(default_factory=Moved)
    reads: set[tuple[str, int]] = field(default_factory=set)
    """Topics and partitions that this process reads."""
    ahead: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    """By topic and partition: the next record's offset and when the broker stored it, in ms, where one waits for its
    day."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: dict[str, str] = field(default_factory=dict)
    """Partitions that stopped because of a loss, and why: `<topic>/<partition>` -> reason."""
    held: str | None = None
    """Why something that was due is not published, as of the last day."""

    @property
    def source(self) -> str:
        return f"/lotse/{self.service.name}"

    @cached_property
    def consumed(self) -> dict[str, Topic]:
        return {topic.name: topic for topic in self.service.consumes}

    @cached_property
    def topic_of(self) -> dict[type[Event], Topic]:
        """Where an event of ours goes that is not addressed."""
        return {event: topic for topic in self.service.publishes for event in topic.events}

    @cached_property
    def own(self) -> Topic | None:
        """The topic whose ledger rows lock our subjects: the first that we publish, if we hold states."""
        return self.service.publishes[0] if self.service.initial else None

    @cached_property
    def codec(self) -> TypeAdapter[S]:
        if self.service.state is None:
            raise TypeError(f"{self.service.name} holds no states")
        return TypeAdapter(self.service.state)

    def committed(self) -> None:
        """Effects are in the database: wake whoever waits for them."""
        self.wake.set()
        self.moved.tell()


def is_day(topic: Topic) -> bool:
    return topic.name == topics.DAY.name


def folds(topic: Topic) -> bool:
    """Whether a topic's messages are folded into states: not days, and never what a partner says."""
    return topic.agency is None and not is_day(topic)
