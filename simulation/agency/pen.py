"""What writes the lines of one referral: its chance, its calendar, and `on`, the day of the newest line."""

from datetime import date, timedelta

from contracts.events import partners
from contracts.events.partners import ReferralOffered
from simulation.agency.habits import Habits
from simulation.agency.line import Line, message_id
from simulation.chance import fraction, whole
from simulation.workdays import DAY, months_after, next_workday


class Pen:
    def __init__(self, habits: Habits, offer: ReferralOffered) -> None:
        self.habits, self.offer = habits, offer
        self.asked = self.on = offer.occurred_on
        self.about: tuple[object, ...] = (habits.seed, habits.agency, offer.referral_id)

    def draw(self, about: str) -> float:
        return fraction(*self.about, about)

    def days(self, low: int, high: int, about: str) -> timedelta:
        return timedelta(days=whole(low, high, *self.about, about))

    def line(self, name: str, model: type[partners.FromPartner], **fields: object) -> Line:
        body = {"referral_id": self.offer.referral_id, "occurred_on": self.on, **fields}
        return Line(self.on, name, model.model_validate(body))

    def message_id(self, name: str) -> str:
        return message_id(self.habits.seed, self.habits.agency, self.offer.referral_id, name)

    def go(self, low: int, high: int) -> None:
        """On to a day between so many from now."""
        days = whole(low, high, *self.about, self.on.toordinal(), "go")
        self.on = self.free(self.on + timedelta(days=days))

    def free(self, day: date) -> date:
        """A working day on which no timer of the referral fires: neither of its request nor of its silence."""
        day = self.workday(day)
        while (day - self.on).days % self.habits.deadlines.silence == 0 and day != self.on:
            day = self.workday(day + DAY)
        return day

    def workday(self, day: date) -> date:
        day = next_workday(day)
        while (day - self.asked).days in self.habits.city_days:
            day = next_workday(day + DAY)
        return day

    def placed_day(self, day: date, start: date) -> date:
        """A working day on which no timer of a placement that begins on `start` fires."""
        checks = {months_after(start, months) for months in (0, 6, 12)}
        day = self.workday(day)
        while day in checks | {check + timedelta(days=self.habits.deadlines.silence) for check in checks}:
            day = self.workday(day + DAY)
        return day
