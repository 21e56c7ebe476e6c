"""What case managers do besides plans and referrals: work items, suggestions, errors, cases closed and reopened."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from contracts.city import City
from contracts.words import INTEGRATIONS, CaseClosedReason, ReopenReason
from simulation.chance import fraction, whole
from simulation.city.actions import Absent, Case, Close, Dismiss, Erase, Reopen, Resolve, Settle, Void
from simulation.city.seen import Seen, SeenCase
from simulation.city.town import CaseNote, Known, Town
from simulation.workdays import next_workday

IN_ERROR: Final = 0.025
"""Of referrals: entered for the wrong client or agency, and found out within a month."""
TWICE: Final = 0.4
"""Of those: two colleagues find out in the same hour."""
CASE_IN_ERROR: Final = 0.02
"""Of cases: closed by mistake, and opened again."""
CLOSED: Final = 0.6
"""Of those who work and still need some aid: their case is closed as integrated."""
NEEDS_SUPPORT: Final = 0.3
"""Of cases closed as integrated: the client asks for support again."""
ERASED: Final = 0.2
"""Of those who departed: nobody needs their file any more."""
ERASED_AFTER: Final = (90, 150)
"""Days, at least and at most."""
ACCEPTED: Final = 0.7
"""Of casework's suggestions."""
PAIRS_A_WEEK: Final = 20
"""Of records that resemble each other: as many as somebody has the time to look at."""
AWAY: Final = 0.5
"""Of case managers: away for some days in a quarter of the year, on holiday or ill."""


def items(town: Town, city: City, seen: Seen, day: date) -> Iterator[Resolve]:
    """Looked at within a fortnight, by whoever looks after the client, else by somebody of their office. When does not
    depend on the item's id: it follows from the offset of the agency's message, and so from what else was sent."""
    managers = {case.person_id: (case.case_manager, case.office) for case in seen.cases}
    for item in seen.items:
        one = town.by_id.get(item.person_id)
        due = item.opened_on + timedelta(days=whole(1, 14, town.seed, item.person_id, item.opened_on, "resolved"))
        office = city.responsible(one.district, day) if one else None
        if one is None or office is None or due > day:
            continue
        manager, place = managers.get(item.person_id, (None, office.id))
        yield Resolve(one.person.number, manager or f"{place}.fm1", place, item.item_id)


def pairs(town: Town, seen: Seen, day: date) -> Iterator[Dismiss]:
    """Records that only resemble each other. Of a double record it is found out otherwise whose it is."""
    if not seen.pairs:
        return
    twins = town.twins()
    looked_at = [p for p in seen.pairs if p.found_on < day and not {p.person_id, p.other_id} & twins]
    yield from (Dismiss(p.person_id, p.other_id) for p in looked_at[:PAIRS_A_WEEK])


def erasures(town: Town, day: date, busy: set[int]) -> Iterator[Erase]:
    """Of those who died or left the city some months ago. Who was registered twice waits until that is found out."""
    doubled = {*town.doubles, *town.doubles.values()}
    for number, one in town.known.items():
        if not one.departed or one.in_aid or one.erased or one.twin_id or number in doubled or number in busy:
            continue
        about = (town.seed, number, one.left_on, "is erased")
        gone = (one.left_on or day) + timedelta(days=whole(*ERASED_AFTER, *about, "when"))
        if gone <= day and fraction(*about) < ERASED:
            yield Erase(number)


def absences(town: Town, day: date) -> Iterator[Absent]:
    """At most one a quarter and case manager, over before the next one may begin."""
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    for staff, office in town.staff.items():
        about = (town.seed, staff, quarter, "away")
        if day == next_workday(quarter + timedelta(days=whole(5, 55, *about))) and fraction(*about) < AWAY:
            yield Absent(staff, office, next_workday(day + timedelta(days=whole(4, 20, *about, "days"))).isoformat())


def settlements(town: Town, seen: Seen, day: date) -> Iterator[Settle]:
    """What casework suggests is looked at within some days."""
    cases = {case.case_id: case for case in seen.cases}
    for one in seen.suggestions:
        case, client = cases.get(one.case_id), town.by_id.get(one.person_id)
        about = (town.seed, one.case_id, one.referral_id, one.made_on)
        if case and case.case_manager and client and one.made_on + timedelta(days=whole(0, 5, *about, "looks")) <= day:
            accept = fraction(*about, "accepts") < ACCEPTED
            yield Settle(
                client.person.number, case.case_id, case.case_manager, case.office, one.item_id, one.referral_id, accept
            )


def error(town: Town, case: SeenCase, note: CaseNote, one: Known, day: date) -> Void | None:
    """A referral that should never have been."""
    for referral in case.referrals:
        about = (town.seed, referral.referral_id)
        if referral.requested_on is None or referral.state == "void" or referral.referral_id in note.withdrawn:
            continue
        found_on = referral.requested_on + timedelta(days=whole(2, 30, *about, "found out"))
        if found_on <= day and fraction(*about, "in error") < IN_ERROR:
            manager, twice = case.case_manager or "", fraction(*about, "twice") < TWICE
            return Void(one.person.number, case.case_id, manager, case.office, referral.referral_id, twice)
    return None


def closing(town: Town, case: SeenCase, note: CaseNote, one: Known, day: date) -> Close | None:
    """Once a case, by hand: the client works, or by mistake."""
    if note.closed:
        return None
    reason = None
    works = [p for p in case.placements if p.works(day) and p.kind in INTEGRATIONS]
    if any(p.start + timedelta(days=20) <= day for p in works):
        reason = CaseClosedReason.INTEGRATED if fraction(town.seed, case.case_id, "closes") < CLOSED else None
    elif fraction(town.seed, case.case_id, "by mistake") < CASE_IN_ERROR:
        mistaken = (note.plan_on or day) + timedelta(days=whole(5, 60, town.seed, case.case_id, "mistaken"))
        reason = CaseClosedReason.ERROR if mistaken <= day else None
    if reason is None:
        return None
    return Close(one.person.number, case.case_id, case.case_manager or "", case.office, reason)


def reopenings(town: Town, day: date) -> Iterator[Case]:
    """A mistake is noticed within days; some of those who work need support again after weeks."""
    for case, closed in town.closed.items():
        about, one = (town.seed, case, closed.on), town.known[closed.person]
        mistaken = closed.reason == CaseClosedReason.ERROR
        days = whole(3, 10, *about, "noticed") if mistaken else whole(30, 70, *about, "asks again")
        if not one.in_aid or closed.on + timedelta(days=days) > day:
            continue
        if mistaken or fraction(*about, "needs support") < NEEDS_SUPPORT:
            reason = ReopenReason.CLOSED_IN_ERROR if mistaken else ReopenReason.SUPPORT_NEEDED
            yield Reopen(closed.person, case, closed.manager, closed.office, reason)
