"""A whole caseload handed over while its case manager is absent, and handed back on the day of return (C10).

Decided for all at the start of a day, from who is absent on it: a case is with its own case manager when they are
there, else with their deputy. A deputy may come to have more cases than the limit, which bounds new cases only:
nobody's client waits because somebody is ill (docs/adr/0019-a-deputy-may-exceed-the-limit.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.event import Event
from contracts.events.casework import CaseAssigned
from services.casework.domain.cases import Case
from services.casework.domain.desks import Room
from services.runtime.decision import Context, NotFound, Refusal


class UnknownCaseManager(NotFound):
    code = "unknown_case_manager"


class NoDeputy(Refusal):
    code = "no_deputy"
    status = 422


class AbsenceIsOver(Refusal):
    code = "absence_is_over"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAbsence:
    """Absent from `since` until the day before `returns_on`. Recorded again with the same `since`, it is set anew.

    The offices are where the two are registered, None: nowhere.
    """

    staff_id: str
    since: date
    returns_on: date
    recorded_by: str
    deputy: str | None = None
    known_office: str | None = None
    deputy_office: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """`instead_of`: whose case it is while they are absent; None: it goes back to them."""

    case_id: str
    office: str
    previous: str
    case_manager: str
    instead_of: str | None

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An open case in the hands of `case_manager`, who may stand in for another."""

    case_id: str
    person_id: str
    office: str
    opened_on: date
    case_manager: str
    instead_of: str | None = None

    @property
    def own(self) -> str:
        return self.instead_of or self.case_manager


def hand_over(held: Iterable[Held], room: Room) -> tuple[HandOver, ...]:
    """First what goes back, then what needs a deputy, the oldest case first; `room` counts along."""
    cases = sorted(held, key=lambda one: (one.opened_on, one.person_id, one.case_id))
    decided = []
    for back in (True, False):
        for case in cases:
            if room.is_present(case.own) is back and (to := _holder(case, room)) != case.case_manager:
                room.moves(previous=case.case_manager, to=to)
                decided.append(_moved(case, to))
    return tuple(decided)


def _holder(case: Held, room: Room) -> str:
    """Whose hands it belongs into today; where nobody is there, it stays where it is."""
    deputy = room.deputy_of(case.own)
    for wanted in (case.own, deputy, case.case_manager):
        if wanted is not None and room.is_present(wanted):
            return wanted
    return room.least_loaded(case.office) or case.case_manager


def _moved(case: Held, to: str) -> HandOver:
    return HandOver(
        case_id=case.case_id,
        office=case.office,
        previous=case.case_manager,
        case_manager=to,
        instead_of=None if to == case.own else case.own,
    )


def take(case: Case, command: HandOver, context: Context) -> tuple[Event, ...]:
    """Nothing, if the case was closed or went elsewhere on the same day."""
    if not case.open or (case.case_manager, case.office) != (command.previous, command.office):
        return ()
    return (
        CaseAssigned(
            person_id=case.person_id,
            case_id=case.case_id,
            occurred_on=context.today,
            office=case.office,
            case_manager=command.case_manager,
            instead_of=command.instead_of,
        ),
    )


def check_absence(command: RecordAbsence, today: date) -> None:
    """Raises `UnknownCaseManager`, `NoDeputy`, `AbsenceIsOver`."""
    if command.known_office is None:
        raise UnknownCaseManager(f"{command.staff_id} is no case manager: register them first")
    if command.deputy is not None and (
        command.deputy == command.staff_id or command.deputy_office != command.known_office
    ):
        raise NoDeputy(f"{command.deputy} cannot stand in: a deputy is another case manager of {command.known_office}")
    if command.returns_on < command.since or command.returns_on <= today:
        raise AbsenceIsOver(
            f"{command.staff_id} would be back on {command.returns_on}: cases go back with the start of a day, so the "
            f"day of return is after {today}, and not before the absence"
        )
