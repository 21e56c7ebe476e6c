"""What case managers do besides plans and referrals, given what the services show."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.words import CaseClosedReason, PlacementKind, ReopenReason, ServiceKind
from simulation.city import actions, caseload, errands, fold, names
from simulation.city.letters import case as requests_of
from simulation.city.lines import lines
from simulation.city.seen import Seen, SeenCase, SeenItem, SeenPair, SeenPlacement, SeenReferral, SeenSuggestion
from simulation.city.town import Town
from simulation.facts import read_scene

SCENE = read_scene(Path("deploy/bremen"))
DAY = date(2002, 2, 12)
POOLS = names.invent(1)


@pytest.fixture
def town() -> Town:
    """Single persons, one a household."""
    made = Town(1, POOLS, SCENE.facts)
    for number in range(400):
        arrive = actions.Arrive(number, 1, 1_000_000, single=True)
        answer = [{"person_id": f"p{number}"} for _ in lines(made, arrive, SCENE.first_day)]
        fold.after(made, arrive, answer, SCENE.first_day)
    return made


def _case(number: int, **fields: object) -> SeenCase:
    told = {"case_id": f"c{number}", "person_id": f"p{number}", "office": "vahr", "case_manager": "vahr.fm1"}
    return SeenCase.model_validate(told | {"assigned_on": date(2001, 10, 3), "plan_version": 1} | fields)


def _referral(number: int, state: str = "in_service") -> SeenReferral:
    service = ServiceKind.JOB_PLACEMENT
    return SeenReferral(
        referral_id=f"r{number}", agency="arbeitsamt", service=service, state=state, requested_on=date(2001, 12, 3)
    )


def _works(number: int) -> SeenPlacement:
    kind, start = PlacementKind.REGULAR_JOB, DAY - timedelta(days=40)
    return SeenPlacement(placement_id=f"j{number}", kind=kind, start=start, confirmed=True)


def _done(town: Town, seen: Seen) -> dict[type, list[object]]:
    found: dict[type, list[object]] = {}
    for action in caseload.work(town, SCENE.city, seen, DAY):
        found.setdefault(type(action), []).append(action)
    return found


def test_a_work_item_is_resolved_once_within_a_fortnight(town: Town) -> None:
    opened_on = DAY - timedelta(days=14)
    seen = Seen(items=tuple(SeenItem(item_id=f"i{n}", person_id=f"p{n}", opened_on=opened_on) for n in range(40)))
    assert len(list(errands.items(town, SCENE.city, seen, DAY))) == 40
    fresh = replace(seen, items=tuple(item.model_copy(update={"opened_on": DAY}) for item in seen.items))
    assert not list(errands.items(town, SCENE.city, fresh, DAY))


def test_an_item_of_a_client_whom_the_city_does_not_know_is_left(town: Town) -> None:
    seen = Seen(items=(SeenItem(item_id="i", person_id="nobody", opened_on=SCENE.first_day),))
    assert not list(errands.items(town, SCENE.city, seen, DAY))


def test_a_few_referrals_turn_out_to_be_errors_which_two_people_may_notice_at_once(town: Town) -> None:
    seen = Seen(cases=tuple(_case(n, referrals=(_referral(n),)) for n in range(400)))
    voids = [one for one in _done(town, seen).get(actions.Void, []) if isinstance(one, actions.Void)]
    assert 1 < len(voids) < 25
    assert {one.twice for one in voids} == {True, False}
    for one in voids:
        assert len(requests_of(town, one)) == 1 + one.twice


def test_what_casework_suggests_is_accepted_or_left_and_not_done_a_second_time(town: Town) -> None:
    cases = tuple(_case(n, referrals=(_referral(n),), placements=(_works(n),)) for n in range(60))
    asked = tuple(
        SeenSuggestion(
            item_id=f"s{n}", case_id=f"c{n}", person_id=f"p{n}", referral_id=f"r{n}", made_on=DAY - timedelta(days=5)
        )
        for n in range(60)
    )
    done = _done(town, Seen(cases=cases, suggestions=asked))
    settled = [one for one in done[actions.Settle] if isinstance(one, actions.Settle)]
    assert len(settled) == 60
    assert {one.accept for one in settled} == {True, False}
    assert actions.Withdraw not in done
    for one in settled:
        fold.after(town, one, [{}], DAY)
    assert actions.Withdraw not in _done(town, Seen(cases=cases))


def test_who_works_and_still_needs_aid_has_a_case_closed_once_and_some_come_again(town: Town) -> None:
    seen = Seen(cases=tuple(_case(n, placements=(_works(n),)) for n in range(100)))
    closed = [one for one in _done(town, seen)[actions.Close] if isinstance(one, actions.Close)]
    assert {one.reason for one in closed} == {CaseClosedReason.INTEGRATED}
    for one in closed:
        fold.after(town, one, [{}], DAY)
    assert actions.Close not in _done(town, seen)
    again = list(errands.reopenings(town, DAY + timedelta(days=70)))
    assert 0 < len(again) < len(closed)
    for reopened in again:
        assert isinstance(reopened, actions.Reopen)
        assert reopened.reason is ReopenReason.SUPPORT_NEEDED
        fold.after(town, reopened, [{}], DAY)
    assert not list(errands.reopenings(town, DAY + timedelta(days=70)))


def test_who_only_resembles_somebody_is_another_person_but_a_double_record_is_not(town: Town) -> None:
    town.known[0].twin_id = "twin"
    yesterday = DAY - timedelta(days=1)
    found = (("p1", "p2", yesterday), ("p0", "twin", yesterday), ("p3", "p4", DAY))
    seen = Seen(pairs=tuple(SeenPair(person_id=one, other_id=other, found_on=on) for one, other, on in found))
    assert list(errands.pairs(town, seen, DAY)) == [actions.Dismiss("p1", "p2")]


def test_case_managers_are_away_at_times_and_never_twice_at_once(town: Town) -> None:
    for number in range(30):
        fold.after(town, actions.Employ(f"vahr.fm{number}", "vahr"), [{}], date(2001, 10, 2))
    back: dict[str, date] = {}
    days = [date(2001, 10, 3) + timedelta(days=n) for n in range(400)]
    for day in days:
        for one in errands.absences(town, day):
            assert back.get(one.staff, day) <= day
            back[one.staff] = date.fromisoformat(one.returns_on)
            assert back[one.staff] > day + timedelta(days=1)
    assert len(back) > 20
