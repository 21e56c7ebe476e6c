"""What the city remembers of an action and its answer: the only place where the town changes."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from contracts.words import Ability, BenefitEndReason
from simulation.city import actions
from simulation.city.actions import Action
from simulation.city.town import ClosedCase, Known, Town

Answer = Sequence[dict[str, Any]]
"""What the services answered to an action: one object for each of its lines or requests, empty where refused."""


def after(town: Town, action: Action, answer: Answer, day: date) -> None:
    """Fold one action with its answer."""
    match action:
        case actions.Arrive():
            _arrive(town, action, answer, day)
        case actions.Return():
            for one in _touched(town, action.persons, day):
                town.start(one)
            town.stay(town.known[action.persons[0]].household, day)
        case actions.EndAid() | actions.Depart():
            for one in _touched(town, action.persons, day):
                one.departed = isinstance(action, actions.Depart)
                one.for_work = action.reason == BenefitEndReason.WORK
                town.stop(one, day)
        case actions.Erase():
            (one,) = _touched(town, (action.person,), day)
            one.erased, one.merge_id, one.merged_on = True, None, None
        case actions.EndDouble():
            (one,) = _touched(town, (action.person,), day)
            one.departed = True
            town.stop(one, day)
        case actions.Move():
            for one in _touched(town, action.persons, day):
                one.district, one.moved = action.district, True
        case (
            actions.MergeTwin()
            | actions.MergeDouble()
            | actions.UndoMerge()
            | actions.RegisterTwin()
            | actions.VoidTwin()
        ):
            _twin(town, action, answer, day)
        case actions.Split() | actions.Rejoin() | actions.Adjust() | actions.CorrectAddress() | actions.CorrectBirth():
            _belonging(town, action, day)
        case actions.Employ():
            town.staff[action.staff] = action.office
        case actions.Transfer() | actions.Absent() | actions.Dismiss() | actions.Pay() | actions.PayAgain():
            pass
        case actions.LookAfter():
            town.known[action.person].touched_on = day
        case actions.Reverse():
            town.known[action.person].touched_on = day
        case (
            actions.Assess()
            | actions.Protect()
            | actions.ClearProtection()
            | actions.RevokeBasis()
            | actions.Consent()
            | actions.Volunteer()
            | actions.Reassess()
        ):
            _standing(town, action, answer, day)
        case _:
            _case(town, action, day)


Standing = (
    actions.Assess
    | actions.Protect
    | actions.ClearProtection
    | actions.RevokeBasis
    | actions.Consent
    | actions.Volunteer
    | actions.Reassess
)


def _standing(town: Town, action: Standing, answer: Answer, day: date) -> None:
    """Ability, protection and legal basis."""
    (one,) = _touched(town, (action.person,), day)
    match action:
        case actions.Assess():
            one.assessed, one.basis_id = True, _found(answer, "basis_id")
        case actions.Protect():
            one.protection_id = _found(answer, "protection_id")
            one.ill_since, one.ill_days = day + timedelta(days=action.after), action.days
        case actions.ClearProtection():
            one.protection_id = None
        case actions.RevokeBasis():
            one.basis_id, one.revoked_on = None, day
        case actions.Consent():
            one.basis_id, one.revoked_on = _found(answer, "basis_id"), None
        case actions.Volunteer():
            one.volunteer, one.ability, one.basis_id = True, Ability.ABLE, _found(answer, "basis_id")
        case actions.Reassess():
            one.ability = Ability(action.ability)
            one.unable_since = day if one.ability is Ability.UNABLE else None


def _twin(
    town: Town,
    action: actions.MergeTwin | actions.MergeDouble | actions.UndoMerge | actions.RegisterTwin | actions.VoidTwin,
    answer: Answer,
    day: date,
) -> None:
    (one,) = _touched(town, (action.person,), day)
    match action:
        case actions.RegisterTwin():
            twin = _found(answer, "person_id")
            one.twin_id, one.twin_since = None if twin == one.person_id else twin, day
            town.registered += 1
        case actions.MergeTwin():
            one.twin_id, one.merge_id, one.merged_on = None, _found(answer, "merge_id"), day
        case actions.MergeDouble():
            one.merge_id, one.merged_on = _found(answer, "merge_id"), day
            town.doubles.pop(action.second, None)
        case actions.VoidTwin():
            one.twin_id = None
        case actions.UndoMerge():
            one.merge_id = one.merged_on = None


def _belonging(
    town: Town,
    action: actions.Split | actions.Rejoin | actions.Adjust | actions.CorrectAddress | actions.CorrectBirth,
    day: date,
) -> None:
    (one,) = _touched(town, (action.person,), day)
    match action:
        case actions.Split():
            _settle(town, one, -one.person.number)
            one.district, one.moved, one.split_on = action.district, True, day
            town.stay(one.household, day)
        case actions.Rejoin():
            _settle(town, one, one.person.household)
            one.district, one.split_on = town.known[town.members[one.household][0]].district, None
        case actions.Adjust():
            changed = adjusted(one, action)
            town.monthly += changed - one.hlu if one.in_aid else 0
            one.hlu = changed
        case actions.CorrectAddress():
            one.district, one.moved = action.district, True
        case actions.CorrectBirth():
            one.corrected = True


def _settle(town: Town, one: Known, household: int) -> None:
    """From one household into another."""
    left = one.household
    town.members[left].remove(one.person.number)
    if not town.alive(left):
        town.stays.pop(left, None)
    town.members.setdefault(household, []).append(one.person.number)
    one.home = household


def adjusted(one: Known, action: actions.Adjust) -> int:
    """Pfennig a month."""
    return max(1, one.hlu * action.percent // 100)


def _case(town: Town, action: Action, day: date) -> None:
    match action:
        case actions.Agree():
            note = town.note(action.case)
            note.plan_on, note.version = day, action.version
        case actions.Refer():
            note = town.note(action.case)
            note.referred_on = day
            note.referrals += 1
        case actions.Withdraw() | actions.Void():
            town.note(action.case).withdrawn.add(action.referral)
        case actions.Settle() if action.referral:
            town.note(action.case).withdrawn.add(action.referral)
        case actions.Confirm():
            town.note(town.known[action.person].person_id).confirmed.add(action.placement)
        case actions.Close():
            reason = action.reason
            town.closed[action.case] = ClosedCase(action.person, action.manager, action.office, day, reason)
            town.note(action.case).closed = True
        case actions.Reopen():
            town.closed.pop(action.case, None)
        case _:
            pass


def _found(answer: Answer, name: str) -> str | None:
    return next((found[name] for found in answer if name in found), None)


def _touched(town: Town, persons: Sequence[int], day: date) -> Iterator[Known]:
    for number in persons:
        one = town.known[number]
        one.touched_on = day
        yield one


def _arrive(town: Town, action: actions.Arrive, answer: Answer, day: date) -> None:
    if not town.known:
        town.base_level, town.opened_on = action.level, day
    household = town.household(action, day)
    town.next_household = max(town.next_household, action.household + 1)
    for person, found in zip(household.people[: action.size], answer, strict=True):
        hlu, hbl = town.amounts(person, action.level)
        one = Known(person, found["person_id"], day, hlu, hbl, household.district, in_aid=False, touched_on=day)
        one.ability = person.ability
        town.known[person.number] = town.by_id[one.person_id] = one
        town.numbers.append(person.number)
        town.members.setdefault(action.household, []).append(person.number)
        town.start(one)
        town.registered += 1
        if action.again is not None:
            town.doubles[person.number] = action.again
    town.stay(action.household, day)
