"""One business day of an agency: which messages leave, as a pure function of its files and the day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from contracts.event import Event
from contracts.events import partners
from contracts.events.partners import ReferralOffered
from contracts.words import ServiceKind, StatusQuestion
from simulation.agency import slips
from simulation.agency.conduct import script
from simulation.agency.file import File, Files
from simulation.agency.habits import Habits
from simulation.agency.line import Line, message_id
from simulation.agency.spoiling import Spoiling
from simulation.chance import fraction, whole
from simulation.workdays import DAY, is_first_of_month, next_workday, works

MONDAY: Final = 0
STOCKTAKING: Final = (6, 12)
"""Months in which an agency asks how all its referrals stand (our own estimate)."""
CROSSED_DAYS: Final = 3
"""A withdrawal is noticed at once by half of the clerks, after three days by the others: their mail crosses it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message under its id. `box`: the agency on whose topic it lands, if it is not the own one."""

    id: str
    message: Event
    spoilt: Spoiling | None = None
    box: str | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    habits: Habits
    services: tuple[ServiceKind, ...]

    @property
    def id(self) -> str:
        return self.habits.agency

    @property
    def seed(self) -> int:
        return self.habits.seed

    def day(self, files: Files, day: date) -> Iterator[Said]:
        """What it says on `day`. It rests on weekends, and knows what the city said up to the day before."""
        if not works(day):
            return
        if is_first_of_month(day):
            yield from self._capacity(day)
            if day.month in STOCKTAKING:
                yield self._stocktaking(day)
        for referral, file, offer in files.offered():
            if offer.occurred_on >= day:
                continue
            for line in self._lines(file, offer, day):
                yield Said(message_id(self.seed, self.id, referral, line.name), line.message, line.spoilt, line.box)

    def _lines(self, file: File, offer: ReferralOffered, day: date) -> Iterable[Line]:
        for line in spoken(self.habits, offer):
            if line.on == day and not self._stopped(file, line):
                yield line
        yield from self._status(file, offer, day)
        if file.erase_on is not None and day.weekday() == MONDAY and _monday_after(file.erase_on) == day:
            message = partners.EraseConfirmed(referral_id=offer.referral_id, occurred_on=day)
            yield Line(day, "erased", message)

    def _stopped(self, file: File, line: Line) -> bool:
        """A withdrawal ends everything but mail that crosses it, and now and then a job that had come about."""
        if file.withdrawn_on is None or line.on <= file.withdrawn_on:
            return False
        drawn = fraction(self.seed, self.id, line.message.subject, "stops")
        if isinstance(line.message, partners.PlacementResultReported) and drawn < 0.3:
            return False
        return drawn >= 0.5 or line.on > file.withdrawn_on + timedelta(days=CROSSED_DAYS)

    def _status(self, file: File, offer: ReferralOffered, day: date) -> Iterator[Line]:
        """Six or twelve months after a start; one query in seven is never answered."""
        for asked_on, query in file.queries:
            if query.question is StatusQuestion.SILENCE or query.result_id is None:
                continue
            about = (self.seed, self.id, offer.referral_id, query.question)
            answer_on = next_workday(asked_on + timedelta(days=whole(2, 9, *about, "answers")))
            if answer_on == day and fraction(*about, "answered") < 0.86:
                insured = fraction(*about, "insured") < 0.8
                message = partners.PlacementStatusReported(
                    referral_id=offer.referral_id, occurred_on=asked_on, result_id=query.result_id, insured=insured
                )
                yield Line(day, f"status {query.question}", message)

    def _capacity(self, day: date) -> Iterator[Said]:
        for service in self.services:
            places = whole(0, 60, self.seed, self.id, service, day)
            message = partners.CapacityAnnounced(occurred_on=day, service=service, places=places)
            yield Said(message_id(self.seed, self.id, service, f"capacity {day}"), message)

    def _stocktaking(self, day: date) -> Said:
        """It compares its list with the city's."""
        message = partners.AgencyResyncRequested(occurred_on=day, agency=self.id)
        return Said(message_id(self.seed, self.id, self.id, f"stocktaking {day}"), message)


@lru_cache(maxsize=100_000)
def spoken(habits: Habits, offer: ReferralOffered) -> tuple[Line, ...]:
    """The script as it comes out."""
    return tuple(slips.among(habits, script(habits, offer)))


def _monday_after(told_on: date) -> date:
    """Erasures are worked off once a week: what was asked for up to Saturday, on the second day after.

    The city may date its request on the day of the agency's own message or on the day before. Both are in the same week
    from Sunday to Saturday, since agencies write on working days only.
    """
    saturday = told_on + DAY * ((5 - told_on.weekday()) % 7)
    return saturday + DAY * 2
