"""What an action says to intake in bulk: the lines of an import."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from contracts.words import DM_PER_EURO, Ability, BasisKind
from simulation.chance import fraction, pick, whole
from simulation.city import actions, fold, people
from simulation.city.actions import Line
from simulation.city.people import Household, Person
from simulation.city.town import Town

EURO_SINCE: Final = date(2002, 1, 1)
TYPED_WRONG: Final = timedelta(days=40)
"""By so much a birth date is wrong: another month, which is what statistics know of it."""
Json = dict[str, Any]


def lines(town: Town, action: Line, day: date) -> list[Json]:
    """The bulk lines of an action, in an order that the answers keep."""
    on = day.isoformat()
    match action:
        case actions.Arrive():
            household = town.household(action, day)
            told = [_register(town, household, one, action.level, day) for one in household.people[: action.size]]
            return told if action.again is None else [told[0] | _identity(town.known[action.again].person)]
        case actions.EndDouble():
            ends = {
                "command": "end_benefit",
                "person_id": town.known[action.person].person_id,
                "reason": "error",
                "on": on,
            }
            return [ends | {"benefit_id": benefit} for benefit in action.benefits]
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
            return list(_assess(town, action, day))
        case actions.Protect():
            since = day + timedelta(days=action.after)
            until = (since + timedelta(days=action.days)).isoformat()
            rule = {"class": action.protection_class, "valid_from": since.isoformat(), "valid_until": until}
            return [{"command": "protect", "person_id": town.known[action.person].person_id, **rule}]
        case actions.ClearProtection():
            one = town.known[action.person]
            ids = {"person_id": one.person_id, "protection_id": one.protection_id}
            return [{"command": "clear_protection", "on": on, **ids}]
        case actions.RevokeBasis():
            one = town.known[action.person]
            return [{"command": "revoke_basis", "person_id": one.person_id, "basis_id": one.basis_id, "on": on}]
        case actions.Move():
            return [_move(town, number, action.district, day, of=action.persons[0]) for number in action.persons]
        case actions.RegisterTwin():
            return [_twin(town, action.person, day)]
        case actions.VoidTwin():
            return [{"command": "depart", "person_id": town.known[action.person].twin_id, "reason": "void", "on": on}]
        case _:
            whom = {"person_id": town.known[action.person].person_id}
            return [whom | line for line in _now_and_then(town, action, day)]


Rare = (
    actions.Volunteer
    | actions.Reassess
    | actions.Consent
    | actions.CorrectBirth
    | actions.CorrectAddress
    | actions.LookAfter
    | actions.Adjust
    | actions.Split
    | actions.Rejoin
)


def _now_and_then(town: Town, action: Rare, day: date) -> Iterator[Json]:
    """What befalls somebody by a habit; whose line it is is added."""
    one, on = town.known[action.person], day.isoformat()
    match action:
        case actions.Volunteer():
            yield {"command": "clear_protection", "protection_id": action.protection, "on": on}
            yield {"command": "assess", **_skills(town, action.person, Ability.ABLE, day)}
            yield _basis(day)
        case actions.Reassess():
            yield {"command": "assess", **_skills(town, action.person, action.ability, day)}
        case actions.Consent():
            yield _basis(day) | ({"agency": action.agency} if action.agency else {})
        case actions.CorrectBirth():
            yield {"command": "correct", "birth_date": one.person.birth_date.isoformat()}
        case actions.CorrectAddress():
            address = _address(town, action.person, action.district, day)
            yield {"command": "correct", "address": address | {"district": action.district}}
        case actions.LookAfter():
            yield {"command": "assign_departments", "departments": action.departments, "on": on}
        case actions.Adjust():
            monthly = _money(fold.adjusted(one, action), day)
            yield {"command": "change_benefit", "benefit_id": action.benefit, "monthly": monthly, "on": on}
        case actions.Split():
            yield {"command": "join_household", "on": on}
            yield _move(town, action.person, action.district, day, of=action.person)
        case actions.Rejoin():
            home = town.known[town.members[one.person.household][0]].district
            yield {"command": "join_household", "id": action.household, "head": False, "on": on}
            yield _move(town, action.person, home, day, of=action.person)


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
        "birth_date": (person.birth_date - TYPED_WRONG * people.mistyped(town.seed, person.number)).isoformat(),
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


def _identity(person: Person) -> Json:
    """What the same person says of themselves at another desk."""
    return {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex,
    }


def _twin(town: Town, number: int, day: date) -> Json:
    """Another clerk hears another given name, or is given the address of a friend, and knows of no household."""
    one = town.known[number]
    action = actions.Arrive(one.person.household, 1, 0, single=False)
    household = town.household(action, one.comes)
    body = _register(town, household, one.person, 0, day)
    for left_out in ("household", "benefits", "protection"):
        body.pop(left_out, None)
    if fraction(town.seed, number, day, "misheard") < 0.5:
        return body | {"given_name": f"{one.person.given_name} {pick(town.names.male, town.seed, number, 'misheard')}"}
    return body | {"address": _address(town, number, household.district, day) | {"district": household.district}}


def _assess(town: Town, action: actions.Assess, day: date) -> Iterator[Json]:
    one = town.known[action.person]
    whom = {"person_id": one.person_id}
    skills = _skills(town, action.person, one.person.ability or Ability.UNABLE, day)
    yield {"command": "assess", **whom, **skills}
    if action.basis:
        yield _basis(day, action.kind) | whom


def _skills(town: Town, number: int, ability: Ability, day: date) -> Json:
    found = people.skills(town.seed, number, ability)
    return {
        "ability": ability,
        "qualification": found.qualification,
        "languages": found.languages,
        "hours_per_week": 0 if ability == Ability.UNABLE else found.hours_per_week,
        "mobility": found.mobility,
        "work_permit": found.work_permit,
        "earliest_start": day.isoformat(),
        "on": day.isoformat(),
    }


def _basis(day: date, kind: BasisKind = BasisKind.CONSENT) -> Json:
    return {"command": "record_basis", "kind": kind, "valid_from": day.isoformat()}


def _move(town: Town, number: int, district: str, day: date, *, of: int) -> Json:
    """`of`: whose flat it is, so that a household that moves has one address."""
    return {
        "command": "move",
        "person_id": town.known[number].person_id,
        "district": district,
        "address": _address(town, of, district, day),
        "on": day.isoformat(),
    }


def _address(town: Town, number: int, district: str, day: date) -> Json:
    about = (town.seed, number, day)
    return {
        "street": pick(town.names.streets, *about, "street"),
        "house_number": str(whole(1, 180, *about, "house")),
        "postcode": town.facts.districts[district].postcode,
    }
