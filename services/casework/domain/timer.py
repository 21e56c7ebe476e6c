"""The next day on which time alone changes something for a client, by the client's own records.

Someone who is one person with others has no timer: their facts lie in several records, so they are looked at every day
(`Reconsider`).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from services.casework.domain.cases import Case, Casework
from services.casework.domain.circumstances import ground_to_close, may_have_case, office_on
from services.casework.domain.intake import Intake
from services.casework.domain.resuming import may_begin

ONE_DAY = timedelta(days=1)


def next_due(intake: Intake, casework: Casework, after: date) -> date | None:
    """The first day after `after` on which `follow` decides something, or that of a review which did not take place.

    What held for a time and was over by `after` is past, however late it was told (domain.md 8.11).
    """
    if intake.merges:
        return None
    case = next((one for one in casework.cases if one.open), None)
    days = {after + ONE_DAY, *(day for day in _changes(intake) if day > after)}
    if case is None:
        return min((day for day in days if _begins(intake, casework, day)), default=None)
    ends = [day for day in days if _affects(intake, case, day)]
    if case.plan is not None and not case.plan.overdue:
        ends.append(case.plan.review_on)
    return min(ends, default=None)


def _begins(intake: Intake, casework: Casework, day: date) -> bool:
    return may_have_case((intake,), day) and may_begin((intake,), casework.cases, day)


def _affects(intake: Intake, case: Case, day: date) -> bool:
    """Whether it closes the case or changes its office."""
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
        if protection.valid_until is not None and protection.valid_until < date.max:
            yield protection.valid_until + ONE_DAY
        if protection.cleared_on is not None:
            yield protection.cleared_on
    for benefit in intake.benefits:
        yield benefit.since
        if benefit.ended_on is not None:
            yield benefit.ended_on
    if intake.departed_on is not None:
        yield intake.departed_on
