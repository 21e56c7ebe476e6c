"""What the case managers do on a working day with the cases that casework shows them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from contracts.city import City, OfficeKind
from contracts.words import INTEGRATIONS, Ability, ServiceKind, WithdrawReason
from simulation.chance import fraction, pick, weighted, whole
from simulation.city import errands
from simulation.city.actions import Agree, Case, Confirm, Employ, Refer, Withdraw
from simulation.city.seen import Seen, SeenCase
from simulation.city.town import CaseNote, Known, Town
from simulation.facts import Scene
from simulation.workdays import next_workday

OPEN: Final = frozenset({"draft", "requested", "received", "accepted", "in_service", "on_hold"})
MOST_REFERRALS: Final = 6
MISTAKEN: Final = 0.2
"""Of offers taken back because the plan changed: it was the wrong agency."""


def staff(scene: Scene, seed: int, day: date) -> Iterator[Employ]:
    """Who begins on `day`."""
    at_once, trained = scene.facts.staffing.at_once, scene.facts.staffing.trained
    for office in scene.city.offices:
        if office.kind is not OfficeKind.SOZIALZENTRUM:
            continue
        if day == scene.reorganised_on:
            yield from (Employ(f"{office.id}.fm{number}", office.id) for number in range(1, at_once + 1))
        for number, one in enumerate(trained, at_once + 1):
            days = whole(0, one.within_days, seed, office.id, number, "trained")
            if day == next_workday(one.since + timedelta(days=days)):
                yield Employ(f"{office.id}.fm{number}", office.id)


def found_work(town: Town, cases: Sequence[SeenCase], day: date) -> Iterator[int]:
    """Persons who no longer need aid: most of those whose integration has begun, within a week."""
    for case in cases:
        one = town.by_id.get(case.person_id)
        if one is None or not one.in_aid:
            continue
        for placement in case.placements:
            if placement.works(day) and placement.kind in INTEGRATIONS:
                about = (town.seed, placement.placement_id)
                ends_on = placement.start + timedelta(days=whole(0, 7, *about, "tells"))
                if ends_on <= day and fraction(*about, "leaves aid") < 0.85:
                    yield one.person.number
                    break


def work(town: Town, city: City, seen: Seen, day: date) -> Iterator[Case]:
    """At most one thing a case and day. Nothing for persons of whom intake is told something today."""
    settled = {one.case: one for one in errands.settlements(town, seen, day)}
    suggested = frozenset(one.referral_id for one in seen.suggestions if one.referral_id)
    for case in sorted(seen.cases, key=lambda one: one.case_id):
        one = town.by_id.get(case.person_id)
        if one is None or case.case_manager is None or case.assigned_on is None or case.protected:
            continue
        if one.touched_on == day or not one.in_aid:
            continue
        action = settled.get(case.case_id) or _next(town, city, case, one, day, suggested)
        if action is not None:
            yield action


def _next(town: Town, city: City, case: SeenCase, one: Known, day: date, suggested: frozenset[str]) -> Case | None:
    """`suggested`: referrals of which casework asks whether they shall be withdrawn."""
    note = town.notes.get(case.case_id, CaseNote())
    manager, office, number = case.case_manager or "", case.office, one.person.number
    if not case.plan_version:
        return Agree(number, case.case_id, manager, office, 1) if _agrees(town, case, day) else None
    urgent = _withdrawal(town, case, note, one, day, suggested) or _confirmation(town, case, one, day)
    if action := urgent or errands.error(town, case, note, one, day) or errands.closing(town, case, note, one, day):
        return action
    if note.plan_on and day >= note.plan_on + timedelta(days=whole(110, 165, town.seed, number, "review")):
        return Agree(number, case.case_id, manager, office, note.version + 1)
    return _referral(town, city, case, note, one, day)


def _agrees(town: Town, case: SeenCase, day: date) -> bool:
    """Some days after the first talk; a few take long."""
    about = (town.seed, case.case_id, "agrees")
    days = whole(30, 60, *about) if fraction(*about, "long") < 0.06 else whole(2, 14, *about)
    return day >= (case.assigned_on or day) + timedelta(days=days)


def _withdrawal(
    town: Town, case: SeenCase, note: CaseNote, one: Known, day: date, suggested: frozenset[str]
) -> Withdraw | None:
    """Where the plan changes or another agency found a job first."""
    integrated = any(p.works(day) and p.kind in INTEGRATIONS for p in case.placements)
    for referral in case.referrals:
        if referral.state not in OPEN or referral.referral_id in note.withdrawn or referral.requested_on is None:
            continue
        about = (town.seed, referral.referral_id)
        changes = fraction(*about, "plan changes") < 0.06
        due = referral.requested_on + timedelta(days=whole(1, 16, *about, "withdrawn")) <= day
        if (integrated and referral.referral_id not in suggested) or (changes and due):
            mistaken = fraction(*about, "mistaken") < MISTAKEN
            changed = WithdrawReason.ERROR if mistaken else WithdrawReason.PLAN_CHANGED
            reason = WithdrawReason.PLACED_ELSEWHERE if integrated else changed
            manager = case.case_manager or ""
            return Withdraw(one.person.number, case.case_id, manager, case.office, referral.referral_id, reason)
    return None


def _confirmation(town: Town, case: SeenCase, one: Known, day: date) -> Confirm | None:
    done = town.notes.get(one.person_id, CaseNote()).confirmed
    for placement in case.placements:
        early = not placement.confirmed and placement.start > day and placement.placement_id not in done
        if early and fraction(town.seed, placement.placement_id, "shows contract") < 0.4:
            return Confirm(one.person.number, case.case_manager or "", case.office, placement.placement_id)
    return None


def _referral(town: Town, city: City, case: SeenCase, note: CaseNote, one: Known, day: date) -> Refer | None:
    """To one agency, sometimes soon to the other one too; after a referral that came to nothing, another."""
    open_at = {referral.agency for referral in case.referrals if referral.state in OPEN}
    working = any(p.works(day) or p.start > day for p in case.placements if p.ended_on is None)
    if note.plan_on is None or note.referrals >= MOST_REFERRALS or working:
        return None
    if one.basis_id is None and note.referrals:
        return None  # the one attempt without consent was refused
    about = (town.seed, case.case_id, note.referrals)
    pause = whole(1, 6, *about, "pause") if not note.referrals else whole(3, 18, *about, "pause")
    if day < (note.referred_on or note.plan_on) + timedelta(days=pause):
        return None
    if open_at and fraction(*about, "both") >= 0.3:
        return None
    agencies = [agency for agency in city.agencies if agency.id not in open_at]
    if not agencies:
        return None
    agency = pick(agencies, *about, "agency")
    service = _service(one, agency.services, about)
    earlier = [r.referral_id for r in case.referrals if r.agency == agency.id and r.state not in OPEN]
    return Refer(
        one.person.number, case.case_id, case.case_manager or "", case.office, agency.id, service,
        max(earlier, default=None),
    )  # fmt: skip


def _service(one: Known, offered: Sequence[ServiceKind], about: tuple[object, ...]) -> ServiceKind:
    untrained = one.ability is Ability.NEEDS_QUALIFICATION
    young = (one.comes - one.person.birth_date).days < 27 * 365
    weights = {
        ServiceKind.JOB_PLACEMENT: 0.25 if untrained else 0.8,
        ServiceKind.QUALIFICATION: 0.45 if untrained else 0.08,
        ServiceKind.VOCATIONAL_TRAINING: 0.4 if young else 0.03,
        ServiceKind.JOB_SCHEME: 0.35 if untrained else 0.12,
    }
    return weighted([(service, weights[service]) for service in offered], fraction(*about, "service"))
