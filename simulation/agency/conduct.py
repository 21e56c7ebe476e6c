"""What an agency means to do with an offer, from the first day to the last: a script that only the city can interrupt.

A pure function of (habits, offer): what the city answers in between never enters, so that an agency that was
killed and starts again says exactly the same, under the same message ids.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from contracts.event import Event
from contracts.events import partners
from contracts.events.partners import ReferralOffered
from contracts.words import DeclinedBy, EndReason, RejectReason
from simulation.agency.habits import Habits
from simulation.agency.outcome import Result, ending, result
from simulation.chance import fraction, weighted, whole
from simulation.workdays import DAY, months_after, next_workday

IDS: Final = UUID("6f0f7a6c-5b0e-5c39-9d1f-2d6a4c1b8e10")

FIRST_MOVES: Final = (
    ("silent", 0.05),
    ("received only", 0.06),
    ("reject", 0.22),
    ("accept", 0.61),
    ("accept late", 0.03),
    ("result at once", 0.03),
)
REFUSALS: Final = (
    (RejectReason.NO_CAPACITY, 0.22),
    (RejectReason.WAITLIST, 0.12),
    (RejectReason.NOT_ELIGIBLE, 0.18),
    (RejectReason.WRONG_SERVICE, 0.12),
    (RejectReason.INSUFFICIENT_DATA, 0.06),
    (RejectReason.CLIENT_DECLINED, 0.2),
    (RejectReason.UNREACHABLE, 0.1),
)
SERVICES_END: Final = (
    ("result", 0.45),
    ("failed", 0.22),
    ("discontinued", 0.18),
    ("goes on", 0.15),
)
BREAKS: Final = (
    (EndReason.NO_SHOW, 0.35),
    (EndReason.CLIENT_QUIT, 0.3),
    (EndReason.ILLNESS, 0.25),
    (EndReason.PROVIDER_ENDED, 0.1),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a script. `name` makes its id; a repeat keeps the name of what it repeats."""

    on: date
    name: str
    message: Event


class Script:
    """Writes the lines of one referral. `_on` is the day of the newest line."""

    def __init__(self, habits: Habits, offer: ReferralOffered) -> None:
        self._habits, self._offer = habits, offer
        self._seed, self._agency = habits.seed, habits.agency
        self._rules = habits.deadlines
        self._referral = offer.referral_id
        self._asked = offer.occurred_on
        self._on = offer.occurred_on

    def lines(self) -> Iterator[Line]:
        match weighted(FIRST_MOVES, self._draw("first move")):
            case "received only":
                yield self._received()
            case "reject":
                yield from self._reject()
            case "accept":
                yield from self._accept()
            case "accept late":
                self._on = self._workday(
                    self._asked + timedelta(days=self._rules.expiry + whole(1, 5, *self._about, "late"))
                )
                yield self._line("accepted", partners.ReferralAccepted)
            case "result at once":
                yield from self._result(whole(2, 8, *self._about, "at once"))
            case _:
                return

    def _reject(self) -> Iterator[Line]:
        if self._draw("received first") < 0.5:
            yield self._received()
        self._decide()
        reason = weighted(REFUSALS, self._draw("refusal"))
        client = reason is RejectReason.CLIENT_DECLINED
        declined_by = DeclinedBy.CLIENT if client else DeclinedBy.PARTNER
        yield self._line("rejected", partners.ReferralRejected, reason=reason, declined_by=declined_by)

    def _accept(self) -> Iterator[Line]:
        if self._draw("received first") < 0.8:
            yield self._received()
        self._decide()
        accepted = self._line("accepted", partners.ReferralAccepted)
        yield accepted
        if self._draw("accepted again") < 0.04:
            self._go(1, 1)
            yield Line(self._on, accepted.name, accepted.message)
        self._go(1, 9)
        if self._draw("never comes") < 0.06:
            yield self._line("discontinued", partners.ServiceDiscontinued, reason=EndReason.NO_SHOW)
            return
        yield self._line("started", partners.ServiceStarted)
        if self._draw("held") < 0.12:
            self._go(4, 15)
            review_on = self._on + timedelta(days=28)
            yield self._line("held", partners.ServiceHeld, review_on=review_on)
            self._go(6, 20)
            yield self._line("resumed", partners.ServiceResumed)
        yield from self._end()

    def _end(self) -> Iterator[Line]:
        silence = self._rules.silence
        silent = self._draw("goes silent") < 0.1
        shortest, longest = (silence + 4, silence + 18) if silent else (6, max(6, silence - 3))
        match weighted(SERVICES_END, self._draw("end")):
            case "result":
                yield from self._result(whole(shortest, longest, *self._about, "service"))
            case "failed":
                self._go(shortest, longest)
                reason = EndReason.NO_SUITABLE_JOB
                yield self._line("failed", partners.ServiceDiscontinued, reason=reason, without_result=True)
            case "discontinued":
                self._go(shortest, longest)
                reason = weighted(BREAKS, self._draw("break"))
                yield self._line("discontinued", partners.ServiceDiscontinued, reason=reason)
            case _:
                self._go(silence + 4, silence + 18)
                review_on = self._on + timedelta(days=28)
                yield self._line("interrupted", partners.ServiceHeld, review_on=review_on)
                self._go(7, 21)
                yield self._line("taken up again", partners.ServiceResumed)

    def _result(self, after: int) -> Iterator[Line]:
        before, on = self._on, self._free(self._on + timedelta(days=after))
        self._on = on
        hours = self._offer.profile.hours_per_week
        found = result(self._habits, self._referral, self._offer.service, on, hours)
        correction = self._draw("correction")
        early = self._workday(on - timedelta(days=2))
        if correction < 0.03 and before < early < on:
            yield self._correction(early, found)
        reported = self._line(
            "result",
            partners.PlacementResultReported,
            kind=found.kind,
            employer_id=found.employer_id,
            start_date=found.start_date,
            hours_per_week=found.hours_per_week,
        )
        yield reported
        yield from self._afterwards(reported, found, correction)

    def _afterwards(self, reported: Line, found: Result, correction: float) -> Iterator[Line]:
        repeated = self._draw("repeated")
        if repeated < 0.07:
            again = self._placed_day(self._on + DAY, found)
            name = reported.name if repeated < 0.04 else "result again"
            yield Line(again, name, reported.message.model_copy(update={"occurred_on": again}))
        if 0.03 <= correction < 0.09:
            on = self._placed_day(self._on + timedelta(days=whole(3, 12, *self._about, "corrected")), found)
            yield self._correction(on, found)
        elif correction >= 0.09 and self._draw("ends") < 0.15:
            end = max(found.start_date, self._on) + timedelta(days=whole(15, 110, *self._about, "lasts"))
            self._on = self._placed_day(end + timedelta(days=2), found)
            reason = ending(self._habits, self._referral)
            yield self._line(
                "placement ended",
                partners.PlacementEnded,
                result_id=self.message_id("result"),
                end_date=end,
                reason=reason,
            )

    def _correction(self, on: date, found: Result) -> Line:
        """Another number of hours; now and then the result is taken back."""
        result_id = self.message_id("result")
        if self._draw("void") < 0.2:
            message = partners.ResultCorrected(
                referral_id=self._referral, occurred_on=on, result_id=result_id, void=True
            )
        else:
            message = partners.ResultCorrected(
                referral_id=self._referral,
                occurred_on=on,
                result_id=result_id,
                kind=found.kind,
                employer_id=found.employer_id,
                start_date=found.start_date,
                hours_per_week=max(1, found.hours_per_week - 4),
            )
        return Line(on, "correction", message)

    def message_id(self, name: str) -> str:
        return message_id(self._seed, self._agency, self._referral, name)

    @property
    def _about(self) -> tuple[object, ...]:
        return (self._seed, self._agency, self._referral)

    def _draw(self, about: str) -> float:
        return fraction(*self._about, about)

    def _received(self) -> Line:
        self._on = self._workday(self._asked + timedelta(days=whole(1, 2, *self._about, "received")))
        return self._line("received", partners.ReferralReceived)

    def _decide(self) -> None:
        """Before it expires, in a third of the cases only after a reminder."""
        reminded = self._draw("reminded") < 0.33
        expiry, first = self._rules.expiry, min(self._rules.reminders, default=0) + 1
        days = whole(*((first, max(first, expiry - 2)) if reminded else (1, 6)), *self._about, "decides")
        latest = self._asked + timedelta(days=expiry)
        wanted = max(self._asked + timedelta(days=days), self._on)
        self._on = self._workday(wanted)
        while self._on >= latest:  # the last working day that is nobody's deadline
            wanted -= DAY
            self._on = self._workday(wanted)

    def _go(self, low: int, high: int) -> None:
        days = whole(low, high, *self._about, self._on.toordinal(), "go")
        self._on = self._free(self._on + timedelta(days=days))

    def _free(self, day: date) -> date:
        """A working day on which no timer of the referral fires: neither of its request nor of its silence."""
        day = self._workday(day)
        while (day - self._on).days % self._rules.silence == 0 and day != self._on:
            day = self._workday(day + DAY)
        return day

    def _workday(self, day: date) -> date:
        day = next_workday(day)
        while (day - self._asked).days in self._habits.city_days:
            day = next_workday(day + DAY)
        return day

    def _placed_day(self, day: date, found: Result) -> date:
        """A working day on which no timer of the placement fires."""
        checks = {months_after(found.start_date, months) for months in (0, 6, 12)}
        day = self._workday(day)
        while day in checks | {check + timedelta(days=self._rules.silence) for check in checks}:
            day = self._workday(day + DAY)
        return day

    def _line(self, name: str, model: type[partners.FromPartner], **fields: object) -> Line:
        body = {"referral_id": self._referral, "occurred_on": self._on, **fields}
        return Line(self._on, name, model.model_validate(body))


def message_id(seed: int, agency: str, subject: str, name: str) -> str:
    """The `ce_id` of a message: the same whenever the agency comes to say it."""
    return str(uuid5(IDS, f"{seed}/{agency}/{subject}/{name}"))
