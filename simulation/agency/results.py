"""How an agency tells of a job: in time, twice, too late, in the wrong order, and what it later has to correct."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from contracts.events import partners
from simulation.agency.line import Line
from simulation.agency.outcome import Result, ending, result
from simulation.agency.pen import Pen
from simulation.workdays import DAY

CORRECTED_FIRST: Final = 0.03
"""Of results: the correction overtakes the report."""
CORRECTED: Final = 0.06
TAKEN_BACK: Final = 0.25
"""Of corrections."""
REPEATED: Final = 0.04
"""Sent again as it was, by a program that heard no answer."""
RETYPED: Final = 0.08
"""Entered again by a second clerk, under an id of its own."""
ENDED_FIRST: Final = 0.05
"""Of results whose job has begun: the employer's notice is quicker than the report of the job."""
BREAKS_OFF: Final = 0.15
"""Of jobs that nobody corrected: they end within four months."""


def tell(pen: Pen, after: int) -> Iterator[Line]:
    """A result, so many days after the newest line, and what follows from it."""
    before, pen.on = pen.on, pen.free(pen.on + timedelta(days=after))
    found = result(pen.habits, pen.offer.referral_id, pen.offer.service, pen.on, pen.offer.profile.hours_per_week)
    drawn = pen.draw("correction")
    early = pen.workday(pen.on - timedelta(days=2))
    crossing = before < early < pen.on
    ended_first = crossing and found.start_date < early and pen.draw("ended first") < ENDED_FIRST
    if ended_first:
        yield _ended(pen, early, early, found)
    elif drawn < CORRECTED_FIRST and crossing:
        yield _correction(pen, early, found)
    reported = report(pen, found)
    yield reported
    yield from _again(pen, reported, found)
    if CORRECTED_FIRST <= drawn < CORRECTED_FIRST + CORRECTED:
        on = pen.placed_day(pen.on + pen.days(3, 12, "corrected"), found.start_date)
        yield _correction(pen, on, found)
    elif drawn >= CORRECTED_FIRST + CORRECTED and not ended_first and pen.draw("ends") < BREAKS_OFF:
        end = max(found.start_date, pen.on) + pen.days(15, 110, "lasts")
        pen.on = pen.placed_day(end + timedelta(days=2), found.start_date)
        yield _ended(pen, pen.on, end, found)


def report(pen: Pen, found: Result) -> Line:
    return pen.line(
        "result",
        partners.PlacementResultReported,
        kind=found.kind,
        employer_id=found.employer_id,
        start_date=found.start_date,
        hours_per_week=found.hours_per_week,
    )


def _again(pen: Pen, reported: Line, found: Result) -> Iterator[Line]:
    repeated = pen.draw("repeated")
    if repeated < REPEATED + RETYPED:
        on = pen.placed_day(pen.on + DAY, found.start_date)
        name = reported.name if repeated < REPEATED else "result again"
        yield Line(on, name, reported.message.model_copy(update={"occurred_on": on}))


def _ended(pen: Pen, on: date, end: date, found: Result) -> Line:
    """`end` is the first day without the job."""
    reason = ending(pen.habits, pen.offer.referral_id)
    message = partners.PlacementEnded(
        referral_id=pen.offer.referral_id,
        occurred_on=on,
        result_id=pen.message_id("result"),
        end_date=max(end, found.start_date + DAY),
        reason=reason,
    )
    return Line(on, "placement ended", message)


def _correction(pen: Pen, on: date, found: Result) -> Line:
    """Another number of hours; now and then the result is taken back."""
    about = {"referral_id": pen.offer.referral_id, "occurred_on": on, "result_id": pen.message_id("result")}
    if pen.draw("void") < TAKEN_BACK:
        return Line(on, "correction", partners.ResultCorrected.model_validate(about | {"void": True}))
    said = {
        "kind": found.kind,
        "employer_id": found.employer_id,
        "start_date": found.start_date,
        "hours_per_week": max(1, found.hours_per_week - 4),
    }
    return Line(on, "correction", partners.ResultCorrected.model_validate(about | said))


def of_another(pen: Pen) -> Line:
    """Takes back a result that was never reported: it waits in vain, and a case manager has to look."""
    message = partners.ResultCorrected(
        referral_id=pen.offer.referral_id, occurred_on=pen.on, result_id=pen.message_id("of another"), void=True
    )
    return Line(pen.on, "correction of another", message)
