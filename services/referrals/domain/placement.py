"""One placement's own life (domain.md section 5), and whether it lasted (section 6)."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from contracts.words import INTEGRATIONS, ConfirmedBy, EndReason, PlacementKind, StatusQuestion, Sustainment

QUESTIONS: Final[dict[int, StatusQuestion]] = {6: StatusQuestion.MONTHS_6, 12: StatusQuestion.MONTHS_12}
"""Months after the start at which is asked whether the client is still insured."""
PATIENCE: Final = timedelta(days=30)
"""After this long without an answer the outcome is unknown, which is not failed."""


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of a month that is too short: 31 August + 6 is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    months: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The outcome told last; `revision` others were told before it."""

    months: int
    outcome: Sustainment
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Insurance:
    """The agency says whether the client was insured in this placement on a day."""

    on: date
    insured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A job or training. `ended_on` is the first day without it; a superseded one is voided, its successor counts."""

    placement_id: str
    referral_id: str
    agency: str
    message_id: str
    repeats: tuple[str, ...] = ()
    """Ids of messages that told the same again (8.3)."""
    kind: PlacementKind
    employer_id: str | None
    start: date
    hours_per_week: int
    credited: bool
    confirmed_by: ConfirmedBy | None = None
    ended_on: date | None = None
    end_reason: EndReason | None = None
    end_message_id: str | None = None
    voided: bool = False
    superseded_by: str | None = None
    asked: tuple[Asked, ...] = ()
    checked: tuple[Checked, ...] = ()
    insurance: tuple[Insurance, ...] = ()

    @property
    def state(self) -> str:
        if self.voided:
            return "voided"
        if self.ended_on is not None:
            return "ended"
        return "reported" if self.confirmed_by is None else "confirmed"

    @property
    def confirms_on(self) -> date | None:
        """When its start confirms it; None if it is confirmed, or ended before it began."""
        begins = self.ended_on is None or self.ended_on > self.start
        return self.start if begins and self.confirmed_by is None and not self.voided else None

    @property
    def counts(self) -> bool:
        """Whether figures count it."""
        return self.confirmed_by is not None and not self.voided

    def asked_on(self, months: int) -> date | None:
        return next((asked.on for asked in self.asked if asked.months == months), None)

    def open_checks(self) -> Iterator[tuple[int, date]]:
        """Months not yet checked of a placement that counts, each with its day."""
        if self.counts:
            done = {checked.months for checked in self.checked}
            yield from ((months, months_after(self.start, months)) for months in QUESTIONS if months not in done)

    def deadlines(self) -> Iterator[date]:
        if (start := self.confirms_on) is not None:
            yield start
        for months, day in self.open_checks():
            asked = self.asked_on(months)
            yield day if asked is None else asked + PATIENCE

    @property
    def lost_on(self) -> date | None:
        """The first day without it or, if no end is known, on which it was not insured and has not been since."""
        insured = max((said.on for said in self.insurance if said.insured), default=date.min)
        lost = (said.on for said in self.insurance if not said.insured and said.on > insured)
        return self.ended_on or min(lost, default=None)

    def covers(self, first: date, until: date) -> bool:
        """Whether it is insured work on some day from `first` to the day before `until`."""
        insured = self.counts and self.kind in INTEGRATIONS
        return insured and self.start < until and (self.lost_on is None or self.lost_on > first)

    def is_told_by(self, result_id: str) -> bool:
        """Whether this is the result that the agency calls so."""
        return result_id == self.message_id or result_id in self.repeats

    def is_same_job(self, other: "Placement") -> bool:
        """Whether the other is this job, told by another agency (8.13)."""
        return (self.employer_id, self.start) == (other.employer_id, other.start)


def sustainment(placement: Placement, others: Sequence[Placement], *, months: int) -> Sustainment | None:
    """Whether a placement lasted, as far as is known; None if the agency must be asked.

    12 months: insured on that day, with any employer. 6 months: insured in each of the months after the start (8.5).
    """
    lasted = _lasted(placement, months)
    if lasted is None:
        return None
    if lasted:
        return Sustainment.SUSTAINED
    if months == 12:
        day = months_after(placement.start, months)
        kept = any(other.covers(day, day + timedelta(days=1)) for other in others)
    else:
        own = [placement] if placement.ended_on is not None else []
        spans = [(months_after(placement.start, n), months_after(placement.start, n + 1)) for n in range(months)]
        kept = all(any(job.covers(*span) for job in (*own, *others)) for span in spans)
    return Sustainment.SUSTAINED if kept else Sustainment.FAILED


def _lasted(placement: Placement, months: int) -> bool | None:
    """Whether the placement itself lasted, in whatever order its facts came; None if nobody knows.

    Its end decides. Else whoever is insured in it on that day or later was so on that day; and "not insured" says so
    of the question before it only.
    """
    day = months_after(placement.start, months)
    if placement.ended_on is not None:
        return placement.ended_on > day
    if any(said.insured and said.on >= day for said in placement.insurance):
        return True
    later = (months_after(placement.start, other) for other in QUESTIONS if other > months)
    until = min(later, default=date.max)
    return False if any(day <= said.on < until for said in placement.insurance) else None
