"""What people and clerks do now and then, as a table: how often, who may, and what is then told to intake.

Each working day some persons are drawn from all; whom a habit may befall, it does. So a rate is a share of whoever may,
a month, and a day costs what happens on it, however large the city is. All rates are our own estimates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from contracts.words import Ability, BenefitKind, Department, ProtectionClass
from simulation.chance import fraction, pick, whole
from simulation.city import actions
from simulation.city.actions import First, Line
from simulation.city.people import Role
from simulation.city.seen import SeenFile
from simulation.city.town import Known, Town

WORKDAYS_A_MONTH: Final = 21


@dataclass(frozen=True, slots=True)
class Habit:
    """`monthly`: share of those who `may`. `does` is given a file only if `reads` names whose."""

    name: str
    monthly: float
    may: Callable[[Town, Known, date], bool]
    does: Callable[[Town, Known, date, SeenFile | None], Iterator[Line | First]]
    reads: Callable[[Town, Known], int | None] = lambda _, __: None
    payments: bool = False


def chosen(town: Town, day: date) -> Iterator[tuple[Habit, Known]]:
    """Whom what befalls on a working day; the same whenever it is asked."""
    for habit in HABITS:
        draws = len(town.numbers) * habit.monthly / WORKDAYS_A_MONTH
        for turn in range(int(draws + fraction(town.seed, day, habit.name))):
            one = town.known[pick(town.numbers, town.seed, day, habit.name, turn)]
            if habit.may(town, one, day):
                yield habit, one


def _own(_: Town, one: Known) -> int:
    return one.person.number


def _since(day: date, then: date | None, days: int) -> bool:
    """Whether so many days have passed since then."""
    return then is not None and then + timedelta(days=days) <= day


def _volunteers(_: Town, one: Known, day: date, file: SeenFile | None) -> Iterator[Line]:
    open_ones = [p for p in file.protections if p.cleared_on is None] if file else []
    if open_ones and (open_ones[0].valid_until is None or open_ones[0].valid_until > day):
        yield actions.Volunteer(one.person.number, open_ones[0].protection_id)


def _falls_out(_: Town, one: Known, __: date, ___: SeenFile | None) -> Iterator[Line]:
    yield actions.Reassess(one.person.number, Ability.UNABLE)


def _recovers(_: Town, one: Known, __: date, ___: SeenFile | None) -> Iterator[Line]:
    yield actions.Reassess(one.person.number, one.person.ability or Ability.ABLE)


def _consents(town: Town, one: Known, day: date, _: SeenFile | None) -> Iterator[Line]:
    """Half of them to one agency only."""
    about = (town.seed, one.person.number, day, "consents to")
    agency = pick(town.agencies, *about, "which") if fraction(*about) < 0.5 else None
    yield actions.Consent(one.person.number, agency)


def _is_corrected(_: Town, one: Known, __: date, ___: SeenFile | None) -> Iterator[Line]:
    yield actions.CorrectBirth(one.person.number)


def _never_lived_there(town: Town, one: Known, day: date, _: SeenFile | None) -> Iterator[Line]:
    district = town.new_district(one.person.number, day)
    if district != one.district:
        yield actions.CorrectAddress(one.person.number, district)


def _is_looked_after(town: Town, one: Known, _: date, __: SeenFile | None) -> Iterator[Line]:
    more = Department.YOUNG_PEOPLE if town.has_children(one) else Department.ADULTS
    yield actions.LookAfter(one.person.number, (Department.ECONOMIC_ASSISTANCE, more))


def _pays_other_rent(town: Town, one: Known, day: date, file: SeenFile | None) -> Iterator[Line]:
    for benefit in file.benefits if file else ():
        if benefit.ended_on is None and benefit.kind is BenefitKind.HLU:
            percent = whole(88, 112, town.seed, one.person.number, day, "rent")
            yield actions.Adjust(one.person.number, benefit.benefit_id, benefit.kind, percent)
            return


def _moves_out(town: Town, one: Known, day: date, _: SeenFile | None) -> Iterator[Line]:
    yield actions.Split(one.person.number, town.new_district(one.person.number, day))


def _comes_back(_: Town, one: Known, __: date, file: SeenFile | None) -> Iterator[Line]:
    """`file`: of the head of the household that was left."""
    if file and file.household_id:
        yield actions.Rejoin(one.person.number, file.household_id)


def _is_registered_twice(_: Town, one: Known, __: date, ___: SeenFile | None) -> Iterator[Line]:
    yield actions.RegisterTwin(one.person.number)


def _is_unmerged(_: Town, one: Known, __: date, ___: SeenFile | None) -> Iterator[First]:
    if one.merge_id:
        yield actions.UndoMerge(one.person.number, one.merge_id)


def _is_paid_wrongly(town: Town, one: Known, day: date, file: SeenFile | None) -> Iterator[First]:
    """The newest payment went astray and is paid again; or an old one should never have been."""
    paid = [payment for payment in file.payments if payment.reversed_on is None] if file else []
    if not paid or file is None or file.household_id is None:
        return
    astray = fraction(town.seed, one.person.number, day, "astray") < 0.6
    payment = max(paid, key=lambda p: (p.month, p.payment_id)) if astray else min(paid, key=lambda p: p.month)
    yield actions.Reverse(one.person.number, payment.payment_id)
    if astray:
        yield actions.PayAgain(file.household_id, payment.month)


def _in_aid(one: Known) -> bool:
    return one.in_aid and not one.departed


def _may_volunteer(_: Town, one: Known, __: date) -> bool:
    young = one.person.protection is ProtectionClass.CHILD_UNDER_3
    return _in_aid(one) and one.assessed and young and not one.volunteer


def _may_move_out(town: Town, one: Known, _: date) -> bool:
    grown_up = one.person.role is Role.ADULT and not one.person.head
    return _in_aid(one) and grown_up and one.split_on is None and len(town.alive(one.household)) > 1


def _home(town: Town, one: Known) -> int | None:
    """The head of the household that somebody left, if aid still goes there."""
    head = town.members[one.person.household][0]
    return head if town.known[head].in_aid else None


HABITS: Final = (
    Habit("volunteers", 0.05, _may_volunteer, _volunteers, reads=_own),
    Habit("falls out", 0.012, lambda _, one, __: _in_aid(one) and one.assessed and one.healthy, _falls_out),
    Habit("recovers", 0.4, lambda _, one, day: _in_aid(one) and _since(day, one.unable_since, 45), _recovers),
    Habit("consents", 0.4, lambda _, one, day: _in_aid(one) and _since(day, one.revoked_on, 30), _consents),
    Habit("is corrected", 0.12, lambda town, one, _: not one.departed and town.mistyped(one), _is_corrected),
    Habit(
        "never lived there", 0.004,
        lambda town, one, _: _in_aid(one) and one.person.head and not one.moved and len(town.alive(one.household)) == 1,
        _never_lived_there,
    ),
    Habit("is looked after", 0.004, lambda _, one, __: _in_aid(one) and one.healthy, _is_looked_after),
    Habit("pays other rent", 0.006, lambda _, one, __: _in_aid(one) and one.person.head, _pays_other_rent, reads=_own),
    Habit("moves out", 0.02, _may_move_out, _moves_out),
    Habit(
        "comes back", 0.15,
        lambda town, one, day: _in_aid(one) and _since(day, one.split_on, 60) and _home(town, one) is not None,
        _comes_back, reads=_home,
    ),
    Habit(
        "is registered twice", 0.004,
        lambda _, one, __: _in_aid(one) and one.person.head and one.assessed and not one.moved and not one.twin_since,
        _is_registered_twice,
    ),
    Habit("is unmerged", 0.12, lambda _, one, day: _since(day, one.merged_on, 5), _is_unmerged),
    Habit(
        "is paid wrongly", 0.006, lambda _, one, __: _in_aid(one) and one.person.head, _is_paid_wrongly,
        reads=_own, payments=True,
    ),
)  # fmt: skip
