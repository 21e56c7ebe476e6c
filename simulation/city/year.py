"""The city's year: day by day decide, write down, send, write down what was answered. Redone, a day changes nothing."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any, Final, Protocol

from simulation.chance import fraction
from simulation.city import caseload, circumstances, doubles, errands, fold, habits, letters, lines, population
from simulation.city.actions import (
    Action,
    Arrive,
    Case,
    Depart,
    EndAid,
    First,
    Line,
    MergeDouble,
    MergeTwin,
    Move,
    Pay,
    Return,
    Transfer,
    dump,
    load,
)
from simulation.city.fold import Answer
from simulation.city.journal import Journal
from simulation.city.looking import Reads, look
from simulation.city.seen import Seen
from simulation.city.services import Refused
from simulation.city.town import Town
from simulation.facts import Scene
from simulation.workdays import works

REPEATED: Final = 0.01
"""Requests sent a second time under their key, as by an impatient clerk."""
NEED_AID_AGAIN: Final = 0.8
"""Of those whose job has ended: our own estimate."""
PHASES: Final = ("first", "lines", "cases")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a day does, in three phases: one after the other, in bulk, and beside each other."""

    first: tuple[First, ...] = ()
    lines: tuple[Line, ...] = ()
    cases: tuple[Case, ...] = ()

    def phase(self, name: str) -> tuple[Action, ...]:
        found: tuple[Action, ...] = getattr(self, name)
        return found

    @classmethod
    def read(cls, rows: Mapping[str, Any]) -> "Plan":
        """As the journal has it."""
        return cls(**{name: tuple(load(row) for row in rows[name]) for name in PHASES})

    def rows(self) -> dict[str, Any]:
        return {name: [dump(action) for action in self.phase(name)] for name in PHASES}


def decide(town: Town, scene: Scene, scale: Fraction, day: date, seen: Seen) -> Plan:
    """A day's plan. Pure: the same town, sights and day give the same. A town without people opens its first files."""
    pay = (Pay(f"{day:%Y-%m}"),) if day.day == 1 else ()
    if not town.known:
        return Plan(lines=tuple(population.first_files(town, day, scale)))
    if not works(day):
        return Plan(first=pay)
    moved = (Transfer(),) if day == scene.reorganised_on else ()
    found = tuple(doubles.noticed(town, day))
    merges: tuple[MergeDouble | MergeTwin, ...] = (
        *found,
        *(MergeTwin(number) for number in circumstances.twins(town, day, void=False)),
    )
    busy = {one.person for one in merges} | {one.second for one in found}
    leaving = sorted(set(caseload.found_work(town, seen.cases, day)) - busy)
    told: tuple[Line, ...] = tuple(population.movements(town, day, scale, leaving, _lost(town, seen), found))
    told += tuple(doubles.ended(found, seen.files))
    busy |= {number for line in told for number in persons(line)}
    erased = tuple(errands.erasures(town, day, busy))
    busy |= {one.person for one in erased}
    rare = tuple(_rare(town, day, seen, busy))
    told += tuple(one for one in rare if isinstance(one, Line))
    told += tuple(circumstances.lines(town, day, busy))
    busy |= {number for line in told for number in persons(line)}
    desks = () if pay or moved else _at_desks(town, scene, seen, day)
    staff = caseload.staff(scene, town.seed, day)
    weekly = (*errands.absences(town, day), *errands.pairs(town, seen, day))
    first = (*moved, *pay, *staff, *weekly, *merges, *erased, *(one for one in rare if isinstance(one, First)))
    return Plan(first=first, lines=told, cases=_one_each(desks, busy))


def _one_each(desks: Iterable[Case], busy: set[int]) -> tuple[Case, ...]:
    """One thing a person and day: what is done beside each other must not depend on who is faster."""
    found: dict[int, Case] = {}
    for one in desks:
        if one.person not in busy:
            found.setdefault(one.person, one)
    return tuple(found.values())


def _lost(town: Town, seen: Seen) -> list[int]:
    """Persons who left aid for a job that has ended. Most of them need aid again."""
    found = {town.by_id[end.person_id].person.number for end in seen.ends if end.person_id in town.by_id}
    return sorted(number for number in found if _needs_aid_again(town, number))


def _needs_aid_again(town: Town, number: int) -> bool:
    one = town.known[number]
    own = one.person.head or one.home is not None
    return one.for_work and own and not one.in_aid and fraction(town.seed, number, one.left_on, "lost") < NEED_AID_AGAIN


def _rare(town: Town, day: date, seen: Seen, busy: set[int]) -> Iterator[Line | First]:
    """What befalls persons by habit; `busy` grows by them."""
    for habit, one in habits.chosen(town, day):
        number, read = one.person.number, habit.reads(town, one)
        if number not in busy:
            found = list(habit.does(town, one, day, None if read is None else seen.files.get(read)))
            busy |= {number} if found else set()
            yield from found


def _at_desks(town: Town, scene: Scene, seen: Seen, day: date) -> Iterator[Case]:
    yield from caseload.work(town, scene.city, seen, day)
    yield from errands.items(town, scene.city, seen, day)
    if day > scene.reorganised_on:
        yield from errands.reopenings(town, day)


def persons(line: Line) -> Iterator[int]:
    """Known persons of whom intake is told."""
    match line:
        case Arrive():
            return
        case Return() | EndAid() | Depart() | Move():
            yield from line.persons
        case _:
            yield line.person


class Post(Reads, Protocol):
    """The services, as the year needs them (see `services.Services`)."""

    async def start_day(self, day: str) -> None: ...
    async def post(self, request: letters.Request, key: str) -> lines.Json: ...
    async def bulk(self, told: Sequence[lines.Json], key: str, office: str) -> list[lines.Json]: ...


class Year:
    """Lives from the day after the journal's last one; an empty journal's year begins on `first_day`."""

    def __init__(
        self, town: Town, scene: Scene, scale: Fraction, services: Post, journal: Journal, *, first_day: date
    ) -> None:
        self._town, self._scene, self._scale = town, scene, scale
        self._city = scene.city
        self._services, self._journal = services, journal
        self._plan: Plan | None = None
        self._done: dict[str, list[Answer]] = {}
        self.day = first_day

    def remember(self) -> None:
        """Fold every day of the journal whose three phases were answered; the last may be half done."""
        for entry in self._journal.entries():
            if "plan" in entry:
                self._plan = Plan.read(entry["plan"])
            else:
                self._done[entry["phase"]] = entry["answers"]
            if len(self._done) == len(PHASES):
                self._fold()

    async def live(self) -> None:
        """One day."""
        day = self.day
        await self._services.start_day(day.isoformat())
        if self._plan is None:
            seen = await look(self._services, self._town, self._scene, day)
            self._plan = decide(self._town, self._scene, self._scale, day, seen)
            self._journal.write({"day": day, "plan": self._plan.rows()})
        for name in PHASES:
            if name not in self._done:
                self._done[name] = await getattr(self, f"_{name}")(self._plan, day)
                self._journal.write({"day": day, "phase": name, "answers": self._done[name]})
        self._fold()

    def _fold(self) -> None:
        plan, day = self._plan, self.day
        if plan is None:
            return
        for name in PHASES:
            for action, answer in zip(plan.phase(name), self._done[name], strict=True):
                fold.after(self._town, action, answer, day)
        self._plan, self._done = None, {}
        self.day = day + timedelta(days=1)

    async def _first(self, plan: Plan, day: date) -> list[Answer]:
        answers: list[Answer] = []
        for number, action in enumerate(plan.first):
            request = letters.first(self._town, self._city, action, day, self._scale)
            answer = await self._services.post(request, self._key(day, "first", number))
            if answer.get("refused"):
                raise Refused(f"{request.path}: {answer['refused'][0]}")
            answers.append([_short(answer)])
        return answers

    async def _lines(self, plan: Plan, day: date) -> list[Answer]:
        """One import a day; the first files are one for each regional department, and are paid for at once."""
        answers: dict[int, Answer] = {}
        for number, (office, group) in enumerate(self._files(plan, day)):
            told = [(place, lines.lines(self._town, action, day)) for place, action in group]
            flat = [line for _, found in told for line in found]
            key = self._key(day, "lines", number)
            results = iter(await self._services.bulk(flat, key, office))
            for place, found in told:
                answers[place] = [_short(next(results)) for _ in found]
            if flat and fraction(key, "again") < REPEATED * 5:
                await self._services.bulk(flat, key, office)
        if not self._town.known:
            request = letters.first(self._town, self._city, Pay(f"{day:%Y-%m}"), day, self._scale)
            await self._services.post(request, self._key(day, "pay", 0))
        return [answers[place] for place in range(len(plan.lines))]

    def _files(self, plan: Plan, day: date) -> list[tuple[str, list[tuple[int, Line]]]]:
        numbered = list(enumerate(plan.lines))
        if self._town.known:
            return [(letters.any_office(self._city, day), numbered)] if numbered else []

        def department(place: tuple[int, Line]) -> str:
            line = place[1]
            household = self._town.household(line, day) if isinstance(line, Arrive) else None
            office = self._city.responsible(household.district, day) if household else None
            return office.id if office else letters.any_office(self._city, day)

        return [(office, list(group)) for office, group in groupby(sorted(numbered, key=department), key=department)]

    async def _cases(self, plan: Plan, day: date) -> list[Answer]:
        return list(
            await asyncio.gather(*(self._case(action, day, number) for number, action in enumerate(plan.cases)))
        )

    async def _case(self, action: Case, day: date, number: int) -> Answer:
        key = self._key(day, "cases", number)
        requests = enumerate(letters.case(self._town, action))
        return list(await asyncio.gather(*(self._ask(one, f"{key}-{turn}" if turn else key) for turn, one in requests)))

    async def _ask(self, request: letters.Request, key: str) -> dict[str, Any]:
        answer = await self._services.post(request, key)
        if fraction(key, "again") < REPEATED:
            again = await self._services.post(request, key)
            if again != answer:
                raise Refused(f"{request.path}: a repeat under the same key was answered differently")
        return _short(answer)

    def _key(self, day: date, phase: str, number: int) -> str:
        return f"city-{self._town.seed}-{day}-{phase}-{number}"


def _short(answer: dict[str, Any]) -> dict[str, Any]:
    """The ids of an answer: all that the city must remember."""
    return {name: value for name, value in answer.items() if name.endswith("_id")}
