"""A demonstration's parameters. The same play has the same figures, in whatever home and however often interrupted."""

import json
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final

_NAMESPACE: Final = uuid.UUID("3e0b7d5a-0f1d-5d0e-9b62-8f1f6a7f2b01")


def namespace_of(seed: int) -> uuid.UUID:
    """What a seed's ids are derived in: an invented city's clients need no secret."""
    return uuid.uuid5(_NAMESPACE, f"seed {seed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played."""

    city: str
    scale: float
    seed: int
    first: date
    until: date
    without: tuple[str, ...] = ()
    """Agencies that are not simulated: somebody else's program is awaited."""

    @property
    def namespace(self) -> uuid.UUID:
        return namespace_of(self.seed)

    @property
    def arguments(self) -> tuple[str, ...]:
        """For `python -m simulation.city`."""
        days = ("--from", self.first.isoformat(), "--until", self.until.isoformat())
        return ("--scale", f"{self.scale:g}", "--seed", str(self.seed), *days)

    @property
    def text(self) -> str:
        days = {"from": self.first.isoformat(), "until": self.until.isoformat()}
        played = {"city": self.city, "scale": self.scale, "seed": self.seed, "without": self.without}
        return json.dumps(played | days)
