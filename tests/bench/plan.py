"""What a country would need, by what two sizes of a city cost: lines through two measured points.

A service's processor time, bytes and memory are taken to be a fixed part and so much for each record; the 1 x and the
4 x city determine both, and the whole city, which has no part in that, tells how far the lines carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lotse.settings import SERVICES

SMALL, LARGE, WHOLE = 1, 4, 20
"""Sizes in copies of the recorded city."""
CITIES: Final = 118
"""Bremens in 5.5 million clients."""
YEAR_SECONDS: Final = 365 * 24 * 3600
REPLAY_HOURS: Final = 4
"""In which a country's services shall have read their year again."""


@dataclass(frozen=True, slots=True)
class Line:
    """So much for a service at all, and so much for each copy of the recorded city."""

    fixed: float
    each: float

    @classmethod
    def through(cls, small: float, large: float) -> "Line":
        each = (large - small) / (LARGE - SMALL)
        return cls(small - each * SMALL, each)

    def at(self, copies: float) -> float:
        return self.fixed + self.each * copies


@dataclass(frozen=True, slots=True)
class Need:
    """One service of a country, for a year. `records`: read live, and folded of its own; `core_seconds`: with
    PostgreSQL's and Kafka's for it; `fold_gb`: memory of the one process that folds its own topics; `replicas`: to read
    the year again within `REPLAY_HOURS`, a core each."""

    service: str
    records: float
    core_seconds: float
    stored_gb: float
    fold_gb: float

    @property
    def replicas(self) -> int:
        return max(2, -(-int(self.core_seconds) // (REPLAY_HOURS * 3600)))


def line(figures: Mapping[str, Any], service: str, name: str) -> Line:
    small, large = (figures[f"city_{copies}"][service][name] for copies in (SMALL, LARGE))
    return Line.through(small, large)


def needs(figures: Mapping[str, Any], copies: int = CITIES * WHOLE) -> list[Need]:
    return [
        Need(
            service,
            line(figures, service, "records").at(copies) + line(figures, service, "own_records").at(copies),
            line(figures, service, "all_cpu_seconds").at(copies),
            line(figures, service, "stored_mb").at(copies) / 1024,
            line(figures, service, "own_peak_mb").at(copies) / 1024,
        )
        for service in SERVICES
    ]


def foretold(figures: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """What the lines say of the whole city, all services together, and what was measured."""
    measured = {
        "all_cpu_seconds": figures["whole_city_cpu_seconds"],
        "stored_mb": sum(figures["whole_city_stored_mb"].values()),
        "own_peak_mb": sum(figures["whole_city_own_peak_mb"].values()),
    }
    said = {name: sum(line(figures, service, name).at(WHOLE) for service in SERVICES) for name in measured}
    return {name: (said[name], was) for name, was in measured.items()}
