"""Jobs that clients find by themselves, and tell every agency that looks after them.

Agencies know nothing of each other, nor that two pseudonyms are one person. What the client tells both of them is drawn
from what both were told of the client, the profile: the same employer and the same first day (domain.md 8.13).
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from contracts.profile import Profile
from contracts.words import PlacementKind
from simulation.agency.line import Line
from simulation.agency.outcome import Result, employer
from simulation.agency.pen import Pen
from simulation.agency.results import report
from simulation.chance import fraction
from simulation.workdays import DAY

A_MONTH: Final = 0.1
"""Clients of an agency who find work by themselves in a month: our own estimate."""
MONTHS: Final = 5
LAST: Final = frozenset({"result", "failed", "discontinued", "rejected"})
TOLD_BEFORE: Final = (3, 9)
"""Days before the first of the month on which the job begins."""


def interrupted(pen: Pen, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The script of a client who may find work meanwhile: what was to come after that is left out."""
    accepted = next((line.on for line in lines if line.name == "accepted"), None)
    if accepted is None or (accepted - pen.asked).days >= pen.habits.deadlines.expiry:
        return tuple(lines)
    job = found(pen.habits.seed, pen.offer.profile, accepted + timedelta(days=TOLD_BEFORE[1] + 1))
    if job is None:
        return tuple(lines)
    told_on = job.start_date - pen.days(*TOLD_BEFORE, "tells")
    kept = [line for line in lines if line.on < told_on]
    if LAST & {line.name for line in kept}:
        return tuple(lines)
    pen.on = max(line.on for line in kept)
    pen.on = pen.free(pen.placed_day(told_on, job.start_date))
    return (*kept, report(pen, job)) if pen.on < job.start_date else tuple(lines)


def found(seed: int, profile: Profile, since: date) -> Result | None:
    """The first job that whoever has this profile finds from a day on, within some months."""
    about = (seed, profile.model_dump_json())
    for first in _months(since):
        if fraction(*about, first, "finds work") < A_MONTH:
            who = employer(*about, first)
            return Result(PlacementKind.REGULAR_JOB, who, first, profile.hours_per_week)
    return None


def _months(since: date) -> Iterator[date]:
    first = since
    for _ in range(MONTHS):
        first = (first.replace(day=28) + 4 * DAY).replace(day=1)
        yield first
