"""What an action says over HTTP that is no line of an import: a request to a service."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from contracts.city import City
from simulation.city import actions, stock
from simulation.city.actions import Case, First
from simulation.city.lines import Json
from simulation.city.plans import plan
from simulation.city.town import Town
from simulation.workdays import DAY

DESK: Final = "intake.desk"


@dataclass(frozen=True, slots=True)
class Request:
    """A POST. `office` and `actor` go into the caller's headers."""

    service: str
    path: str
    body: Json | None
    actor: str
    office: str
    purpose: str
    expect: tuple[int, ...] = field(default=(200, 201, 202))


def any_office(city: City, day: date) -> str:
    """One that works, for what concerns all of them. There is one for each district on every day."""
    return next(office.id for office in city.offices if office.works_on(day))


def first(town: Town, city: City, action: First, day: date, scale: Fraction) -> Request:
    """What comes before all else on its day."""
    office = any_office(city, day)
    match action:
        case actions.Transfer():
            moved = {"on": day.isoformat(), "reason": "reorganisation"}
            return Request("intake", "/transfers", moved, "senator.office", office, "reorganisation")
        case actions.Pay():
            return Request("intake", "/payment-runs", {"month": action.month}, "treasury", office, "payment")
        case actions.MergeTwin():
            one = town.known[action.person]
            body: Json = {"survivor_id": one.person_id, "loser_id": one.twin_id}
            return Request("intake", "/merges", body, DESK, office, "double record")
        case actions.MergeDouble():
            one, second = town.known[action.person], town.known[action.second]
            both: Json = {"survivor_id": one.person_id, "loser_id": second.person_id}
            return Request("intake", "/merges", both, DESK, office, "double record")
        case actions.UndoMerge():
            return Request("intake", f"/merges/{action.merge}/undo", None, DESK, office, "double record")
        case actions.Dismiss():
            pair: Json = {"person_id": action.record, "other_id": action.other}
            return Request("intake", "/duplicates/dismissals", pair, DESK, office, "double record")
        case actions.Erase():
            why: Json = {"reason": "no_longer_needed", "legal_basis": "sgb_x_84"}
            path = f"/clients/{town.known[action.person].person_id}/erasure"
            return Request("intake", path, why, DESK, office, "erasure")
        case actions.Absent():
            away: Json = {"since": (day + DAY).isoformat(), "returns_on": action.returns_on}
            path = f"/case-managers/{action.staff}/absences"
            return Request("casework", path, away, "senator.office", action.office, "staffing")
        case actions.Reverse():
            return Request("intake", f"/payments/{action.payment}/reversal", None, DESK, office, "payment error")
        case actions.PayAgain():
            path, month = f"/households/{action.household}/payments", {"month": action.month}
            return Request("intake", path, month, "treasury", office, "payment error")
        case actions.Employ():
            limit = stock.caseload_limit(city.caseload_limit, scale)
            body = {
                "staff_id": action.staff,
                "office": action.office,
                "since": day.isoformat(),
                "caseload_limit": limit,
            }
            return Request("casework", "/case-managers", body, "senator.office", action.office, "staffing")


def case(town: Town, action: Case) -> tuple[Request, ...]:
    """What a case manager does; two requests are of two people at the same moment, and say the same."""
    match action:
        case actions.Agree():
            return (_by_manager(action, "casework", f"/cases/{action.case}/plans", plan(town, action)),)
        case actions.Refer():
            body = {"agency": action.agency, "service": action.service}
            follows = {"follows": action.follows} if action.follows else {}
            return (_by_manager(action, "casework", f"/cases/{action.case}/referrals", body | follows),)
        case actions.Withdraw():
            reason = {"reason": action.reason}
            return (_by_manager(action, "casework", f"/referrals/{action.referral}/withdrawal", reason),)
        case actions.Confirm():
            return (_by_manager(action, "referrals", f"/placements/{action.placement}/confirmation", None),)
        case actions.Void():
            void = _by_manager(action, "referrals", f"/referrals/{action.referral}/void", None)
            return (void, void) if action.twice else (void,)
        case actions.Close():
            return (_by_manager(action, "casework", f"/cases/{action.case}/close", {"reason": action.reason}),)
        case actions.Reopen():
            return (_by_manager(action, "casework", f"/cases/{action.case}/reopen", {"reason": action.reason}),)
        case actions.Resolve():
            return (_by_manager(action, "casework", f"/reconciliation/{action.item}/resolve", None),)
        case actions.Settle():
            answer = "accept" if action.accept else "decline"
            return (_by_manager(action, "casework", f"/suggestions/{action.item}/{answer}", None),)


def _by_manager(action: Case, service: str, path: str, body: Json | None) -> Request:
    return Request(service, path, body, action.manager, action.office, "plan")
