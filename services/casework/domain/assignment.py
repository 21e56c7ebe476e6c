"""Who gets which case manager (domain.md C2): decided once a day for all, by business keys alone."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.city import City, OfficeKind
from contracts.event import Event
from contracts.events.casework import CaseAssigned, CaseQueued
from services.casework.domain.absence import HandOver, Held, hand_over
from services.casework.domain.cases import Case
from services.casework.domain.desks import Desk, Room
from services.runtime.decision import Context, Refusal


class UnknownOffice(Refusal):
    code = "unknown_office"
    status = 422


class CaseManagerElsewhere(Refusal):
    code = "case_manager_elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCaseManager:
    """`since`: the first day on which cases are assigned. `known_office`: where the staff id is registered already."""

    staff_id: str
    office: str
    since: date
    caseload_limit: int | None = None
    known_office: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase:
    case_id: str
    office: str
    case_manager: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCase:
    case_id: str
    office: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An open case without a case manager; `queued`: the waiting list has it already."""

    case_id: str
    person_id: str
    office: str
    opened_on: date
    queued: bool


def distribute(
    waiting: Iterable[Waiting], held: Iterable[Held], desks: Sequence[Desk]
) -> tuple[HandOver | AssignCase | QueueCase, ...]:
    """A day's decisions: what absent case managers had is handed over and back, then what waits is given out."""
    room = Room(desks)
    return (*hand_over(held, room), *rank(waiting, room.left()))


def rank(waiting: Iterable[Waiting], desks: Sequence[Desk]) -> tuple[AssignCase | QueueCase, ...]:
    """Each waiting case, by (opened_on, person_id), goes to its office's least loaded desk, then lowest staff id.

    Since loads are counted from what is assigned, going on after an interruption ends like going through.
    """
    free: dict[str, list[tuple[int, str, int]]] = {}
    for desk in desks:
        if desk.load < desk.limit:
            heapq.heappush(free.setdefault(desk.office, []), (desk.load, desk.staff_id, desk.limit))
    decided: list[AssignCase | QueueCase] = []
    for case in sorted(waiting, key=lambda one: (one.opened_on, one.person_id, one.case_id)):
        if office := free.get(case.office):
            load, staff_id, limit = heapq.heappop(office)
            decided.append(AssignCase(case_id=case.case_id, office=case.office, case_manager=staff_id))
            if load + 1 < limit:
                heapq.heappush(office, (load + 1, staff_id, limit))
        elif not case.queued:
            decided.append(QueueCase(case_id=case.case_id, office=case.office))
    return tuple(decided)


def assign(case: Case, command: AssignCase, context: Context) -> tuple[Event, ...]:
    if not _waits_at(case, command.office):
        return ()
    return (
        CaseAssigned(
            person_id=case.person_id,
            case_id=case.case_id,
            occurred_on=context.today,
            office=case.office,
            case_manager=command.case_manager,
        ),
    )


def queue(case: Case, command: QueueCase, context: Context) -> tuple[Event, ...]:
    """Once for each office at which a case waits; its place is that of the day on which it was opened."""
    if not _waits_at(case, command.office) or case.queued_on is not None:
        return ()
    return (
        CaseQueued(
            person_id=case.person_id,
            case_id=case.case_id,
            occurred_on=context.today,
            office=case.office,
            since=case.opened_on,
        ),
    )


def _waits_at(case: Case, office: str) -> bool:
    return case.open and case.case_manager is None and case.office == office


def check_registration(command: RegisterCaseManager, city: City) -> None:
    """Raises `UnknownOffice`, `CaseManagerElsewhere`."""
    office = city.office(command.office)
    if office is None or office.kind is not OfficeKind.SOZIALZENTRUM:
        raise UnknownOffice("case managers work at a Sozialzentrum of the city's configuration")
    if command.known_office not in {None, command.office}:
        raise CaseManagerElsewhere(f"{command.staff_id} is registered at {command.known_office}")
