"""A city's year without services: every command is answered at once, and nobody finds work through an agency."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simulation.city import actions, fold, letters, lines, names, stock
from simulation.city.actions import Action
from simulation.city.journal import Journal
from simulation.city.seen import Seen
from simulation.city.town import Town
from simulation.city.year import PHASES, Plan, Year, decide, persons
from simulation.facts import read_scene

SCENE = read_scene(Path("deploy/bremen"))
FACTS, FIRST_DAY = SCENE.facts, SCENE.first_day
POOLS = names.invent(1)
LAST_DAY = date(2002, 3, 31)


def _answer(town: Town, action: Action, day: date) -> list[dict[str, Any]]:
    if isinstance(action, actions.Line):
        return [
            {f"{kind}_id": _name(line) for kind in ("person", "basis", "protection", "merge")}
            for line in lines.lines(town, action, day)
        ]
    return [{"merge_id": "x"}]


def _name(line: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()


class Books:
    """What a year leaves behind: the stock of each day, the paid sums by month, and every plan."""

    def __init__(self, scale: str, seed: int, *, until: date = LAST_DAY) -> None:
        self.town, self.scale = Town(seed, POOLS, FACTS, agencies=SCENE.city.agency_ids), Fraction(scale)
        self.stock: dict[date, int] = {}
        self.paid: dict[str, int] = {}
        self.plans: dict[date, Plan] = {}
        day = FIRST_DAY
        while day <= until:
            self._live(day)
            day += timedelta(days=1)

    def _live(self, day: date) -> None:
        plan = self.plans[day] = decide(self.town, SCENE, self.scale, day, Seen())
        for name in PHASES:
            for action in plan.phase(name):
                if isinstance(action, actions.Pay):
                    self.paid[action.month] = self.town.monthly
                fold.after(self.town, action, _answer(self.town, action, day), day)
        self.stock[day] = self.town.in_aid

    def kinds(self) -> set[type[Any]]:
        return {type(action) for plan in self.plans.values() for name in PHASES for action in plan.phase(name)}


@pytest.fixture(scope="module")
def books() -> Books:
    return Books("0.05", 1)


def _month_ends() -> list[date]:
    return [stock.month_end(date(2001 + (2 + k) // 12, (2 + k) % 12 + 1, 1)) for k in range(13)]


def _off(books: Books) -> list[date]:
    return [day for day in _month_ends() if books.stock[day] != stock.target(FACTS.year, day, books.scale)]


def test_the_stock_meets_its_target_at_every_month_end(books: Books) -> None:
    assert _off(books) == []


@pytest.mark.parametrize(("scale", "seed"), [("0.001", 1), ("0.003", 4), ("0.01", 2), ("0.02", 3)])
def test_it_does_so_at_other_scales_and_seeds(scale: str, seed: int) -> None:
    assert _off(Books(scale, seed)) == []


def _past_year(books: Books) -> int:
    return sum(sum_ for month, sum_ in books.paid.items() if "2001-04" <= month <= "2002-03")


@pytest.mark.parametrize("seed", [2, 3])
def test_the_past_years_payments_are_676_9_million_dm_times_the_scale(seed: int) -> None:
    assert _past_year(Books("0.05", seed)) == pytest.approx(67_690_000_000 * 0.05, rel=0.004)


def test_the_files_of_the_first_day_hold_the_stock_of_march_2001(books: Books) -> None:
    assert books.stock[FIRST_DAY] == 2424


def test_offices_and_agencies_rest_on_weekends_but_the_treasury_does_not(books: Books) -> None:
    for day, plan in books.plans.items():
        if day.weekday() > 4:
            assert not plan.lines
            assert not plan.cases
            assert bool(plan.first) == (day.day == 1)


def test_a_year_has_every_kind_of_event_in_it(books: Books) -> None:
    needed = {actions.Arrive, actions.Return, actions.EndAid, actions.Depart, actions.Assess, actions.Protect}
    needed |= {actions.ClearProtection, actions.RevokeBasis, actions.Move, actions.RegisterTwin, actions.MergeTwin}
    needed |= {actions.Pay, actions.Transfer, actions.Employ, actions.VoidTwin, actions.UndoMerge, actions.Reassess}
    needed |= {actions.MergeDouble, actions.EndDouble}
    needed |= {actions.Consent, actions.CorrectBirth, actions.CorrectAddress, actions.LookAfter, actions.Split}
    assert books.kinds() >= needed


def test_protections_are_backdated_and_foreseen(books: Books) -> None:
    after = {one.after for plan in books.plans.values() for one in plan.lines if isinstance(one, actions.Protect)}
    assert min(after) < 0 < max(after)


def test_who_moves_out_is_counted_and_paid_as_before(books: Books) -> None:
    moved_out = [one for one in books.town.known.values() if one.home is not None]
    assert moved_out
    for one in moved_out:
        assert one.person.number in books.town.members[one.household]
        assert one.person.number not in books.town.members[one.person.household] or one.home == one.person.household
    in_households = [number for members in books.town.members.values() for number in members]
    assert len(in_households) == len(set(in_households)) == len(books.town.known)


def test_the_sum_of_aid_is_that_of_its_recipients(books: Books) -> None:
    assert books.town.monthly == sum(one.monthly for one in books.town.known.values() if one.in_aid)


def test_two_case_managers_begin_at_each_centre_on_the_day_of_the_reorganisation(books: Books) -> None:
    begun = [one.office for one in books.plans[date(2001, 10, 2)].first if isinstance(one, actions.Employ)]
    assert sorted(begun) == sorted([office.id for office in SCENE.city.offices if office.kind == "sozialzentrum"] * 2)


def test_further_case_managers_begin_as_they_finish_their_training(books: Books) -> None:
    staff = [one.staff for plan in books.plans.values() for one in plan.first if isinstance(one, actions.Employ)]
    assert len(staff) == len(set(staff)) == 48


def test_nobody_of_whom_intake_is_told_something_twice_a_day(books: Books) -> None:
    for plan in books.plans.values():
        told = [number for line in plan.lines for number in persons(line)]
        assert len(told) == len(set(told))


def test_a_plan_survives_the_journal(books: Books, tmp_path: Path) -> None:
    plans: Sequence[Plan] = [books.plans[day] for day in (FIRST_DAY, date(2001, 10, 2), date(2001, 11, 6))]
    with Journal(tmp_path / "city.jsonl") as journal:
        for plan in plans:
            journal.write({"plan": plan.rows()})
        found = [Plan.read(entry["plan"]) for entry in journal.entries()]
    assert [plan.rows() for plan in found] == [plan.rows() for plan in plans]


def test_a_line_that_a_crash_left_half_written_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "city.jsonl"
    path.write_bytes(b'{"day":1}\n{"da')
    with Journal(path) as journal:
        journal.write({"day": 2})
        assert list(journal.entries()) == [{"day": 1}, {"day": 2}]


def test_two_towns_of_one_seed_live_the_same_year() -> None:
    first, again = (Books("0.005", 7, until=date(2001, 6, 30)) for _ in range(2))
    assert {day: plan.rows() for day, plan in first.plans.items()} == {d: p.rows() for d, p in again.plans.items()}


FILE: dict[str, Any] = {"household_id": None, "benefits": [], "protections": []}


class Scribe:
    """Services that answer every line and request, and remember their keys."""

    def __init__(self, *, dies_at: str = "") -> None:
        self.dies_at = dies_at
        self.said: dict[str, list[dict[str, Any]]] = {}

    async def start_day(self, day: str) -> None:
        pass

    async def read(self, _service: str, path: str) -> Any:
        return FILE if path.startswith("/clients/") else []

    async def listed(self, _service: str, _path: str) -> list[Any]:
        return []

    async def post(self, request: letters.Request, key: str) -> dict[str, Any]:
        return (await self.bulk([{"path": request.path, "body": request.body}], key, ""))[0]

    async def bulk(self, lines: Sequence[dict[str, Any]], key: str, _office: str) -> list[dict[str, Any]]:
        if key == self.dies_at:
            self.dies_at = ""
            raise InterruptedError
        found = [{f"{kind}_id": _name(line) for kind in ("person", "basis", "protection", "merge")} for line in lines]
        assert self.said.setdefault(key, found) == found
        return found


async def _live(path: Path, services: Scribe, until: date) -> Town:
    town = Town(1, POOLS, FACTS, agencies=SCENE.city.agency_ids)
    with Journal(path) as journal:
        year = Year(town, SCENE, Fraction("0.003"), services, journal, first_day=FIRST_DAY)
        year.remember()
        while year.day <= until:
            await year.live()
    return town


@pytest.mark.parametrize(
    "dies_at", ["city-1-2001-03-01-lines-0", "city-1-2001-03-19-lines-0", "city-1-2001-04-01-first-0"]
)
async def test_a_city_that_died_sends_the_same_under_the_same_keys_and_knows_the_same(
    tmp_path: Path, dies_at: str
) -> None:
    until = date(2001, 4, 10)
    whole, broken = Scribe(), Scribe(dies_at=dies_at)
    one = await _live(tmp_path / "whole", whole, until)
    with pytest.raises(InterruptedError):
        await _live(tmp_path / "broken", broken, until)
    other = await _live(tmp_path / "broken", broken, until)
    again = await _live(tmp_path / "broken", broken, until)
    assert broken.said == whole.said
    assert other.known == one.known == again.known


def test_nobody_claims_aid_twice_while_the_first_files_are_compared(books: Books) -> None:
    twice = {
        day
        for day, plan in books.plans.items()
        for one in plan.lines
        if isinstance(one, actions.Arrive) and one.again is not None
    }
    assert twice
    assert min(twice) > date(2001, 3, 31)
