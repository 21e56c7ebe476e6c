"""What comes of a service at an agency: kinds of placement by service, employers, starts, and how long they last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from contracts.words import EndReason, PlacementKind, ServiceKind
from simulation.agency.habits import Habits, Shares
from simulation.chance import fraction, weighted, whole

USUAL: Final[Mapping[ServiceKind, Shares]] = {
    ServiceKind.JOB_PLACEMENT: {PlacementKind.REGULAR_JOB: 0.8, PlacementKind.MINOR_JOB: 0.2},
    ServiceKind.VOCATIONAL_TRAINING: {PlacementKind.VOCATIONAL_TRAINING: 0.9, PlacementKind.REGULAR_JOB: 0.1},
    ServiceKind.QUALIFICATION: {
        PlacementKind.QUALIFICATION_MEASURE: 0.6,
        PlacementKind.REGULAR_JOB: 0.25,
        PlacementKind.MINOR_JOB: 0.15,
    },
    ServiceKind.JOB_SCHEME: {
        PlacementKind.JOB_SCHEME: 0.85,
        PlacementKind.SUBSIDISED_JOB: 0.10,
        PlacementKind.MINOR_JOB: 0.05,
    },
}
"""What comes of a service, as shares, where the city's facts name nothing else."""
EMPLOYERS: Final = 300
MINOR_HOURS: Final = 14
PART_TIME_HOURS: Final = 19
PART_TIME: Final = 0.12
"""Of jobs that are not minor ones: hardly enough to live on, so that aid often goes on beside them."""
ENDINGS: Final = (
    (EndReason.EMPLOYER_ENDED, 0.5),
    (EndReason.CLIENT_QUIT, 0.25),
    (EndReason.ILLNESS, 0.15),
    (EndReason.PROVIDER_ENDED, 0.06),
    (EndReason.NO_SHOW, 0.04),
)


@dataclass(frozen=True, slots=True)
class Result:
    kind: PlacementKind
    employer_id: str | None
    start_date: date
    hours_per_week: int


def result(habits: Habits, referral: str, service: ServiceKind, reported: date, hours: int) -> Result:
    """The job or training that came about, as the agency reports it on `reported`; it never starts on that very day."""
    about = (habits.seed, habits.agency, referral)
    kinds = habits.outcomes.get(service) or USUAL[service]
    kind = weighted(tuple(kinds.items()), fraction(*about, "kind"))
    ago = fraction(*about, "started") < 0.35
    days = -whole(1, 12, *about, "start") if ago else whole(1, 32, *about, "start")
    return Result(
        kind=kind,
        employer_id=None if kind is PlacementKind.SELF_EMPLOYMENT else employer(*about),
        start_date=reported + timedelta(days=days),
        hours_per_week=_hours(kind, hours, about),
    )


def employer(*about: object) -> str:
    """The Betriebsnummer of one of the city's employers."""
    return f"{29_000_000 + whole(1, EMPLOYERS, *about, 'employer') * 17:08d}"


def _hours(kind: PlacementKind, able: int, about: tuple[object, ...]) -> int:
    if kind is PlacementKind.MINOR_JOB:
        return min(able, MINOR_HOURS)
    return min(able, PART_TIME_HOURS) if fraction(*about, "part-time") < PART_TIME else able


def ending(habits: Habits, referral: str) -> EndReason:
    return weighted(ENDINGS, fraction(habits.seed, habits.agency, referral, "ending"))
