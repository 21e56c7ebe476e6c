"""What an action says over HTTP: lines of a bulk import, or a request to a service."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

from contracts.city import City
from contracts.words import DM_PER_EURO, Ability, Goal, Step
from simulation.chance import fraction, pick, whole
from simulation.city import actions, people, stock
from simulation.city.actions import Case, First, Line
from simulation.city.people import Household, Person
from simulation.city.town import Town

EURO_SINCE: Final = date(2002, 1, 1)
Json = dict[str, Any]
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


def lines(town: Town, action: Line, day: date) -> list[Json]:
    """The bulk lines of an action, in an order that the answers keep."""
    on = day.isoformat()
    match action:
        case actions.Arrive():
            household = town.household(action, day)
            return [_register(town, household, one, action.level, day) for one in household.people[: action.size]]
        case actions.Return():
            return [
                {"command": "start_benefit", "person_id": town.known[number].person_id, **benefit}
                for number in action.persons
                for benefit in _benefits(town.known[number].hlu, town.known[number].hbl, day)
            ]
        case actions.EndAid():
            reason = {"command": "end_benefits", "reason": action.reason, "on": on}
            return [reason | {"person_id": town.known[number].person_id} for number in action.persons]
        case actions.Depart():
            reason = {"command": "depart", "reason": action.reason, "on": on}
            return [reason | {"person_id": town.known[number].person_id} for number in action.persons]
        case actions.Assess():
            return list(_assess(town, action, on))
        case actions.Protect():
            until = (day + timedelta(days=action.days)).isoformat()
            rule = {"class": action.protection_class, "valid_from": on, "valid_until": until}
            return [{"command": "protect", "person_id": town.known[action.person].person_id, **rule}]
        case actions.ClearProtection():
            one = town.known[action.person]
            ids = {"person_id": one.person_id, "protection_id": one.protection_id}
            return [{"command": "clear_protection", "on": on, **ids}]
        case actions.RevokeBasis():
            one = town.known[action.person]
            return [{"command": "revoke_basis", "person_id": one.person_id, "basis_id": one.basis_id, "on": on}]
        case actions.Move():
            return list(_move(town, action, day))
        case actions.RegisterTwin():
            return [_twin(town, action.person, day)]


def _benefits(hlu: int, hbl: int, day: date) -> list[Json]:
    return [
        {"kind": kind, "monthly": _money(pfennig, day), "since": day.isoformat()}
        for kind, pfennig in (("hlu", hlu), ("hbl", hbl))
        if pfennig
    ]


def _money(pfennig: int, day: date) -> Json:
    """In the currency of the day on which it is granted."""
    if day < EURO_SINCE:
        return {"minor": pfennig, "currency": "DEM"}
    cent = (Decimal(pfennig) / DM_PER_EURO).quantize(Decimal(1), ROUND_HALF_UP)
    return {"minor": max(1, int(cent)), "currency": "EUR"}


def _register(town: Town, household: Household, person: Person, level: int, day: date) -> Json:
    body: Json = {
        "command": "register",
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex,
        "address": {
            "street": household.street,
            "house_number": household.house_number,
            "postcode": household.postcode,
            "district": household.district,
        },
        "household": {"number": f"{household.number:06d}", "head": person.head},
        "benefits": _benefits(*town.amounts(person, level), day),
        "registered_on": day.isoformat(),
    }
    if person.protection:
        body["protection"] = {"class": person.protection, "valid_from": day.isoformat()}
        if person.protected_until:
            body["protection"]["valid_until"] = person.protected_until.isoformat()
    return body


def _twin(town: Town, number: int, day: date) -> Json:
    """Another clerk hears another given name, and knows of no household."""
    one = town.known[number]
    action = actions.Arrive(one.person.household, 1, 0, single=False)
    household = town.household(action, one.comes)
    body = _register(town, household, one.person, 0, day)
    for left_out in ("household", "benefits", "protection"):
        body.pop(left_out, None)
    return body | {"given_name": f"{one.person.given_name} {pick(town.names.male, town.seed, number, 'misheard')}"}


def _assess(town: Town, action: actions.Assess, on: str) -> Iterator[Json]:
    one = town.known[action.person]
    ability = one.person.ability or Ability.UNABLE
    found = people.skills(town.seed, action.person, ability)
    yield {
        "command": "assess",
        "person_id": one.person_id,
        "ability": ability,
        "qualification": found.qualification,
        "languages": found.languages,
        "hours_per_week": 0 if ability is Ability.UNABLE else found.hours_per_week,
        "mobility": found.mobility,
        "work_permit": found.work_permit,
        "earliest_start": on,
        "on": on,
    }
    if action.basis:
        yield {"command": "record_basis", "person_id": one.person_id, "kind": "consent", "valid_from": on}


def _move(town: Town, action: actions.Move, day: date) -> Iterator[Json]:
    about = (town.seed, action.persons[0], day)
    address = {
        "street": pick(town.names.streets, *about, "street"),
        "house_number": str(whole(1, 180, *about, "house")),
        "postcode": town.facts.districts[action.district].postcode,
    }
    for number in action.persons:
        person_id = town.known[number].person_id
        yield {
            "command": "move",
            "person_id": person_id,
            "district": action.district,
            "address": address,
            "on": day.isoformat(),
        }


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
        case actions.Employ():
            limit = stock.caseload_limit(city.caseload_limit, scale)
            body = {
                "staff_id": action.staff,
                "office": action.office,
                "since": day.isoformat(),
                "caseload_limit": limit,
            }
            return Request("casework", "/case-managers", body, "senator.office", action.office, "staffing")


def case(town: Town, action: Case) -> Request:
    """What a case manager does."""
    match action:
        case actions.Agree():
            return _by_manager(action, "casework", f"/cases/{action.case}/plans", _plan(town, action))
        case actions.Refer():
            body = {"agency": action.agency, "service": action.service}
            follows = {"follows": action.follows} if action.follows else {}
            return _by_manager(action, "casework", f"/cases/{action.case}/referrals", body | follows)
        case actions.Withdraw():
            reason = {"reason": action.reason}
            return _by_manager(action, "casework", f"/referrals/{action.referral}/withdrawal", reason)
        case actions.Confirm():
            return _by_manager(action, "referrals", f"/placements/{action.placement}/confirmation", None)


def _by_manager(action: Case, service: str, path: str, body: Json | None) -> Request:
    return Request(service, path, body, action.manager, action.office, "plan")


def _plan(town: Town, action: actions.Agree) -> Json:
    one = town.known[action.person].person
    untrained = one.ability is Ability.NEEDS_QUALIFICATION
    goal = Goal.QUALIFICATION if untrained and fraction(town.seed, action.case, "goal") < 0.5 else Goal.REGULAR_JOB
    step = pick((Step.APPLY, Step.LANGUAGE_COURSE, Step.COUNSELLING, Step.TRAINING), town.seed, action.case, "step")
    return {
        "goal": goal,
        "steps": [step, Step.REFER],
        "strengths": ["zuverlässig", "kennt den Stadtteil"],
        "duties_client": ["bewirbt sich jede Woche", "hält vereinbarte Termine ein"],
        "duties_office": ["klärt Kinderbetreuung und Fahrtkosten", "spricht mit den Ämtern"],
    }
