"""Who an agency is, and what it knows of its city: the same for every referral."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.city import Deadlines
from contracts.words import PlacementKind, ServiceKind

Shares = Mapping[PlacementKind, float]


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """Compared by identity: a process has one. `outcomes`: kinds of placement by service, where they are not usual.

    `neighbour`: another agency of the city, into whose post something gets at times.
    """

    agency: str
    seed: int
    deadlines: Deadlines = field(default_factory=Deadlines)
    outcomes: Mapping[ServiceKind, Shares] = field(default_factory=dict)
    neighbour: str | None = None

    @property
    def city_days(self) -> tuple[int, ...]:
        """Days after the request on which the city's own timers fire: the agency keeps still, so that no figure is a
        race."""
        return (*self.deadlines.reminders, self.deadlines.expiry)
