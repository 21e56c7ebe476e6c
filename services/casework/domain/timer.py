"""The next day on which time alone changes something for a client, by the client's own records.

The day named is one on which `follow` decides something, so that it is used up by being decided. Someone who is one
person with others has no timer: their facts lie in several records, so they are looked at every day (`Reconsider`).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from services.casework.domain.cases import Case, Casework
from services.casework.domain.circumstances import ground_to_close, may_have_case, office_on
from services.casework.domain.intake import Intake
from services.casework.domain.resuming import may_begin


def next_due(intake: Intake, casework: Casework) -> date | None:
    if intake.merges:
        return None
    case = next((one for one in casework.cases if one.open), None)
    return _beginning(intake, casework) if case is None else _ending(intake, casework, case)


def _ending(intake: Intake, casework: Casework, case: Case) -> date | None:
    """When the case closes, changes its office or must be reviewed. Days before its last event are past."""
    seen = casework.acted_on or case.opened_on
    days = [day for day in _changes(intake) if day >= seen and _affects(intake, case, day)]
    if case.plan is not None and not case.plan.overdue:
        days.append(case.plan.review_on)
    return min(days, default=None)


def _beginning(intake: Intake, casework: Casework) -> date | None:
    """When a case can begin or go on, if it can in the long run: it would already be open if it could today."""
    start = None
    for day in sorted(set(_changes(intake)), reverse=True):
        if not (may_have_case((intake,), day) and may_begin((intake,), casework.cases, day)):
            break
        start = day
    return start


def _affects(intake: Intake, case: Case, day: date) -> bool:
    office = office_on((intake,), day)
    moved = office is not None and office.office != case.office
    return moved or ground_to_close((intake,), day) is not None


def _changes(intake: Intake) -> Iterator[date]:
    """Every day on which a dated fact begins or ceases to hold."""
    yield from (one.since for one in intake.offices)
    yield from (one.since for one in intake.departments)
    yield from (one.since for one in intake.assessments)
    for protection in intake.protections:
        yield protection.valid_from
        if protection.valid_until is not None:
            yield protection.valid_until + timedelta(days=1)
        if protection.cleared_on is not None:
            yield protection.cleared_on
    for benefit in intake.benefits:
        yield benefit.since
        if benefit.ended_on is not None:
            yield benefit.ended_on
    if intake.departed_on is not None:
        yield intake.departed_on
