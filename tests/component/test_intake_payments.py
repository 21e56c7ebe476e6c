"""Payment runs around the change of currency: each household, kind and month once, to its head."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from contracts.events.intake import BenefitPaid, PaymentReversed
from tests.component.intake_world import IntakeWorld, intake_on, person

pytestmark = pytest.mark.asyncio(loop_scope="module")
DECEMBER, JANUARY = {"month": "2001-12"}, {"month": "2002-01"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with intake_on(date(2001, 12, 31), broker, database) as world:
        yield world


def benefit(minor: int, kind: str = "hlu", since: str = "2001-11-01") -> dict[str, Any]:
    return {"kind": kind, "monthly": {"minor": minor, "currency": "DEM"}, "since": since}


async def household(intake: IntakeWorld, first: int, *members: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """A household of people with these benefits since 1 November, the first its head."""
    people = [
        await intake.register(
            first + place,
            benefits=benefits,
            household={"number": str(first), "head": place == 0},
            registered_on="2001-11-01",
        )
        for place, benefits in enumerate(members)
    ]
    home: str = (await intake.get(f"/clients/{people[0]}"))[1]["household_id"]
    return home, people


async def payments(intake: IntakeWorld, home: str) -> list[tuple[str, str, str, int, str]]:
    _, rows = await intake.get(f"/households/{home}/payments")
    return [(row["month"], row["kind"], row["person_id"], row["minor"], row["currency"]) for row in rows]


async def test_a_household_is_paid_in_one_sum_a_kind_in_the_months_currency(intake: IntakeWorld) -> None:
    home, (head, _, _) = await household(
        intake, 100, [benefit(60_000), benefit(90_000, "hbl")], [benefit(40_000)], [benefit(35_583)]
    )
    for month in (DECEMBER, JANUARY):
        status, _ = await intake.post(f"/households/{home}/payments", month)
        assert status == 200
    assert await payments(intake, home) == [
        ("2001-12", "hbl", head, 90_000, "DEM"),
        ("2001-12", "hlu", head, 135_583, "DEM"),
        ("2002-01", "hbl", head, 46_016, "EUR"),
        ("2002-01", "hlu", head, 69_322, "EUR"),
    ]
    told = [one for one in await intake.told_of(head) if isinstance(one, BenefitPaid)]
    assert len({one.payment_id for one in told}) == 4


async def test_payments_that_meet_pay_once(intake: IntakeWorld) -> None:
    home, _ = await household(intake, 110, [benefit(60_000)])
    answers = await asyncio.gather(*(intake.post(f"/households/{home}/payments", DECEMBER) for _ in range(6)))
    assert sorted(len(answer["events"]) for _, answer in answers) == [0, 0, 0, 0, 0, 1]


async def test_after_the_heads_death_the_eldest_of_the_others_is_paid(intake: IntakeWorld) -> None:
    home, people = await household(intake, 120, [benefit(60_000)], [benefit(40_000)], [])
    await intake.post(f"/clients/{people[1]}/corrections", {"birth_date": "1951-02-03"})
    await intake.post(f"/clients/{people[0]}/departures", {"reason": "death", "on": "2001-11-30"})
    await intake.post(f"/households/{home}/payments", DECEMBER)
    assert await payments(intake, home) == [("2001-12", "hlu", people[1], 40_000, "DEM")]


async def test_a_head_who_dies_within_the_month_is_not_paid_for_it(intake: IntakeWorld) -> None:
    """Whichever of the two ids is the lower one."""
    orders = set()
    for first in range(300, 360, 10):
        home, (head, other) = await household(intake, first, [benefit(60_000)], [benefit(40_000)])
        await intake.post(f"/clients/{head}/departures", {"reason": "death", "on": "2001-12-15"})
        await intake.post(f"/households/{home}/payments", DECEMBER)
        assert [(person, minor) for _, _, person, minor, _ in await payments(intake, home)] == [(other, 100_000)]
        orders.add(head < other)
    assert orders == {True, False}


async def test_a_head_without_aid_of_their_own_is_paid_for_the_others(intake: IntakeWorld) -> None:
    home, people = await household(intake, 130, [], [benefit(40_000)])
    await intake.post(f"/households/{home}/payments", DECEMBER)
    assert await payments(intake, home) == [("2001-12", "hlu", people[0], 40_000, "DEM")]


async def test_a_benefit_counts_in_the_months_in_which_it_is_in_force(intake: IntakeWorld) -> None:
    home, (head,) = await household(intake, 140, [benefit(60_000)])
    await intake.post(f"/clients/{head}/benefits/end-all", {"reason": "work", "on": "2001-12-10"})
    await intake.post(f"/clients/{head}/benefits", benefit(50_000, since="2002-01-31"))
    for month in ("2001-10", "2001-11", "2001-12", "2002-01"):
        await intake.post(f"/households/{home}/payments", {"month": month})
    assert [(month, minor) for month, _, _, minor, _ in await payments(intake, home)] == [
        ("2001-11", 60_000),
        ("2001-12", 60_000),
        ("2002-01", 25_565),
    ]


async def test_a_changed_amount_counts_from_its_month_on(intake: IntakeWorld) -> None:
    home, (head,) = await household(intake, 150, [benefit(60_000)])
    (granted,) = (await intake.get(f"/clients/{head}"))[1]["benefits"]
    change = {"monthly": {"minor": 70_000, "currency": "DEM"}, "on": "2001-12-01"}
    await intake.post(f"/clients/{head}/benefits/{granted['benefit_id']}/change", change)
    for month in ("2001-11", "2001-12"):
        await intake.post(f"/households/{home}/payments", {"month": month})
    assert [minor for _, _, _, minor, _ in await payments(intake, home)] == [60_000, 70_000]


@pytest.mark.parametrize(("first", "before"), [(160, True), (165, False)])
async def test_who_leaves_the_household_is_paid_in_their_own_from_the_next_month_on(
    intake: IntakeWorld, first: int, *, before: bool
) -> None:
    """Whether the month in which they left was paid before or after: neither twice nor never."""
    home, people = await household(intake, first, [benefit(60_000)], [benefit(40_000)])
    if before:
        await intake.post(f"/households/{home}/payments", {"month": "2001-12"})
    await intake.post(f"/clients/{people[1]}/household", {"on": "2001-12-15"})
    own = (await intake.get(f"/clients/{people[1]}"))[1]["household_id"]
    for one in (own, home):
        for month in ("2001-12", "2002-01"):
            await intake.post(f"/households/{one}/payments", {"month": month})
    assert [(month, minor) for month, _, _, minor, _ in await payments(intake, home)] == [
        ("2001-12", 100_000),
        ("2002-01", 30_678),
    ]
    assert [(month, head, minor) for month, _, head, minor, _ in await payments(intake, own)] == [
        ("2002-01", people[1], 20_452)
    ]


async def test_a_person_of_two_records_is_paid_once(intake: IntakeWorld) -> None:
    home, people = await household(intake, 170, [benefit(60_000)], [benefit(40_000)])
    other, (double,) = await household(intake, 180, [benefit(61_000), benefit(90_000, "hbl")])
    await intake.post("/merges", {"survivor_id": people[1], "loser_id": double})
    for one in (home, other):
        await intake.post(f"/households/{one}/payments", DECEMBER)
    paid = [(kind, minor) for _, kind, _, minor, _ in await payments(intake, home)]
    assert paid == [("hbl", 90_000), ("hlu", 100_000)]
    assert await payments(intake, other) == []


async def test_a_payment_made_in_error_is_taken_back_once_and_the_month_paid_again(intake: IntakeWorld) -> None:
    home, (head, other) = await household(intake, 190, [benefit(60_000)], [benefit(40_000)])
    await intake.post(f"/households/{home}/payments", DECEMBER)
    (paid,) = (await intake.get(f"/households/{home}/payments"))[1]
    await intake.post(f"/clients/{other}/departures", {"reason": "void"})

    path = f"/payments/{paid['payment_id']}/reversal"
    status, answer = await intake.post(path, key="back", **{"X-Actor": "c.clerk"})
    assert (status, [one["type"] for one in answer["events"]]) == (200, ["lotse.intake.PaymentReversed.v1"])
    assert await intake.post(path, key="back", **{"X-Actor": "c.clerk"}) == (status, answer)
    status, problem = await intake.post(path)
    assert (status, problem["code"]) == (409, "payment_reversed")

    await intake.post(f"/households/{home}/payments", DECEMBER)
    await intake.post(f"/households/{home}/payments", DECEMBER)
    _, rows = await intake.get(f"/households/{home}/payments")
    assert sorted((row["minor"], row["reversed_on"], row["reversed_by"]) for row in rows) == [
        (60_000, None, None),
        (100_000, "2001-12-31", "c.clerk"),
    ]
    (told,) = [one for one in await intake.told_of(head) if isinstance(one, PaymentReversed)]
    assert (told.payment_id, told.month, told.amount.minor) == (paid["payment_id"], "2001-12", 100_000)


async def test_reversals_that_meet_take_back_once(intake: IntakeWorld) -> None:
    home, _ = await household(intake, 200, [benefit(60_000)])
    await intake.post(f"/households/{home}/payments", DECEMBER)
    (paid,) = (await intake.get(f"/households/{home}/payments"))[1]
    path = f"/payments/{paid['payment_id']}/reversal"
    answers = await asyncio.gather(*(intake.post(path) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409, 409]


async def test_the_payment_of_a_void_record_is_taken_back_and_nothing_is_paid_again(intake: IntakeWorld) -> None:
    home, (wrong,) = await household(intake, 210, [benefit(60_000)])
    await intake.post(f"/households/{home}/payments", DECEMBER)
    (paid,) = (await intake.get(f"/households/{home}/payments"))[1]
    await intake.post(f"/clients/{wrong}/departures", {"reason": "void"})
    back = {"command": "reverse_payment", "payment_id": paid["payment_id"]}
    report = await intake.bulk([back, back, back | {"payment_id": wrong}])
    assert (report["applied"], [(one["line"], one["code"]) for one in report["refused"]]) == (
        1,
        [(2, "payment_reversed"), (3, "unknown_payment")],
    )
    await intake.post(f"/households/{home}/payments", DECEMBER)
    (row,) = (await intake.get(f"/households/{home}/payments"))[1]
    assert row["reversed_on"] == "2001-12-31"


async def test_a_run_pays_every_household_and_again_none(intake: IntakeWorld) -> None:
    homes = [await household(intake, 1000 + 10 * n, [benefit(60_000)], [benefit(40_000)]) for n in range(5)]
    lines = [{"command": "register", **person(2000 + n, benefits=[benefit(10_000)])} for n in range(700)]
    await intake.bulk(lines)
    status, report = await intake.post("/payment-runs", DECEMBER, key="december")
    assert (status, report["refused"], report["results"]) == (200, [], [])
    assert report["applied"] >= 705
    assert await intake.post("/payment-runs", DECEMBER, key="december") == (200, report)
    _, again = await intake.post("/payment-runs", DECEMBER)
    assert (again["lines"], again["applied"]) == (report["lines"], 0)
    for home, (head, _) in homes:
        assert await payments(intake, home) == [("2001-12", "hlu", head, 100_000, "DEM")]
