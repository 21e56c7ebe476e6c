"""`calendar.day.v1`: business time is an event, so that deadlines are deterministic, replayable and testable."""

from typing import ClassVar

from contracts.event import Event


class DayStarted(Event):
    """A business day of the city has begun; `occurred_on` is that day. One partition, dense: its sequence is the date's
    proleptic ordinal, so a skipped day is a loss."""

    family: ClassVar[str] = "calendar"

    @property
    def subject(self) -> str:
        return "day"
