"""The unit of work: everything that one batch, one command or one redrive changes, in the caller's transaction.

`open` locks and loads what will be touched, `hear` and `execute` decide, one cause at a time and without any await,
`close` saves. A decision that raises leaves nothing behind, so that a batch goes on with its next message.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic

import asyncpg
from sqlmodel import SQLModel

from contracts.event import Erasure, Event, PersonEvent
from contracts.topics import Topic
from services.runtime.database import Writes, values_of
from services.runtime.decision import Addressed, Clients, Context, Message, Publication, S, Tombstone, Unreadable
from services.runtime.erasing import erase, erased_among, left_of
from services.runtime.outgoing import Ids, OutboxRow, Outgoing, tombstone
from services.runtime.runtime import Runtime, folds, is_day
from services.runtime.service import Outcome
from services.runtime.tables import Alias, Ledger, Reference, State
from services.runtime.tracing import OFF, Spans

Subject = tuple[str, str]
"""A topic's name and a subject: what the ledger counts."""

_MERGED = """exists(select from asked join alias on alias.subject = asked.subject)
 or exists(select from asked join alias on alias.canonical = asked.subject)"""
_NAMED = f"""with named as (select name, subject from reference where name = any($1)),
asked(subject) as (select unnest($1::text[]) union select subject from named)
select name, subject from named union all select null, null where {_MERGED}"""
_PARKED = "select subject from parked_subject where subject = any($1) order by subject for share"
_LOADED = f"""with asked(subject) as (select unnest($1::text[])), parked as ({_PARKED.replace("$1", "$2")})
select 'state', subject, document from state where subject = any($1)
union all select 'parked', subject, null from parked
union all select 'merged', null, null where {_MERGED}"""
_FAMILIES = """
with recursive up(subject, canonical) as (
  select subject, canonical from alias where subject = any($1)
  union select a.subject, a.canonical from alias a join up on a.subject = up.canonical),
roots(subject) as (select unnest($1::text[]) union select canonical from up),
down(subject) as (select subject from roots union select a.subject from alias a join down on a.canonical = down.subject)
select subject from down"""
_LOCK = """select topic, subject, last from ledger
where (topic, subject) in (select * from unnest($1::text[], $2::text[])) order by topic, subject for update"""
_UNMADE = """delete from ledger
where last = 0 and (topic, subject) in (select * from unnest($1::text[], $2::text[]))"""
_OUTBOX = """insert into outbox (topic, partition, key, headers, value, written_at)
select t, p, k, h, v, clock_timestamp() from unnest($1::text[], $2::int[], $3::bytea[], $4::text[], $5::bytea[])
with ordinality as row(t, p, k, h, v, n) order by n"""


@dataclass(slots=True)
class _Draft:
    """What one cause leads to, until it is known that its decision does not raise."""

    cause: str
    stamp: str
    """The cause as it arrived: a partner's message that comes twice is one cause, but has two answers."""
    correlation: str | None
    causation: str | None
    outgoing: list[Outgoing] = field(default_factory=list)
    rows: list[SQLModel] = field(default_factory=list)
    tombstones: list[Tombstone] = field(default_factory=list)
    numbers: dict[Subject, int] = field(default_factory=dict)


class Unit(Generic[S]):
    """One transaction's work. `today`: the business day; `behind`: topics of which we may lack more than a minute."""

    def __init__(
        self,
        runtime: Runtime[S],
        db: asyncpg.Connection,
        *,
        today: date,
        behind: frozenset[str] = frozenset(),
        spans: Spans = OFF,
    ) -> None:
        self._runtime, self._service, self.db, self.spans = runtime, runtime.service, db, spans
        self.today, self._behind = today, behind
        self.references: dict[str, str] = {}
        self.parked: set[str] = set()
        self.concerned: set[str] = set()
        """Whom commands wrote about; of one that changed nothing, whom it names."""
        self.refused: set[str] = set()
        """Ids that lines of a bulk call named which were refused."""
        self._ledger: dict[Subject, int] = {}
        self._counted: set[Subject] = set()
        self._made: set[Subject] = set()
        self._clients: Clients[S] | None = None
        self._before: dict[str, S] = {}
        self._changed: set[str] = set()
        self._rows: list[SQLModel] = []
        self._outgoing: list[Outgoing] = []
        self._letters: list[OutboxRow] = []
        self._told: set[str] = set()
        """Subjects of whom something was heard or decided: of one that was erased it leaves nothing."""
        self._erased: set[str] = set()
        """Of those of a service without states, the erased ones."""
        self._others: set[str] = set()

    @property
    def clients(self) -> Clients[S]:
        if self._clients is None:
            raise RuntimeError(f"{self._service.name} holds no states: it projects only")
        return self._clients

    def context(self, cause: str) -> Context:
        settings = self._runtime.settings
        return Context(
            today=self.today,
            city=self._runtime.city,
            new_id=Ids(settings.namespace, f"{self._service.name}/{cause}"),
            behind=self._behind,
        )

    async def open(
        self, names: Iterable[str], *, heard: Collection[Subject] = (), only_known: Iterable[str] = ()
    ) -> None:
        """Locks and loads the subjects of `names`, and of `only_known` (a partner's words) what are references."""
        if self._service.initial is None or self._runtime.own is None:
            await self._lock(heard)
            subjects = {*names, *(subject for _, subject in heard)}
            self.parked = {row[0] for row in await self.db.fetch(_PARKED, list(subjects))}
            self._erased.update(await erased_among(self.db, self._runtime, subjects))
            return
        own, subjects = self._runtime.own.name, await self._subjects(set(names), set(only_known))
        while True:
            await self._lock({(own, subject) for subject in subjects} | set(heard))
            states, merged = await self._load(subjects, {subject for _, subject in heard})
            if not merged or (family := await self._families(subjects)) <= subjects:
                break
            subjects = family
        self._before = {subject: self._runtime.codec.validate_python(state) for subject, state in states.items()}
        self._clients = Clients(
            dict(self._before), locked=subjects, references=self.references, initial=self._service.initial
        )

    async def _subjects(self, names: set[str], foreign: set[str]) -> set[str]:
        """Whose states these names stand for; of `foreign` only what is a reference; and all merged with them."""
        if not names and not foreign:
            return set()
        rows = await self.db.fetch(_NAMED, list(names | foreign))
        self.references = {name: subject for name, subject in rows if name is not None}
        subjects = {self.references.get(name, name) for name in names}
        subjects |= {self.references[name] for name in foreign if name in self.references}
        return await self._families(subjects) if len(rows) > len(self.references) else subjects

    async def _families(self, subjects: set[str]) -> set[str]:
        """These subjects and all that were merged with them."""
        return {row[0] for row in await self.db.fetch(_FAMILIES, list(subjects))}

    async def _load(self, subjects: set[str], heard: set[str]) -> tuple[dict[str, Any], bool]:
        """The states, and whether any of them was merged; notes who is parked."""
        rows = await self.db.fetch(_LOADED, list(subjects), list(subjects | heard))
        self.parked = {subject for kind, subject, _ in rows if kind == "parked"}
        states = {subject: document for kind, subject, document in rows if kind == "state"}
        return states, any(kind == "merged" for kind, _, _ in rows)

    async def _lock(self, wanted: Collection[Subject]) -> None:
        """Locks ledger rows in order. A missing row of our own topics is made, so that a new subject is locked too."""
        missing = sorted(set(wanted) - self._ledger.keys())
        for attempt in (1, 2):
            if not missing:
                return
            topics, subjects = zip(*missing, strict=True)
            for topic, subject, last in await self.db.fetch(_LOCK, list(topics), list(subjects)):
                self._ledger[topic, subject] = last
            missing = [key for key in missing if key not in self._ledger]
            ours = [key for key in missing if key[0] not in self._runtime.consumed]
            self._ledger.update((key, 0) for key in missing if key[0] in self._runtime.consumed)
            missing = ours
            if missing and attempt == 1:
                self._made.update(missing)
                topics, subjects = zip(*missing, strict=True)
                await self.db.execute(
                    "insert into ledger (topic, subject, last) select t, s, 0 from unnest($1::text[], $2::text[]) "
                    "as row(t, s) on conflict do nothing",
                    list(topics),
                    list(subjects),
                )

    def last(self, topic: Topic, subject: str) -> int:
        """The last sequence heard or sent of a subject."""
        return self._ledger.get((topic.name, subject), 0)

    def is_parked(self, names: Iterable[str]) -> bool:
        """Whether one of these, or anyone merged with them, waits for a redrive."""
        if not self.parked:
            return False
        subjects = {self.references.get(name, name) for name in names}
        if self._clients is not None:
            subjects = {name for subject in subjects for name in self._clients.related(subject)} | subjects
        return bool(subjects & self.parked)

    def is_erased(self, subject: str) -> bool:
        """Whether there is nothing left to know of a subject that this unit has locked."""
        return subject in self._erased if self._clients is None else self._clients[subject].erased

    def count(self, topic: Topic, subject: str, sequence: int) -> None:
        """Notes that a subject was heard up to `sequence`, whatever came of it."""
        if topic.sequenced and sequence:
            key = topic.name, subject
            self._ledger[key] = max(self._ledger.get(key, 0), sequence)
            self._counted.add(key)

    def hear(self, message: Message, *, names: Collection[str] = ()) -> None:
        """Applies a message of a consumed topic: fold, react, project. Leaves nothing behind if it raises."""
        cause = f"{message.topic.name}/{message.id}/{message.subject}"
        if is_day(message.topic) and self._runtime.own is not None:
            cause = (
                f"{cause}/{self.last(self._runtime.own, message.subject)}"  # a subject's timers may fire twice a day
            )
        stamp = cause if message.topic.sequenced else f"{cause}/{message.partition}/{message.offset}"
        draft = self._draft(cause, message.correlation or message.id, message.id, stamp=stamp)
        draft.rows += self._service.project(message)
        if names:
            self._decide(draft, message, self.context(cause))
        if folds(message.topic) and (names or self._clients is None):
            self._told.add(message.subject)
        if isinstance(message.event, Erasure) and self._clients is None:
            self._erased.add(message.subject)
        self._keep(draft)
        self.count(message.topic, message.subject, message.sequence)

    def _decide(self, draft: _Draft, message: Message, context: Context) -> None:
        """An erasure is reacted to before it is folded: afterwards nothing is known. Nothing of ours is decided of
        whom there is no more."""
        if isinstance(message.event, Erasure):
            self._publish_all(draft, self._service.react(self.clients, message, context))
            self._evolve(message)
            return
        if folds(message.topic):
            self._evolve(message)
            if self.clients[message.subject].erased:
                return
        self._publish_all(draft, self._service.react(self.clients, message, context))

    def refuse(self, unreadable: Unreadable) -> None:
        """Answers a partner's record that is no message."""
        cause = f"{unreadable.topic.name}/{unreadable.partition}/{unreadable.offset}"
        draft = self._draft(cause, None, None)
        self._publish_all(draft, self._service.refuse(self.clients, unreadable, self.context(cause)))
        self._keep(draft)

    def execute(self, command: Any, *, cause: str) -> tuple[Outcome, list[Outgoing]]:
        """Carries a command out. Raises the domain's `Refusal` and leaves nothing behind then, unless it is the
        outcome's."""
        if self._service.decide is None:
            raise RuntimeError(f"{self._service.name} takes no commands")
        draft = self._draft(cause, Ids(self._runtime.settings.namespace, f"correlation/{cause}")(), None)
        outcome = self._service.decide(self.clients, command, self.context(cause))
        self._publish_all(draft, outcome.events)
        draft.rows += outcome.rows
        self._keep(draft)
        told = {one.event.subject for one in draft.outgoing if isinstance(one.event, PersonEvent)}
        named = (self.references.get(name, name) for name in command.targets)
        self.concerned |= told or {subject for subject in named if subject in self._before}
        return outcome, draft.outgoing

    async def publish(self, events: Sequence[Event], *, cause: str) -> None:
        """Publishes events that no message and no command led to; each is projected like one that was heard."""
        keys = [(self._runtime.topic_of[type(event)], event.subject) for event in events]
        await self._lock({(topic.name, subject) for topic, subject in keys})
        draft = self._draft(cause, Ids(self._runtime.settings.namespace, f"correlation/{cause}")(), None)
        for event, (topic, subject) in zip(events, keys, strict=True):
            sequence = self._next(draft, topic, event)
            made = Ids(self._runtime.settings.namespace, f"{self._service.name}/{topic.name}/{subject}/{sequence}")()
            draft.outgoing.append(Outgoing(topic, event, made, sequence, draft.correlation, None))
            draft.rows += self._service.project(Message(topic, event, subject, made, sequence))
        self._keep(draft)

    def letter(self, row: OutboxRow) -> None:
        """Adds a dead letter."""
        self._letters.append(row)

    def _draft(self, cause: str, correlation: str | None, causation: str | None, *, stamp: str | None = None) -> _Draft:
        if self._clients is not None:
            self._clients.drop()
        return _Draft(cause, stamp or cause, correlation, causation)

    def _publish_all(self, draft: _Draft, publications: Iterable[Publication]) -> None:
        for publication in publications:
            self._publish(draft, publication)

    def _publish(self, draft: _Draft, publication: Publication) -> None:
        """Numbers and folds an event of ours; one addressed elsewhere is numbered in `close`, with its row locked."""
        if isinstance(publication, Tombstone):
            draft.tombstones.append(publication)
            return
        if isinstance(publication, Addressed):
            topic, event, sequence = publication.topic, publication.event, None
        else:
            topic, event = self._runtime.topic_of[type(publication)], publication
            sequence = self._next(draft, topic, event) if topic is self._runtime.own else None
        outgoing = Outgoing(
            topic=topic,
            event=event,
            id=Ids(self._runtime.settings.namespace, f"{self._service.name}/{draft.stamp}/{len(draft.outgoing)}")(),
            sequence=sequence,
            correlation=draft.correlation,
            causation=draft.causation,
            traceparent=self.spans.traceparent,
        )
        draft.outgoing.append(outgoing)
        if sequence is not None and isinstance(event, PersonEvent):
            message = Message(topic, event, event.subject, outgoing.id, sequence, correlation=draft.correlation)
            self._evolve(message)
            draft.rows += self._service.project(message)

    def _evolve(self, message: Message) -> None:
        clients = self.clients
        before = clients[message.subject]
        after = self._service.evolve(before, message)
        if after is not before:  # a message that changes nothing rewrites nothing
            clients.stage(message.subject, after)
        if isinstance(message.event, Erasure):
            for other in message.event.others:
                clients.stage(other, clients[other].without(message.subject))
            self._others.update(message.event.others)

    def _next(self, draft: _Draft, topic: Topic, event: Event) -> int:
        key = topic.name, event.subject
        draft.numbers[key] = draft.numbers.get(key, self._ledger[key]) + 1
        return draft.numbers[key]

    def _keep(self, draft: _Draft) -> None:
        if self._clients is not None:
            self._changed.update(self._clients.keep())
        self._ledger |= draft.numbers
        self._counted.update(draft.numbers)
        self._told.update([one.event.subject for one in draft.outgoing if one.topic is self._runtime.own])
        self._rows += draft.rows
        self._outgoing += draft.outgoing
        if draft.tombstones:
            layout = self._runtime.settings.layout
            self._letters += (tombstone(one.topic, one.subject, layout) for one in draft.tombstones)

    async def close(self, writes: Writes | None = None) -> None:
        """Saves states, indices, facts, ledger and outbox, and `writes` with them; what a failed decision left is
        forgotten."""
        if self._clients is not None:
            self._clients.drop()
        outgoing = await self._number() + self._letters
        writes = writes or Writes()
        self._save_states(writes)
        writes.models(self._rows)
        writes.upsert(Ledger, [(*key, self._ledger[key]) for key in self._counted])
        if outgoing:
            writes.execute(_OUTBOX, *(list(column) for column in zip(*outgoing, strict=True)))
        await writes.send(self.db)
        await self._erase()
        await self._forget_nobody()
        await self.spans.offered(self.db, self._outgoing)

    async def _erase(self) -> None:
        """Deletes what tables have of erased subjects, also what this unit has just put there."""
        if gone := sorted(name for name in self._told if self.is_erased(name)):
            names = {name for subject in gone if (state := self._before.get(subject)) for name in state.references}
            kept = {name for subject in gone if self._clients for name in self._clients[subject].references}
            await erase(self.db, self._runtime, gone, names=names, kept=kept, others=self._others)
            if self._clients is not None:
                await left_of(self.db, self._runtime, {subject: self._clients[subject] for subject in gone})

    async def _forget_nobody(self) -> None:
        """Takes back rows that were made to lock whom there is not: a command may name anybody."""
        known = self._before.keys() | self._changed
        if nobody := sorted(key for key in self._made - self._counted if key[1] not in known):
            await self.db.execute(_UNMADE, [topic for topic, _ in nobody], [subject for _, subject in nobody])

    async def _number(self) -> list[OutboxRow]:
        """Outbox rows in the order of decision, with the sequence of every topic and subject."""
        late = {(one.topic.name, one.event.subject) for one in self._outgoing if one.sequence is None}
        await self._lock(late)
        self._counted |= late
        rows, source, layout = [], self._runtime.source, self._runtime.settings.layout
        for one in self._outgoing:
            sequence = one.sequence
            if sequence is None:
                key = one.topic.name, one.event.subject
                sequence = self._ledger[key] = self._ledger[key] + 1
            rows.append(one.row(source=source, sequence=sequence, recorded=self.today, layout=layout))
        return rows

    def _save_states(self, writes: Writes) -> None:
        if self._clients is not None and self._changed:
            states = {subject: self._clients[subject] for subject in sorted(self._changed)}
            save_states(writes, self._runtime, states, self._before, today=self.today)


def save_states(
    writes: Writes, runtime: Runtime[S], states: Mapping[str, S], before: Mapping[str, S], *, today: date
) -> None:
    """Upserts states with what follows from them and was not so `before`: due days, aliases, references, index rows."""
    codec = runtime.codec
    writes.upsert(State, [(s, codec.dump_json(state).decode(), state.due(today)) for s, state in states.items()])
    led = {s: state.canonical for s, state in before.items()}
    moved = {s: state.canonical for s, state in states.items() if state.canonical != led.get(s, s)}
    writes.upsert(Alias, [(s, canonical) for s, canonical in moved.items() if canonical != s])
    if alone := [s for s, canonical in moved.items() if canonical == s]:
        writes.execute("delete from alias where subject = any($1)", alone)
    known = {s: frozenset(state.references) for s, state in before.items()}
    named = ((name, s) for s, state in states.items() for name in state.references if name not in known.get(s, ()))
    writes.upsert(Reference, named)
    writes.models(row for s in states for row in _news(runtime.service.index, before.get(s), states[s]))


def _news(index: Callable[[S], Iterable[SQLModel]], before: S | None, after: S) -> list[SQLModel]:
    """The rows of a state that were not among those of the state before."""
    there = [] if before is None else [values_of(row) for row in index(before)]
    return [row for row in index(after) if values_of(row) not in there]
