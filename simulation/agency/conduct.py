"""What an agency means to do with an offer, from the first day to the last: a script that only the city can interrupt.

A pure function of (habits, offer): what the city answers in between never enters, so that an agency that was
killed and starts again says exactly the same, under the same message ids.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Final

from contracts.events import partners
from contracts.events.partners import ReferralOffered
from contracts.words import DeclinedBy, EndReason, RejectReason
from simulation.agency import hearsay, results
from simulation.agency.habits import Habits
from simulation.agency.line import Line
from simulation.agency.pen import Pen
from simulation.chance import weighted, whole
from simulation.workdays import DAY

FIRST_MOVES: Final = (
    ("silent", 0.05),
    ("received only", 0.06),
    ("reject", 0.22),
    ("accept", 0.60),
    ("accept late", 0.03),
    ("result at once", 0.03),
    ("result late", 0.02),
)
REFUSALS: Final = (
    (RejectReason.NO_CAPACITY, 0.22),
    (RejectReason.WAITLIST, 0.12),
    (RejectReason.NOT_ELIGIBLE, 0.18),
    (RejectReason.WRONG_SERVICE, 0.12),
    (RejectReason.INSUFFICIENT_DATA, 0.06),
    (RejectReason.CLIENT_DECLINED, 0.2),
    (RejectReason.UNREACHABLE, 0.1),
    (RejectReason.DUPLICATE, 0.03),
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
FAILS: Final = ((EndReason.NO_SUITABLE_JOB, 0.85), (EndReason.ILLNESS, 0.1), (EndReason.CLIENT_QUIT, 0.05))
ACCEPTED_AGAIN: Final = 0.04
NEVER_COMES: Final = 0.06
HELD: Final = 0.12
SILENT: Final = 0.1
"""In service: longer than the city waits before it asks."""
CONFUSED: Final = 0.15
"""Of services without a result: somebody takes back a result that was another client's."""


class Script:
    """Writes the lines of one referral."""

    def __init__(self, pen: Pen) -> None:
        self._pen, self._rules = pen, pen.habits.deadlines

    def lines(self) -> Iterator[Line]:
        pen = self._pen
        match weighted(FIRST_MOVES, pen.draw("first move")):
            case "received only":
                yield self._received()
            case "reject":
                yield from self._reject()
            case "accept":
                yield from self._accept()
            case "accept late":
                pen.on = pen.workday(pen.asked + timedelta(days=self._rules.expiry) + pen.days(1, 5, "late"))
                yield pen.line("accepted", partners.ReferralAccepted)
            case "result at once":
                yield from results.tell(pen, whole(2, 8, *pen.about, "at once"))
            case "result late":
                yield from results.tell(pen, self._rules.expiry + whole(2, 20, *pen.about, "late result"))
            case _:
                return

    def _reject(self) -> Iterator[Line]:
        pen = self._pen
        if pen.draw("received first") < 0.5:
            yield self._received()
        self._decide()
        reason = weighted(REFUSALS, pen.draw("refusal"))
        client = reason is RejectReason.CLIENT_DECLINED
        declined_by = DeclinedBy.CLIENT if client else DeclinedBy.PARTNER
        yield pen.line("rejected", partners.ReferralRejected, reason=reason, declined_by=declined_by)

    def _accept(self) -> Iterator[Line]:
        pen = self._pen
        if pen.draw("received first") < 0.8:
            yield self._received()
        self._decide()
        accepted = pen.line("accepted", partners.ReferralAccepted)
        yield accepted
        if pen.draw("accepted again") < ACCEPTED_AGAIN:
            pen.go(1, 1)
            yield Line(pen.on, accepted.name, accepted.message)
        pen.go(1, 9)
        if pen.draw("never comes") < NEVER_COMES:
            yield pen.line("discontinued", partners.ServiceDiscontinued, reason=EndReason.NO_SHOW)
            return
        yield pen.line("started", partners.ServiceStarted)
        if pen.draw("held") < HELD:
            pen.go(4, 15)
            yield pen.line("held", partners.ServiceHeld, review_on=pen.on + timedelta(days=28))
            pen.go(6, 20)
            yield pen.line("resumed", partners.ServiceResumed)
        yield from self._end()

    def _end(self) -> Iterator[Line]:
        pen, silence = self._pen, self._rules.silence
        silent = pen.draw("goes silent") < SILENT
        shortest, longest = (silence + 4, silence + 18) if silent else (6, max(6, silence - 3))
        match weighted(SERVICES_END, pen.draw("end")):
            case "result":
                yield from results.tell(pen, whole(shortest, longest, *pen.about, "service"))
            case "failed":
                pen.go(shortest, longest)
                if pen.draw("confused") < CONFUSED:
                    yield results.of_another(pen)
                reason = weighted(FAILS, pen.draw("fails"))
                yield pen.line("failed", partners.ServiceDiscontinued, reason=reason, without_result=True)
            case "discontinued":
                pen.go(shortest, longest)
                yield pen.line("discontinued", partners.ServiceDiscontinued, reason=weighted(BREAKS, pen.draw("break")))
            case _:
                pen.go(silence + 4, silence + 18)
                yield pen.line("interrupted", partners.ServiceHeld, review_on=pen.on + timedelta(days=28))
                pen.go(7, 21)
                yield pen.line("taken up again", partners.ServiceResumed)

    def _received(self) -> Line:
        pen = self._pen
        pen.on = pen.workday(pen.asked + pen.days(1, 2, "received"))
        return pen.line("received", partners.ReferralReceived)

    def _decide(self) -> None:
        """Before it expires, in a third of the cases only after a reminder."""
        pen, expiry = self._pen, self._rules.expiry
        first = min(self._rules.reminders, default=0) + 1
        reminded = pen.draw("reminded") < 0.33
        days = pen.days(*((first, max(first, expiry - 2)) if reminded else (1, 6)), "decides")
        latest = pen.asked + timedelta(days=expiry)
        wanted = max(pen.asked + days, pen.on)
        pen.on = pen.workday(wanted)
        while pen.on >= latest:  # the last working day that is nobody's deadline
            wanted -= DAY
            pen.on = pen.workday(wanted)


@lru_cache(maxsize=100_000)
def script(habits: Habits, offer: ReferralOffered) -> tuple[Line, ...]:
    """Every line, in the order of its day, before anything goes wrong with it."""
    return hearsay.interrupted(Pen(habits, offer), tuple(Script(Pen(habits, offer)).lines()))
