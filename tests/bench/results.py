"""What a benchmark measured: ratios with their goals, and figures."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Goal(StrEnum):
    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value` is the median of `rounds`, each of which compared both sides one after the other."""

    name: str
    rounds: tuple[float, ...]
    direction: Goal
    goal: float

    @property
    def value(self) -> float:
        return statistics.median(self.rounds)

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.direction is Goal.AT_LEAST else self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 3),
            "goal": f"{self.direction} {self.goal:g}",
            "met": self.met,
            "spread": [round(min(self.rounds), 3), round(max(self.rounds), 3)],
            "rounds": len(self.rounds),
        }


@dataclass
class Results:
    """Collects what the measurements of one run found."""

    ratios: list[Ratio] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    """Name with its unit (`relay_events_per_second`) -> number, or a table of numbers."""

    def ratio(self, name: str, rounds: Sequence[float], direction: Goal, goal: float) -> None:
        self.ratios.append(Ratio(name, tuple(rounds), direction, goal))

    def figure(self, name: str, value: Any) -> None:
        self.figures[name] = value
