"""Which agencies are away: behind in their mail, without anybody in their consumer group, and without progress.

An agency need not join its group: one that assigns its partitions itself has no members, and is there if it commits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

GRACE_SECONDS: Final = 10.0
"""An agency that is restarted within this time fails no day."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the broker says of a consumer group: its members now, and the offsets that it has committed."""

    members: int
    offsets: Mapping[str, int]


@dataclass
class Absence:
    """Fed with every look at those who are behind, by one clock that only goes forward, in seconds."""

    _still: dict[str, tuple[Mapping[str, int], float]] = field(default_factory=dict)

    def away(self, behind: Mapping[str, Seen], now: float) -> list[str]:
        """Who was behind, without members and at the same offsets, at every look for `GRACE_SECONDS`."""
        still = {}
        for agency, seen in behind.items():
            offsets, since = self._still.get(agency, (seen.offsets, now))
            if not seen.members:
                still[agency] = seen.offsets, since if offsets == seen.offsets else now
        self._still = still
        return [agency for agency, (_, since) in still.items() if now - since >= GRACE_SECONDS]


def remedy(away: list[str]) -> str:
    """For people: who is missing, and what to do."""
    who = ", ".join(away)
    verb = "does" if len(away) == 1 else "do"
    return (
        f"{who} {verb} not read what the city sent: for {GRACE_SECONDS:.0f} s nobody was in the consumer group and "
        "nothing was committed. Start the agency, or remove it from the configuration, and ask for the day again"
    )
