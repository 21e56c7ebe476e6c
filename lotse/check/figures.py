"""The press release's figures (domain.md section 6), folded from the topics by rules of their own."""

import calendar
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from contracts.events import casework, intake, referrals
from contracts.words import INTEGRATIONS, Currency, DepartureReason, Money, PlacementKind
from lotse.check.findings import Findings, Kind

FULL_TIME: Final = 30
"""Hours a week. Fewer are part-time."""


@dataclass(slots=True)
class Benefit:
    """In force on every day from `since` to the day before `ended_on`."""

    person: str
    since: date
    ended_on: date | None = None


@dataclass(slots=True)
class Placement:
    person: str
    start: date
    kind: PlacementKind
    employer: str | None
    hours: int
    confirmed: bool = False
    void: bool = False


@dataclass
class Case:
    person: str
    moves: list[tuple[date, bool]] = field(default_factory=list)


class Books:
    """One pass over intake's, casework's and referrals' events; figures are asked for at the end."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.payments = 0
        self._paid: set[int] = set()
        self._taken_back: set[int] = set()
        self._expenditure: Counter[tuple[str, str, str]] = Counter()
        self._benefits: dict[str, Benefit] = {}
        self._registered: dict[str, date] = {}
        self._void: set[str] = set()
        self._placements: dict[str, Placement] = {}
        self._cases: dict[str, Case] = {}
        self._open_case: dict[str, str] = {}
        self.canonical: Mapping[str, str] = {}

    def on_intake(self, event: intake.IntakePersonEvent, where: str) -> None:
        match event:
            case intake.ClientRegistered():
                known = self._registered.get(event.person_id, event.occurred_on)
                self._registered[event.person_id] = min(known, event.occurred_on)
                self._void.discard(event.person_id)  # registered again, under the same identity
            case intake.BenefitStarted():
                before = self._benefits.get(event.benefit_id)
                ended_on = before.ended_on if before else None
                self._benefits[event.benefit_id] = Benefit(event.person_id, event.occurred_on, ended_on)
            case intake.BenefitEnded():
                benefit = self._benefits.setdefault(event.benefit_id, Benefit(event.person_id, date.max))
                benefit.ended_on = event.occurred_on
            case intake.BenefitPaid():
                self._pay(event, where)
            case intake.PaymentReversed():
                self._take_back(event, where)
            case intake.ClientDeparted(reason=DepartureReason.VOID):
                self._void.add(event.person_id)
            case _:
                pass

    def _pay(self, event: intake.BenefitPaid, where: str) -> None:
        """A household's aid of one kind is paid once a month (I9)."""
        self.payments += 1
        mark = hash((event.household_id, event.kind, event.month))
        if mark in self._paid:
            self._findings.add(Kind.PAID_TWICE, where, f"a household's {event.kind} of {event.month} was paid before")
        self._paid.add(mark)
        self._expenditure[event.month, event.amount.currency.value, event.kind.value] += event.amount.minor

    def _take_back(self, event: intake.PaymentReversed, where: str) -> None:
        """A payment that was made in error counts in no month, and its month may be paid again."""
        mark, payment = hash((event.household_id, event.kind, event.month)), hash(event.payment_id)
        if mark not in self._paid or payment in self._taken_back:
            self._findings.add(Kind.PAID_TWICE, where, "a payment was taken back that was not made, or a second time")
        self._paid.discard(mark)
        self._taken_back.add(payment)
        self._expenditure[event.month, event.amount.currency.value, event.kind.value] -= event.amount.minor

    def on_casework(self, event: casework.CaseworkEvent, where: str) -> None:
        """At most one open case a person (C1)."""
        match event:
            case casework.CaseOpened() | casework.CaseReopened():
                other = self._open_case.get(event.person_id)
                if other is not None and other != event.case_id:
                    self._findings.add(Kind.CASES, where, f"{event.case_id} opened while {other} was open")
                self._open_case[event.person_id] = event.case_id
                self._case(event, is_open=True)
            case casework.CaseClosed():
                if self._open_case.get(event.person_id) == event.case_id:
                    del self._open_case[event.person_id]
                self._case(event, is_open=False)
            case _:
                pass

    def _case(self, event: casework.CaseOpened | casework.CaseReopened | casework.CaseClosed, *, is_open: bool) -> None:
        case = self._cases.setdefault(event.case_id, Case(event.person_id))
        case.moves.append((event.occurred_on, is_open))

    def on_referrals(self, event: referrals.ReferralsEvent) -> None:
        match event:
            case referrals.PlacementReported():
                placement = Placement(
                    event.person_id, event.occurred_on, event.kind, event.employer_id, event.hours_per_week
                )
                self._placements[event.placement_id] = placement
            case referrals.PlacementConfirmed() if known := self._placements.get(event.placement_id):
                known.confirmed, known.start = True, event.occurred_on
            case referrals.PlacementVoided() if known := self._placements.get(event.placement_id):
                known.void = True
            case _:
                pass

    def month(self, month: str, as_of: date) -> dict[str, Any]:
        """A month's figures as of a day: stock on its last day (or `as_of`), flows of the month."""
        day = min(last_day(month), as_of)
        jobs = self._jobs(month, day)
        paid: dict[str, dict[str, int]] = {}
        for (of_month, currency, kind), minor in sorted(self._expenditure.items()):
            if of_month == month and minor:
                paid.setdefault(currency, {})[kind] = minor
        return {
            "recipients": len(self._recipients(day)),
            "cases_open": self._open_on(day),
            "expenditure": paid,
            "expenditure_dem_minor": in_dem(paid),
            "placements": len(jobs),
            "integrations": len(self._integrated(month, day)),
        }

    @property
    def first_day(self) -> date | None:
        """Of the first registration that counts."""
        return min((on for p, on in self._registered.items() if p not in self._void), default=None)

    @property
    def case_count(self) -> int:
        return len(self._cases)

    def registered(self, day: date) -> int:
        """Persons ever registered up to a day."""
        return len({self._who(p) for p, on in self._registered.items() if on <= day and p not in self._void})

    def _who(self, person: str) -> str:
        return self.canonical.get(person, person)

    def _recipients(self, day: date) -> set[str]:
        return {
            self._who(b.person)
            for b in self._benefits.values()
            if b.since <= day and (b.ended_on is None or day < b.ended_on) and b.person not in self._void
        }

    def _open_on(self, day: date) -> int:
        """Persons with an open case: of a case's moves up to the day, the one told last holds."""
        found = set()
        for case in self._cases.values():
            told = [is_open for on, is_open in case.moves if on <= day]
            if told and told[-1] and case.person not in self._void:
                found.add(self._who(case.person))
        return len(found)

    def _begun(self, month: str, day: date) -> list[Placement]:
        """Confirmed placements that began in the month."""
        return [
            p
            for p in self._placements.values()
            if p.confirmed
            and not p.void
            and p.start <= day
            and f"{p.start:%Y-%m}" == month
            and p.person not in self._void
        ]

    def _jobs(self, month: str, day: date) -> set[tuple[str, date, PlacementKind, str | None]]:
        """The same job told by both agencies is one (8.13)."""
        return {(self._who(p.person), p.start, p.kind, p.employer) for p in self._begun(month, day)}

    def _integrated(self, month: str, day: date) -> set[str]:
        """Persons, once a month each (8.6); a part-time job beside continuing aid integrates nobody (8.7)."""
        jobs = [p for p in self._begun(month, day) if p.kind in INTEGRATIONS]
        if not jobs:
            return set()
        on_aid = self._recipients(last_day(_month_after(month)))
        return {who for p in jobs if (who := self._who(p.person)) not in on_aid or p.hours >= FULL_TIME}


def in_dem(paid: Mapping[str, Mapping[str, int]]) -> int:
    """Pfennig: summed per currency, each sum converted once."""
    sums = (Money(minor=sum(kinds.values()), currency=Currency(code)) for code, kinds in paid.items())
    return sum(money.to(Currency.DEM).minor for money in sums)


def _month_after(month: str) -> str:
    return f"{date.fromisoformat(f'{month}-28') + timedelta(days=4):%Y-%m}"


def last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def months_between(first: date, last: date) -> list[str]:
    """Every month from one day's to another's."""
    index, until = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(index, until + 1)]


def compare_figures(place: str, told: Mapping[str, Any], counted: Mapping[str, Any], findings: Findings) -> int:
    """Reporting's figures against our own. Returns how many were compared."""
    for name, ours in counted.items():
        theirs = told.get(name)
        if theirs != ours:
            findings.add(Kind.FIGURE, place, f"{name}: reporting says {theirs}, the topics give {ours}")
    return len(counted)
