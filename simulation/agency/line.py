"""One message of a script: when it is said, under which name, and what befalls it on its way."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from contracts.event import Event
from simulation.agency.spoiling import Spoiling

IDS: Final = UUID("6f0f7a6c-5b0e-5c39-9d1f-2d6a4c1b8e10")


@dataclass(frozen=True, slots=True)
class Line:
    """`name` makes its id; a repeat keeps the name of what it repeats. `box`: the agency on whose topic it lands, if it
    is not the own one."""

    on: date
    name: str
    message: Event
    spoilt: Spoiling | None = None
    box: str | None = None


def message_id(seed: int, agency: str, subject: str, name: str) -> str:
    """The `ce_id` of a message: the same whenever the agency comes to say it."""
    return str(uuid5(IDS, f"{seed}/{agency}/{subject}/{name}"))
