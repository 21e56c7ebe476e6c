"""What a pure decision works with: messages, states, the context, refusals. Knows no database, broker or web.

A state is one frozen dataclass per subject (the key of person topics). It changes only by `evolve`, which folds one
message into one subject's state, so that any state can be rebuilt from the topics. A state is a product of folds, one
per topic: what `evolve` does with a message of one topic must not depend on what was learned from another, because
topics have no order among each other. What depends on several topics is decided in `react` and published.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from contracts.city import City
from contracts.event import Event
from contracts.topics import Topic


class Refusal(Exception):
    """A command or move that the rules refuse. Named for the refusal by its subclass; never holds personal data.

    `code` is stable for programs, the text says what happened, to what, and what to do now; `status` is HTTP's.
    """

    code = "refused"
    status = 409


class NotFound(Refusal):
    code = "not_found"
    status = 404


class Aggregate(Protocol):
    """The state of one subject."""

    @property
    def erased(self) -> bool:
        """Whether the subject was erased: a state that no later message changes back, and of which no row stays."""
        ...

    def without(self, subject: str) -> Self:
        """The state of another person, no longer naming that erased subject."""
        ...

    @property
    def canonical(self) -> str:
        """The subject under which this one is found: itself, unless it was merged into another."""
        ...

    def due(self, after: date) -> date | None:
        """When to be handed the day next, if `after` was decided last: the first day on which time alone changes
        something. A day named whatever `after` is must be used up by what `react` decides on it."""
        ...

    @property
    def references(self) -> tuple[str, ...]:
        """Further published ids, never reused, by which messages and commands name this subject."""
        ...


S = TypeVar("S", bound=Aggregate)


class Message(NamedTuple):
    """A decoded record of a topic: one that we consume, or one that we publish.

    For `calendar.day.v1` the runtime hands the day to every subject whose `due` has come: `subject` is then that
    subject. For a partner's message `subject` is the record's key. `id` is the CloudEvents id, `sequence` 0 where the
    topic has none.
    """

    topic: Topic
    event: Event
    subject: str
    id: str
    sequence: int = 0
    partition: int = 0
    offset: int = 0
    correlation: str | None = None
    causation: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A partner's record that is no message of its topic: it is answered and dead-lettered, and blocks nobody.

    `message_type` is its `ce_type` if that is one of the topic's.
    """

    topic: Topic
    key: str
    partition: int
    offset: int
    message_id: str | None
    code: str
    message_type: str | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """An event for a topic of its own, such as an agency's; other events go to the service's topic that lists them."""

    topic: Topic
    event: Event


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Takes a subject's record out of a compacted topic: a record without a value, after which compaction forgets."""

    topic: Topic
    subject: str


Publication = Event | Addressed | Tombstone


class Context(NamedTuple):
    """What a decision may know besides the state: never a clock.

    `today`: the business day; `new_id()`: a UUID that is the same when the same cause is decided again; `behind`: names
    of topics of which we may lack more than a minute.
    """

    today: date
    city: City
    new_id: Callable[[], str]
    behind: frozenset[str] = frozenset()


class Command(Protocol):
    """An imperative of our API. `targets` are the subjects or references whose states it needs, the first its own."""

    @property
    def targets(self) -> tuple[str, ...]: ...


class Clients(Generic[S]):
    """The locked states by subject; one of which nothing is known yet is `initial`.

    Reading a subject that neither `touches` nor `targets` named, nor a merge links to one that was, is a `KeyError`.
    """

    def __init__(
        self, loaded: dict[str, S], *, locked: Iterable[str], references: Mapping[str, str], initial: Callable[[str], S]
    ) -> None:
        self._loaded = loaded
        self._locked = frozenset(locked)
        self._references = references
        self._initial = initial
        self._staged: dict[str, S] = {}
        self._merged = {subject for subject, state in loaded.items() if state.canonical != subject}

    def __getitem__(self, subject: str) -> S:
        found = self._staged.get(subject) or self._loaded.get(subject)
        if found is None:
            if subject not in self._locked:
                raise KeyError(f"{subject} was not loaded: touches or targets must name it")
            return self._initial(subject)
        return found

    def find(self, name: str) -> S | None:
        """The state whose subject or reference this is; None if nobody's."""
        subject = self._references.get(name, name)
        return self[subject] if subject in self._loaded or subject in self._staged else None

    def canonical(self, subject: str) -> S:
        """The state that a merged subject's leads to."""
        state, seen = self[subject], {subject}
        while state.canonical not in seen and state.canonical in self._locked:
            seen.add(state.canonical)
            state = self[state.canonical]
        return state

    def family(self, subject: str) -> tuple[S, ...]:
        """All known states that are one person with this one, itself included, by subject."""
        known = (name for name in self._related(subject) if name in self._loaded or name in self._staged)
        return tuple(self[name] for name in sorted({subject, *known}))

    def related(self, subject: str) -> tuple[str, ...]:
        """The locked subjects that are one person with this one, known or not."""
        return tuple(self._related(subject)) if subject in self._locked else (subject,)

    def _related(self, subject: str) -> set[str]:
        root = self._root(subject)
        others = self._merged | self._staged.keys()
        return {subject, root, *(name for name in others if self._root(name) == root)}

    def _root(self, subject: str) -> str:
        seen = {subject}
        while (following := self[subject].canonical) not in seen and following in self._locked:
            seen.add(following)
            subject = following
        return following

    def stage(self, subject: str, state: S) -> None:
        self._staged[subject] = state

    def keep(self) -> tuple[str, ...]:
        """Makes what was staged the loaded state; returns the subjects that changed."""
        changed = tuple(self._staged)
        self._merged |= {subject for subject, state in self._staged.items() if state.canonical != subject}
        self._loaded.update(self._staged)
        self._staged.clear()
        return changed

    def drop(self) -> None:
        """Forgets what was staged: the decision failed."""
        self._staged.clear()
