"""What goes wrong between people and programs: an agency says something wrong, notices, and says it right.

A table of slips. At most one befalls a line, on the day of the line, so that nothing else of the script moves.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import uuid5

from contracts.events import partners
from contracts.events.partners import FromPartner
from simulation.agency.habits import Habits
from simulation.agency.line import IDS, Line
from simulation.agency.spoiling import Spoiling
from simulation.chance import fraction

RARE: Final = 0.004
"""Of lines: four in a thousand records of a partner are unusable for one of these reasons each (our own estimate)."""
FORGETFUL: Final = 0.03
"""Of lines that need a reason or a date of review: a field that people fill in by hand is left empty more often."""
LOSES_ITS_FILE: Final = 0.02
"""Of acceptances: the agency asks how the referral stands."""
WRONG_CLOCK: Final = timedelta(days=60)
WRONG_DECADE: Final = timedelta(days=3653)
REASONED: Final = (partners.ReferralRejected, partners.ServiceDiscontinued, partners.ServiceHeld)


@dataclass(frozen=True, slots=True)
class Slip:
    """`share` of the lines `of` these kinds. `make`: what is said in place of the line, the line itself included."""

    name: str
    share: float
    of: tuple[type[FromPartner], ...]
    make: "Callable[[Habits, Line, str], tuple[Line, ...]]"


def _first(line: Line, name: str, **wrong: object) -> tuple[Line, ...]:
    """The wrong message under an id of its own, then the right one."""
    return replace(line, name=name, message=line.message.model_copy(update=wrong)), line


def _without_reason(_: Habits, line: Line, name: str) -> tuple[Line, ...]:
    field = "review_on" if isinstance(line.message, partners.ServiceHeld) else "reason"
    return _first(line, name, **{field: None})


def _by_a_wrong_clock(_: Habits, line: Line, name: str) -> tuple[Line, ...]:
    return _first(line, name, occurred_on=line.on + WRONG_CLOCK)


def _in_another_decade(_: Habits, line: Line, name: str) -> tuple[Line, ...]:
    message = line.message
    if not isinstance(message, partners.PlacementResultReported):
        return (line,)
    return _first(line, name, start_date=message.start_date + WRONG_DECADE)


def _of_a_wrong_number(habits: Habits, line: Line, name: str) -> tuple[Line, ...]:
    number = uuid5(IDS, f"{habits.seed}/{line.message.subject}/{name}")
    return _first(line, name, referral_id=str(number))


def _out_of_turn(_: Habits, line: Line, name: str) -> tuple[Line, ...]:
    """Goes on with a service that has not begun."""
    resumed = partners.ServiceResumed(referral_id=line.message.subject, occurred_on=line.on)
    return replace(line, name=name, message=resumed), line


def _into_the_neighbours_box(habits: Habits, line: Line, name: str) -> tuple[Line, ...]:
    if habits.neighbour is None:
        return (line,)
    return replace(line, name=name, box=habits.neighbour), line


def _how_does_it_stand(_: Habits, line: Line, name: str) -> tuple[Line, ...]:
    asked = partners.ResyncRequested(referral_id=line.message.subject, occurred_on=line.on)
    return line, replace(line, name=name, message=asked)


def _spoilt(how: Spoiling) -> "Callable[[Habits, Line, str], tuple[Line, ...]]":
    def make(_: Habits, line: Line, name: str) -> tuple[Line, ...]:
        return replace(line, name=name, spoilt=how), line

    return make


def _with_a_newer_field(_: Habits, line: Line, __: str) -> tuple[Line, ...]:
    return (replace(line, spoilt=Spoiling.NEWER_FIELD),)


SLIPS: Final = (
    Slip("no reason", FORGETFUL, REASONED, _without_reason),
    Slip("wrong clock", RARE, (FromPartner,), _by_a_wrong_clock),
    Slip("wrong decade", FORGETFUL, (partners.PlacementResultReported,), _in_another_decade),
    Slip("wrong number", RARE, (FromPartner,), _of_a_wrong_number),
    Slip("out of turn", FORGETFUL / 2, (partners.ReferralReceived, partners.ReferralAccepted), _out_of_turn),
    Slip("neighbour's box", RARE, (FromPartner,), _into_the_neighbours_box),
    Slip("resync", LOSES_ITS_FILE, (partners.ReferralAccepted,), _how_does_it_stand),
    Slip("newer field", RARE, (FromPartner,), _with_a_newer_field),
    *(Slip(how.value, RARE, (FromPartner,), _spoilt(how)) for how in Spoiling if how is not Spoiling.NEWER_FIELD),
)


def among(habits: Habits, lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, with the slips that befall them."""
    for number, line in enumerate(lines):
        slip = _slip(habits, line, number)
        if slip is None:
            yield line
        else:
            yield from slip.make(habits, line, f"{line.name}, {slip.name}")


def _slip(habits: Habits, line: Line, number: int) -> Slip | None:
    left = fraction(habits.seed, habits.agency, line.message.subject, line.name, number, "slip")
    for slip in SLIPS:
        if isinstance(line.message, slip.of):
            left -= slip.share
            if left < 0:
                return slip
    return None
