"""What intake says of a person, and the day from which it forbids an offer. A merged person has several records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.words import DepartureReason, RefusalCode, WithdrawReason

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    merge_id: str
    survivor_id: str
    loser_id: str
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Both days inclusive. Its class stays in intake: nothing here depends on why."""

    protection_id: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A legal basis for disclosure to `agency` (None: any), both days inclusive."""

    basis_id: str
    agency: str | None
    valid_from: date
    valid_until: date | None

    def covers(self, agency: str, day: date) -> bool:
        return (
            self.agency in {None, agency}
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """`ended_on`: the first day on which it is no longer in force."""

    benefit_id: str
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """The fold of `intake.person.v1`; `sequence` is its newest record."""

    sequence: int = 0
    merges: tuple[Merge, ...] = ()
    protections: tuple[Protection, ...] = ()
    bases: tuple[Basis, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    departed_on: date | None = None
    departure: DepartureReason | None = None

    @property
    def merged(self) -> bool:
        """Whether other records are the same person: what they say counts here too."""
        return any(not merge.ended for merge in self.merges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """From `on`, no offer may leave and an open referral is withdrawn; the reasons stay in the city."""

    on: date
    withdraw: WithdrawReason
    refuse: RefusalCode


def first_stop(person: Sequence[Circumstances], agency: str, *, since: date) -> Stop | None:
    """The first day, not before `since`, on which the person may not be with the agency; None if there is none.

    What is learned late counts from its own day: a backdated protection reaches back into an open referral (8.11).
    """
    stops = [*_protections(person, since), *_departures(person), *_aid(person), *_bases(person, agency, since)]
    first = min(stops, key=lambda stop: max(stop.on, since), default=None)
    return first and Stop(on=max(first.on, since), withdraw=first.withdraw, refuse=first.refuse)


def has_basis(person: Sequence[Circumstances], agency: str, day: date) -> bool:
    return any(basis.covers(agency, day) for one in person for basis in one.bases)


def _protections(person: Sequence[Circumstances], since: date) -> Iterator[Stop]:
    for protection in (found for one in person for found in one.protections):
        begins, ends = max(protection.valid_from, since), protection.valid_until
        if ends is None or begins <= ends:
            yield Stop(on=begins, withdraw=WithdrawReason.PROTECTED, refuse=RefusalCode.PROTECTED)


def _departures(person: Sequence[Circumstances]) -> Iterator[Stop]:
    """A death ends everything; else a person is gone when all their records are."""
    gone = [(one.departed_on, one.departure) for one in person if one.departed_on and one.departure]
    deaths = [day for day, reason in gone if reason is DepartureReason.DEATH]
    if deaths:
        yield Stop(on=min(deaths), withdraw=WithdrawReason.AID_ENDED, refuse=RefusalCode.DEPARTED)
    elif gone and len(gone) == len(person):
        day, reason = max(gone)
        left = reason is DepartureReason.LEFT_CITY
        withdraw = WithdrawReason.MOVED_AWAY if left else WithdrawReason.ERROR
        yield Stop(on=day, withdraw=withdraw, refuse=RefusalCode.DEPARTED)


def _aid(person: Sequence[Circumstances]) -> Iterator[Stop]:
    """Aid has ended when every benefit has; of someone without any record of benefits it is not known."""
    ends = [benefit.ended_on for one in person for benefit in one.benefits]
    known = [day for day in ends if day is not None]
    if known and len(known) == len(ends):
        yield Stop(on=max(known), withdraw=WithdrawReason.AID_ENDED, refuse=RefusalCode.WITHDRAWN)


def _bases(person: Sequence[Circumstances], agency: str, since: date) -> Iterator[Stop]:
    """The first day that no basis covers."""
    day = since
    while covering := [b.valid_until for one in person for b in one.bases if b.covers(agency, day)]:
        ends = [until for until in covering if until is not None]
        if len(ends) < len(covering) or max(ends) == date.max:
            return
        day = max(ends) + ONE_DAY
    yield Stop(on=day, withdraw=WithdrawReason.BASIS_REVOKED, refuse=RefusalCode.NO_BASIS)
