"""Casework in memory: it hears messages, days and commands as the runtime hands them over, and notes what it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from pydantic import TypeAdapter

from contracts import topics
from contracts.city import read_city
from contracts.event import CaseEvent, Event
from contracts.events import calendar, intake, referrals
from contracts.events.casework import ReferralRequested
from contracts.profile import Profile
from contracts.words import (
    Ability,
    BenefitEndReason,
    Currency,
    Department,
    DepartureReason,
    Mobility,
    Money,
    ProtectionClass,
    Qualification,
)
from services.casework.app import service
from services.casework.domain.absence import HandOver, Held
from services.casework.domain.assignment import AssignCase, QueueCase, Waiting, distribute
from services.casework.domain.casebook import AgreePlan
from services.casework.domain.cases import Case
from services.casework.domain.client import Client
from services.casework.domain.course import Reconsider
from services.casework.domain.desks import Desk
from services.casework.domain.offers import Refer
from services.casework.domain.person import Person, person_of
from services.runtime.decision import Clients, Context, Message
from services.runtime.service import Outcome

CITY = read_city(Path("deploy/bremen"))
SERVICE = service(CITY)
STATES = TypeAdapter(Client)
DAY = timedelta(days=1)
START = date(2001, 11, 5)
VAHR, WALLE, REGIONAL = "vahr", "groepelingen-walle", "region-mitte-ost"
ARBEITSAMT, BAG = CITY.agency_ids
MANAGER = "vahr.fm1"
EMPLOYER = "12345678"

E = TypeVar("E", bound=Event)


def uid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


ANNA, BERTA = sorted((uid("anna"), uid("berta")))


@dataclass
class Casework:
    """`today` is the business day; `heard` what a replay would read, casework's own events included."""

    today: date = START
    states: dict[str, Client] = field(default_factory=dict)
    dues: dict[str, date | None] = field(default_factory=dict)
    """When each client has their next turn, as the runtime stores it."""
    spoken: list[Event] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    desks: dict[str, str] = field(default_factory=lambda: {MANAGER: VAHR})
    limit: int = 75
    absent: dict[str, str | None] = field(default_factory=dict)
    """Who is absent, with the deputy who was named."""
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    # what intake tells

    def hears(
        self, told: Callable[..., Event], /, person: str = ANNA, *, on: date | None = None, **fields: Any
    ) -> None:
        """A message about a client, dated today unless it is said otherwise."""
        event = told(person_id=person, occurred_on=on or self.today, **fields)
        topic = next(t for t in (topics.PERSON, topics.IDENTITY, topics.REFERRAL) if type(event) in t.events)
        self._hear(self._numbered(topic, event))

    def registers(self, person: str = ANNA, *, office: str = VAHR) -> None:
        """A client with aid, not assessed yet."""
        self.hears(intake.ClientRegistered, person, office=office, district="vahr", sex="female", birth_month="1970-01")
        self.departments(person, Department.ECONOMIC_ASSISTANCE)
        self.benefit(person)

    def able_client(self, person: str = ANNA, *, office: str = VAHR) -> None:
        self.registers(person, office=office)
        self.assesses(person)

    def departments(self, person: str, *departments: Department, on: date | None = None) -> None:
        self.hears(intake.DepartmentsAssigned, person, on=on, departments=departments)

    def benefit(self, person: str = ANNA, *, name: str = "hlu", on: date | None = None) -> None:
        monthly = Money(minor=50_000, currency=Currency.DEM)
        self.hears(intake.BenefitStarted, person, on=on, benefit_id=uid(person + name), kind="hlu", monthly=monthly)

    def benefit_ends(self, person: str = ANNA, *, name: str = "hlu", on: date | None = None, why: str = "work") -> None:
        reason = BenefitEndReason(why)
        self.hears(intake.BenefitEnded, person, on=on, benefit_id=uid(person + name), reason=reason)

    def assesses(self, person: str = ANNA, ability: Ability = Ability.ABLE, *, on: date | None = None) -> None:
        self.hears(
            intake.AbilityAssessed,
            person,
            on=on,
            ability=ability,
            qualification=Qualification.VOCATIONAL,
            languages=("de",),
            hours_per_week=38,
            mobility=Mobility.CITY,
            work_permit=True,
            earliest_start=self.today,
            author="m.weber",
        )

    def protects(
        self, person: str = ANNA, *, since: date | None = None, until: date | None = None, name: str = "ill"
    ) -> None:
        self.hears(
            intake.ProtectionSet,
            person,
            protection_id=uid(person + name),
            protection_class=ProtectionClass.ILL,
            valid_from=since or self.today,
            valid_until=until,
            author="m.weber",
        )

    def clears(self, person: str = ANNA, *, name: str = "ill") -> None:
        self.hears(intake.ProtectionCleared, person, protection_id=uid(person + name), author="m.weber")

    def moves(self, person: str = ANNA, office: str = WALLE, *, on: date | None = None, reason: str = "move") -> None:
        self.hears(
            intake.OfficeChanged, person, on=on, office=office, previous_office=VAHR, district="walle", reason=reason
        )

    def departs(self, person: str = ANNA, why: DepartureReason = DepartureReason.LEFT_CITY) -> None:
        self.hears(intake.ClientDeparted, person, reason=why)

    def merges(self, *, survivor: str = ANNA, loser: str = BERTA, under: Iterable[str] = ()) -> None:
        for key in tuple(under) or (survivor, loser):
            self.hears(intake.ClientsMerged, key, merge_id=uid("merge"), survivor_id=survivor, loser_id=loser)

    def unmerges(self, *, survivor: str = ANNA, loser: str = BERTA) -> None:
        for key in (survivor, loser):
            self.hears(intake.ClientsUnmerged, key, merge_id=uid("merge"), survivor_id=survivor, loser_id=loser)

    # what referrals tells

    def referral(self, told: Callable[..., Event], referral: str, /, person: str = ANNA, **fields: Any) -> None:
        agency = next(r.agency for r in self.states[person].casework.requests if r.referral_id == referral)
        self.hears(told, person, referral_id=referral, **{"agency": agency} | fields)

    def drafted(self, asked: ReferralRequested) -> None:
        self.referral(
            referrals.ReferralDrafted,
            asked.referral_id,
            asked.person_id,
            case_id=asked.case_id,
            service=asked.service,
            profile=asked.profile,
            intake_sequence=asked.intake_sequence,
        )

    # days and commands

    def next_day(self, day: date | None = None) -> None:
        """Every day up to `day` (tomorrow): each due client's turn, then merged ones, then the assignment."""
        until = day or self.today + DAY
        while self.today < until:
            self.late_day(self.today + DAY)

    def late_day(self, day: date) -> None:
        """One day, whatever lies between: each due client's turn, then merged ones, then the assignment."""
        self.today = day
        for subject in sorted(s for s, due in self.dues.items() if due is not None and due <= day):
            self._hear(Message(topics.DAY, calendar.DayStarted(occurred_on=day), subject, f"d{day}"))
            self.dues[subject] = self.states[subject].due(day)
        assert not any(due is not None and due <= day for due in self.dues.values()), "a timer is not used up"
        for subject in sorted({s.canonical for s in self.states.values() if s.canonical != s.person_id}):
            self.command(Reconsider(person_id=subject))
        for command in self.ranked():
            self.command(command)

    def ranked(self) -> tuple[HandOver | AssignCase | QueueCase, ...]:
        cases = [case for state in self.states.values() for case in state.casework.cases if case.open]
        waiting = [
            Waiting(
                case_id=case.case_id,
                person_id=case.person_id,
                office=case.office,
                opened_on=case.opened_on,
                queued=case.queued_on is not None,
            )
            for case in cases
            if case.case_manager is None
        ]
        desks = [
            Desk(
                staff_id=name,
                office=office,
                load=sum(case.case_manager == name for case in cases),
                limit=self.limit,
                absent=name in self.absent,
                deputy=self.absent.get(name),
            )
            for name, office in self.desks.items()
        ]
        held = [
            Held(
                case_id=case.case_id,
                person_id=case.person_id,
                office=case.office,
                opened_on=case.opened_on,
                case_manager=case.case_manager,
                instead_of=case.instead_of,
            )
            for case in cases
            if case.case_manager is not None
        ]
        return distribute(waiting, held, desks)

    def command(self, command: Any) -> Outcome:
        assert SERVICE.decide is not None
        outcome = SERVICE.decide(self._clients(command.targets), command, self.context(repr(command)))
        self._say(outcome.events)
        return outcome

    def agree(self, case: str = "", **fields: Any) -> Outcome:
        given: dict[str, Any] = {
            "goal": "regular_job",
            "steps": (),
            "strengths": ("reliable",),
            "duties_client": ("applies weekly",),
            "duties_office": ("pays for the tram",),
            "author": MANAGER,
        }
        return self.command(AgreePlan(case_id=case or self.case().case_id, **given | fields))

    def refer(self, agency: str = ARBEITSAMT, *, case: str = "", **fields: Any) -> ReferralRequested:
        given: dict[str, Any] = {"service": "job_placement"} | fields
        outcome = self.command(Refer(case_id=case or self.case().case_id, agency=agency, **given))
        (asked,) = outcome.events
        assert isinstance(asked, ReferralRequested)
        return asked

    # what it says and knows

    def said(self, kind: type[E]) -> list[E]:
        return [one for one in self.spoken if isinstance(one, kind)]

    def names(self, since: int = 0) -> list[str]:
        return [type(one).__name__ for one in self.spoken[since:]]

    def case(self, person: str = ANNA) -> Case:
        """The only case of a client."""
        (case,) = self.states[person].casework.cases
        return case

    def person(self, person: str = ANNA) -> Person:
        return person_of(self._clients([person]), person)

    # the runtime's part

    def context(self, cause: str) -> Context:
        numbers = iter(range(1_000))
        return Context(today=self.today, city=CITY, new_id=lambda: uid(f"{cause} {len(self.spoken)} {next(numbers)}"))

    def _numbered(self, topic: topics.Topic, event: Event) -> Message:
        key = topic.name, event.subject
        self._sequences[key] = self._sequences.get(key, 0) + 1
        number = self._sequences[key]
        return Message(topic, event, event.subject, f"{topic.name}-{event.subject}-{number}", number)

    def _clients(self, names: Iterable[str]) -> Clients[Client]:
        """As the runtime loads them: the subjects named, and all that were merged with them."""
        references = {name: s for s, state in self.states.items() for name in state.references}
        locked = {references.get(name, name) for name in names}
        linked = [(s, state.canonical) for s, state in self.states.items() if state.canonical != s]
        while more := {name for pair in linked if locked & set(pair) for name in pair} - locked:
            locked |= more
        loaded = {s: self.states[s] for s in locked if s in self.states}
        return Clients(loaded, locked=locked, references=references, initial=lambda name: Client(person_id=name))

    def _hear(self, message: Message) -> None:
        if not (names := tuple(SERVICE.touches(message))):
            return
        clients = self._clients(names)
        if message.topic is not topics.DAY:
            self.heard.append(message)
            clients.stage(message.subject, self._folded(message))
        self._say(SERVICE.react(clients, message, self.context(f"{message.topic.name}/{message.id}")))

    def _say(self, publications: Iterable[Any]) -> None:
        for event in publications:
            assert isinstance(event, CaseEvent)
            message = self._numbered(topics.CASE, event)
            self.heard.append(message)
            self._folded(message)
            self.spoken.append(event)

    def _folded(self, message: Message) -> Client:
        """Also through the form in which states are stored."""
        before = self.states.get(message.subject) or Client(person_id=message.subject)
        folded = SERVICE.evolve(before, message)
        self.states[message.subject] = STATES.validate_python(STATES.dump_python(folded, mode="json"))
        assert self.states[message.subject] == folded
        self.dues[message.subject] = folded.due(self.today)
        return folded


def assigned() -> Casework:
    """Anna has a case at Vahr, and its only case manager."""
    casework = Casework()
    casework.able_client()
    casework.next_day()
    assert casework.case().case_manager == MANAGER
    return casework


def planned() -> Casework:
    casework = assigned()
    casework.agree()
    return casework


def referred() -> tuple[Casework, str]:
    """Anna was offered to the Arbeitsamt."""
    casework = planned()
    asked = casework.refer()
    casework.drafted(asked)
    answer_by = casework.today + 14 * DAY
    casework.referral(
        referrals.ReferralRequested,
        asked.referral_id,
        case_id=asked.case_id,
        service=asked.service,
        answer_by=answer_by,
    )
    return casework, asked.referral_id


PROFILE = Profile(
    qualification=Qualification.VOCATIONAL,
    languages=("de",),
    hours_per_week=38,
    mobility=Mobility.CITY,
    work_permit=True,
    earliest_start=START,
)
