"""The service in memory: it hears messages and days as the runtime would hand them over, and notes all that it says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from contracts import topics
from contracts.city import read_city
from contracts.event import Event
from contracts.events import calendar, intake, partners
from contracts.events import referrals as facts
from contracts.events.casework import ReferralRequested, ReferralWithdrawalRequested
from contracts.profile import Profile
from contracts.words import (
    BasisKind,
    Mobility,
    ProtectionClass,
    Qualification,
    ServiceKind,
    WithdrawReason,
)
from services.referrals.app import service
from services.referrals.domain.client import Client
from services.referrals.domain.commands import Reconsider
from services.referrals.domain.placement import Placement
from services.referrals.domain.referral import Referral
from services.runtime.decision import Addressed, Clients, Context, Message, Unreadable

CITY = read_city(Path("deploy/bremen"))
SERVICE = service(CITY)
DAY = timedelta(days=1)
START = date(2001, 3, 1)
ARBEITSAMT, BAG = CITY.agency_ids
EMPLOYER = "12345678"

E = TypeVar("E", bound=Event)


def uid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


ANNA, BERTA = uid("anna"), uid("berta")
FIRST, SECOND = sorted((uid("first"), uid("second")))
PROFILE = Profile(
    qualification=Qualification.VOCATIONAL,
    languages=("de", "tr"),
    hours_per_week=30,
    mobility=Mobility.CITY,
    work_permit=True,
    earliest_start=START,
)


@dataclass
class Referrals:
    """`today` is the business day; `behind` the topics that the service is told to lack."""

    today: date = START
    behind: frozenset[str] = frozenset()
    states: dict[str, Client] = field(default_factory=dict)
    spoken: list[Event] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    """What a replay would read: messages of person topics, ours included."""
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    records: int = 0
    """How many partners' messages it heard; also the offset of the newest."""

    # what it hears

    def hears(
        self, fact: Callable[..., Event], /, person: str = ANNA, *, on: date | None = None, **fields: Any
    ) -> None:
        self.person_event(fact(person_id=person, occurred_on=on or self.today, **fields))

    def person_event(self, event: Event) -> None:
        topic = next(t for t in (topics.PERSON, topics.IDENTITY, topics.CASE) if type(event) in t.events)
        self._hear(self._numbered(topic, event))

    def client(self, person: str = ANNA, *, sequence_only: bool = False) -> None:
        """A client whom both agencies may know of."""
        self.hears(
            intake.ClientRegistered, person, office="findorff", district="findorff", sex="female", birth_month="1970-01"
        )
        if not sequence_only:
            self.basis(person)
            self.identity(person)

    def basis(self, person: str = ANNA, *, name: str = "basis", **fields: Any) -> None:
        given = {"agency": None, "valid_from": self.today, "valid_until": None, "kind": BasisKind.CONSENT} | fields
        self.hears(intake.DisclosureBasisRecorded, person, basis_id=uid(name), **given)

    def identity(self, person: str = ANNA, **fields: Any) -> None:
        given: dict[str, Any] = {
            "given_name": "Anna",
            "family_name": "Mustermann",
            "birth_date": date(1970, 1, 1),
            "street": "Am Wall",
            "house_number": "1",
            "postcode": "28195",
        }
        self.hears(intake.IdentityRecorded, person, **given | fields)

    def protect(self, person: str = ANNA, *, since: date | None = None, until: date | None = None) -> None:
        self.hears(
            intake.ProtectionSet,
            person,
            protection_id=uid(f"protection {since or self.today} {until}"),
            protection_class=ProtectionClass.ILL,
            valid_from=since or self.today,
            valid_until=until,
            author="m.weber",
        )

    def request(
        self, referral: str = FIRST, *, person: str = ANNA, agency: str = ARBEITSAMT, sequence: int | None = None
    ) -> None:
        known = self._sequences.get((topics.PERSON.name, person), 0)
        self.hears(
            ReferralRequested,
            person,
            case_id=uid("case"),
            referral_id=referral,
            agency=agency,
            service=ServiceKind.JOB_PLACEMENT,
            profile=PROFILE,
            intake_sequence=known if sequence is None else sequence,
        )

    def withdraw(self, referral: str = FIRST, *, person: str = ANNA) -> None:
        reason = WithdrawReason.PLAN_CHANGED
        self.hears(ReferralWithdrawalRequested, person, case_id=uid("case"), referral_id=referral, reason=reason)

    def merge(self, *, survivor: str = ANNA, loser: str = BERTA, under: tuple[str, ...] | None = None) -> None:
        for key in under or (survivor, loser):
            self.hears(intake.ClientsMerged, key, merge_id=uid("merge"), survivor_id=survivor, loser_id=loser)

    def partner(
        self,
        said: Callable[..., partners.PartnerMessage],
        /,
        referral: str = FIRST,
        *,
        agency: str = ARBEITSAMT,
        message_id: str | None = None,
        on: date | None = None,
        **fields: Any,
    ) -> Event:
        """A message of an agency; returns its final answer, or that it is held."""
        event = said(referral_id=referral, occurred_on=on or self.today, **fields)
        return self.partner_event(event, agency=agency, message_id=message_id)

    def partner_event(self, event: partners.PartnerMessage, *, agency: str, message_id: str | None = None) -> Event:
        self.records += 1
        topic = topics.partner_in(agency)
        message = Message(
            topic, event, event.subject, message_id or f"message-{self.records}", partition=1, offset=self.records
        )
        before = len(self.spoken)
        self._hear(message)
        answers = [one for one in self.spoken[before:] if isinstance(one, partners.Answer)]
        mine = [one for one in answers if one.offset == self.records]
        assert len(mine) == 1, f"{len(mine)} answers"
        assert (mine[0].key, mine[0].topic, mine[0].partition) == (event.subject, topic.name, 1)
        return mine[0]

    def unreadable(
        self, code: str, *, key: str = "", message_id: str | None = None, agency: str = ARBEITSAMT, offset: int = 7
    ) -> list[Event]:
        """A record of an agency that is no message; returns what was said to that."""
        before = len(self.spoken)
        record = Unreadable(topics.partner_in(agency), key, 0, offset, message_id, code)
        clients = self._clients([key] if any(key in state.references for state in self.states.values()) else [])
        self._say(SERVICE.refuse(clients, record, self._context("unreadable")))
        return self.spoken[before:]

    def day(self, day: date) -> None:
        """One DayStarted: every due client's turn, then the ranking."""
        self.today = day
        for subject in sorted(s for s, state in self.states.items() if _is_due(state, day)):
            self._hear(Message(topics.DAY, calendar.DayStarted(occurred_on=day), subject, f"day-{day}"))
        for subject, state in sorted(self.states.items()):
            if any(referral.is_open for referral in state.referrals) and state.circumstances.merged:
                self.command(Reconsider(person_id=subject))
        waiting = [s for s, state in self.states.items() if _is_due(state, day)]
        assert all(any(r.state == "draft" for r in self.states[s].referrals) for s in waiting), "a timer is not used up"

    def days(self, until: date) -> None:
        """Every day up to and including one."""
        while self.today < until:
            self.day(self.today + DAY)

    def command(self, command: Any) -> dict[str, Any]:
        assert SERVICE.decide is not None
        outcome = SERVICE.decide(self._clients(command.targets), command, self._context(repr(command)))
        self._say(outcome.events)
        if outcome.refusal is not None:
            raise outcome.refusal
        return dict(outcome.result)

    # what it says and knows

    def said(self, kind: type[E], *, since: int = 0) -> list[E]:
        return [one for one in self.spoken[since:] if isinstance(one, kind)]

    def told(self, agency: str = ARBEITSAMT) -> list[str]:
        """Names of everything that left for an agency."""
        return [type(one).__name__ for one, to in self._to_partners() if to == agency]

    def to_partner(self, kind: type[E], agency: str = ARBEITSAMT) -> list[E]:
        return [one for one, to in self._to_partners() if to == agency and isinstance(one, kind)]

    def referral(self, referral: str = FIRST) -> Referral:
        found = [r for state in self.states.values() for r in state.referrals if r.referral_id == referral]
        assert len(found) == 1
        return found[0]

    def family(self, person: str) -> tuple[Client, ...]:
        """All records that the service knows to be one person's."""
        return self._clients([person]).family(person)

    def state(self, referral: str = FIRST) -> str:
        return self.referral(referral).state.value

    @property
    def placements(self) -> list[Placement]:
        return [placement for state in self.states.values() for placement in state.placements]

    # the runtime's part

    _addressed: list[tuple[Event, str]] = field(default_factory=list)

    def _to_partners(self) -> Iterator[tuple[Event, str]]:
        yield from self._addressed

    def _context(self, cause: str) -> Context:
        numbers = iter(range(1_000))
        return Context(
            today=self.today,
            city=CITY,
            new_id=lambda: uid(f"{cause} {len(self.spoken)} {next(numbers)}"),
            behind=self.behind,
        )

    def _numbered(self, topic: topics.Topic, event: Event) -> Message:
        key = topic.name, event.subject
        self._sequences[key] = self._sequences.get(key, 0) + 1
        return Message(
            topic, event, event.subject, f"{topic.name}-{event.subject}-{self._sequences[key]}", self._sequences[key]
        )

    def _clients(self, names: Any) -> Clients[Client]:
        """As the runtime loads them: the subjects named, and all that were merged with them."""
        references = {name: s for s, state in self.states.items() for name in state.references}
        locked = {references.get(name, name) for name in names}
        linked = [(s, state.canonical) for s, state in self.states.items() if state.canonical != s]
        while more := {name for pair in linked if locked & set(pair) for name in pair} - locked:
            locked |= more
        initial = SERVICE.initial
        assert initial is not None
        loaded = {s: self.states[s] for s in locked if s in self.states}
        return Clients(loaded, locked=locked, references=references, initial=initial)

    def _hear(self, message: Message) -> None:
        names = tuple(SERVICE.touches(message))
        if not names:
            return
        clients = self._clients(names)
        if message.topic.agency is None and message.topic is not topics.DAY:
            self.heard.append(message)
            clients.stage(message.subject, SERVICE.evolve(clients[message.subject], message))
            self.states[message.subject] = clients[message.subject]
        self._say(SERVICE.react(clients, message, self._context(f"{message.topic.name}/{message.id}")))

    def _say(self, publications: Any) -> None:
        for publication in publications:
            if isinstance(publication, Addressed):
                assert publication.topic.agency is not None
                assert type(publication.event) in publication.topic.events
                self._addressed.append((publication.event, publication.topic.agency))
                self.spoken.append(publication.event)
                continue
            assert isinstance(publication, facts.ReferralEvent)
            message = self._numbered(topics.REFERRAL, publication)
            self.heard.append(message)
            subject = publication.person_id
            initial = SERVICE.initial
            assert initial is not None
            self.states[subject] = SERVICE.evolve(self.states.get(subject) or initial(subject), message)
            self.spoken.append(publication)


def _is_due(state: Client, day: date) -> bool:
    due = state.due(day)
    return due is not None and due <= day


def offered(*, person: str = ANNA, agency: str = ARBEITSAMT, referral: str = FIRST) -> Referrals:
    """A client who was offered to an agency on the first day."""
    referrals = Referrals()
    referrals.client(person)
    referrals.request(referral, person=person, agency=agency)
    assert referrals.state(referral) == "requested"
    return referrals


def accepted() -> Referrals:
    referrals = offered()
    referrals.partner(partners.ReferralAccepted)
    return referrals


def in_service() -> Referrals:
    referrals = accepted()
    referrals.partner(partners.ServiceStarted)
    return referrals


def result(referrals: Referrals, *, message_id: str = "result-1", start: date | None = None, **fields: Any) -> Event:
    given: dict[str, Any] = {"kind": "regular_job", "employer_id": EMPLOYER, "hours_per_week": 38} | fields
    return referrals.partner(
        partners.PlacementResultReported, message_id=message_id, start_date=start or referrals.today, **given
    )
