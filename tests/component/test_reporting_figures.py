"""The figures on a real PostgreSQL, against the year that was counted by hand (reporting_year.txt)."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from contracts.event import PersonEvent
from contracts.events.intake import (
    AbilityAssessed,
    BenefitEnded,
    BenefitPaid,
    BenefitStarted,
    ClientDeparted,
    ClientRegistered,
    ClientsMerged,
    PaymentReversed,
)
from contracts.topics import PERSON
from contracts.words import (
    Ability,
    BenefitEndReason,
    BenefitKind,
    Currency,
    DepartureReason,
    Mobility,
    Money,
    Qualification,
    Sex,
)
from services.reporting.figures import Progress, progress
from services.reporting.handlers import project
from services.reporting.period import Reason
from services.reporting.report import months, report
from services.reporting.store import TABLES
from services.reporting.tables import tables
from services.runtime.database import upsert_models
from services.runtime.decision import Message
from services.runtime.migrations import migrate
from services.runtime.replay import dump
from tests.component.reporting_year import FIELDS, TODAY, counted, named, told
from tests.conftest import NewDatabase

ANNA, BERTA = named("anna"), named("berta")


@pytest.fixture
async def database(new_database: NewDatabase) -> str:
    address = await new_database()
    await migrate("reporting", address)
    return address


@pytest.fixture
async def year(database: str) -> AsyncIterator[AsyncConnection]:
    """The books after the year was told."""
    await tell(database, told())
    async with reading(database) as found:
        yield found


@asynccontextmanager
async def reading(database: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(
        database.replace("postgresql://", "postgresql+asyncpg://"),
        execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"},
    )
    async with engine.connect() as found:
        yield found
    await engine.dispose()


async def tell(database: str, messages: Iterable[Message], *, today: date | None = TODAY, batch: int = 7) -> None:
    """Projects messages as the runtime does, in batches."""
    waiting = list(messages)
    db = await asyncpg.connect(database)
    for start in range(0, len(waiting), batch):
        await upsert_models(db, [row for message in waiting[start : start + batch] for row in project(message)])
    if today is not None:
        await db.execute(
            "insert into business_day (id, today) values (1, $1) on conflict (id) do update set today = $1", today
        )
    await db.close()


async def dumped(database: str) -> dict[str, list[str]]:
    db = await asyncpg.connect(database)
    found = {str(model.__tablename__): await dump(db, model, "public") for model in TABLES}
    await db.close()
    return found


async def reported(db: AsyncConnection, month: str = "2002-03", office: str | None = None) -> dict[str, Any]:
    known: Progress = await progress(db)
    made = await report(db, known, first="2001-04", last="2002-03", month=month, office=office)
    return made.model_dump(mode="json", by_alias=True)


async def test_every_office_and_month_is_as_counted_by_hand(year: AsyncConnection) -> None:
    found = await months(year, await progress(year), first="2001-03", last="2002-03", office=None)
    by_hand: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for (month, office), numbers in counted().items():
        by_hand[month][office] = numbers

    told_of = {one.month: one for one in found.months}
    for month, offices in by_hand.items():
        made = told_of[month]
        assert {o: {f: getattr(made.offices[o], f) for f in FIELDS} for o in made.offices} == offices, month
        assert made.city is not None
        assert made.complete
        summed = {field: sum(numbers[field] for numbers in offices.values()) for field in FIELDS}
        assert {field: getattr(made.city, field) for field in FIELDS} == summed, month


async def test_the_report_is_as_counted_by_hand(year: AsyncConnection) -> None:
    found = await reported(year)

    assert {name: found[name] for name in ("recipients", "households", "recipients_year_before")} == {
        "recipients": 6,
        "households": 5,
        "recipients_year_before": 7,
    }
    assert found["change_on_year"] == -14.29
    assert found["expenditure_dem_minor"] == 293_657
    assert found["expenditure"] == {"DEM": {"hbl": 30_000, "hlu": 205_000}, "EUR": {"hlu": 29_991}}
    assert (found["placements"], found["integrations"]) == (7, 4)
    assert (found["cases_open"], found["clients_registered"]) == (3, 9)
    assert {state: n for state, n in found["referrals"].items() if n} == {
        "completed": 1,
        "void": 1,
        "expired": 1,
        "requested": 1,
    }
    assert found["sustained_6_months"] == {
        "matured": 2,
        "sustained": 1,
        "failed": 0,
        "unknown": 1,
        "rate": 100.0,
        "reason": None,
    }
    assert found["sustained_12_months"] is None
    assert found["reasons"] == {"sustained_12_months": "no_matured_cohort"}
    assert found["covered"] == {"since": "2001-04-01", "until": "2002-03-31"}


async def test_an_office_is_compared_with_itself(year: AsyncConnection) -> None:
    closed = await reported(year, office="region-west")
    opened = await reported(year, office="groepelingen-walle")

    assert (closed["recipients"], closed["recipients_year_before"], closed["change_on_year"]) == (0, 3, -100.0)
    assert closed["expenditure_dem_minor"] == 105_000
    assert (closed["placements"], closed["integrations"]) == (1, 1)
    assert (opened["recipients"], opened["recipients_year_before"], opened["change_on_year"]) == (3, 0, None)
    assert opened["reasons"]["change_on_year"] == Reason.ZERO_DENOMINATOR
    assert opened["expenditure"] == {"DEM": {"hlu": 100_000}, "EUR": {"hlu": 29_991}}
    assert sum(opened["referrals"].values()) == 3


async def test_a_referral_is_in_the_state_told_last_of_those_that_have_come(year: AsyncConnection) -> None:
    found = await months(year, await progress(year), first="2001-10", last="2002-04", office=None)
    states = [{s: n for s, n in m.city.referrals.items() if n} for m in found.months if m.city]

    assert states[0] == {}
    assert states[1] == {"in_service": 1, "void": 1}
    assert states[2] == {"in_service": 1, "void": 1, "expired": 1}
    assert states[6] == {"completed": 1, "void": 1, "expired": 1, "rejected": 1}


async def test_the_running_month_is_counted_up_to_today_and_compared_with_nothing(year: AsyncConnection) -> None:
    found = await reported(year, month="2002-04")

    assert (found["reference_day"], found["complete"]) == ("2002-04-15", False)
    assert (found["recipients"], found["households"]) == (7, 6)
    assert found["change_on_year"] is None
    assert found["reasons"]["change_on_year"] == Reason.MONTH_NOT_OVER
    found_months = await months(year, await progress(year), first="2002-04", last="2002-05", office=None)
    april, may = found_months.months
    assert april.city is not None
    assert april.city.placements == 0  # G's begins on the 20th
    assert (may.city, may.reason, may.offices) == (None, Reason.NOT_STARTED, {})


async def test_before_the_first_registration_there_is_no_number(year: AsyncConnection) -> None:
    found = await reported(year, month="2002-02")

    assert found["recipients"] == 8
    assert (found["recipients_year_before"], found["change_on_year"]) == (None, None)
    assert found["reasons"]["recipients_year_before"] == Reason.BEFORE_RECORDS
    assert found["reasons"]["change_on_year"] == Reason.BEFORE_RECORDS


async def test_empty_books_tell_nothing_and_say_why(database: str) -> None:
    async with reading(database) as db:
        before = await reported(db)
    await tell(database, [], today=TODAY)
    async with reading(database) as db:
        after = await reported(db)

    assert {before[name] for name in before["reasons"]} == {None}
    assert set(before["reasons"].values()) == {Reason.NO_BUSINESS_DAY}
    assert set(after["reasons"].values()) == {Reason.BEFORE_RECORDS}
    assert before["reasons"].keys() == after["reasons"].keys() >= {"recipients", "integrations", "referrals"}


async def test_a_fact_told_late_changes_its_own_month_only(database: str) -> None:
    late = {named("e"), named("p7")}
    messages = told()
    ids = {
        message.id
        for message in messages
        if {getattr(message.event, "benefit_id", None), getattr(message.event, "payment_id", None)} & late
    }
    await tell(database, [message for message in messages if message.id not in ids])
    async with reading(database) as db:
        before = await months(db, await progress(db), first="2001-03", last="2002-03", office=None)
    await tell(database, [message for message in messages if message.id in ids])
    async with reading(database) as db:
        after = await months(db, await progress(db), first="2001-03", last="2002-03", office=None)

    changed = {
        one.month: (
            other.city.recipients - one.city.recipients,
            other.city.expenditure_dem_minor - one.city.expenditure_dem_minor,
        )
        for one, other in zip(before.months, after.months, strict=True)
        if one.city and other.city
    }
    assert changed["2001-03"] == (0, 0)
    assert {found for month, found in changed.items() if month not in {"2001-03", "2002-02"}} == {(1, 0)}
    assert changed["2002-02"] == (1, 19_552)


async def test_a_payment_that_is_taken_back_is_missing_in_the_month_it_was_for(database: str) -> None:
    messages = told()
    (paid,) = [one for one in messages if isinstance(one.event, BenefitPaid) and one.event.payment_id == named("p7")]
    fields = paid.event.model_dump() | {"occurred_on": TODAY, "author": "a.clerk"}
    back = paid._replace(event=PaymentReversed.model_validate(fields), id="back", sequence=paid.sequence + 1000)
    await tell(database, messages)
    async with reading(database) as db:
        before = await months(db, await progress(db), first="2001-03", last="2002-04", office=None)
    await tell(database, [back, back])
    async with reading(database) as db:
        after = await months(db, await progress(db), first="2001-03", last="2002-04", office=None)

    changed = {
        one.month: (other.city.expenditure_dem_minor - one.city.expenditure_dem_minor)
        for one, other in zip(before.months, after.months, strict=True)
        if one.city and other.city and one.city != other.city
    }
    assert changed == {"2002-02": -19_552}


async def test_a_wrong_entry_that_is_registered_again_is_counted_again(database: str) -> None:
    march = date(2001, 3, 1)
    await tell(database, _aided(ANNA, 1, march))
    await tell(database, _heard(4, ClientDeparted(occurred_on=march, person_id=ANNA, reason=DepartureReason.VOID)))
    assert await _city(database) == {"recipients": 0, "able_to_work": 0, "distinct_recipients": 0}
    await tell(database, _aided(ANNA, 5, march))
    assert await _city(database) == {"recipients": 1, "able_to_work": 1, "distinct_recipients": 1}


async def test_a_benefit_that_ended_on_its_first_day_was_never_received(database: str) -> None:
    middle = date(2001, 3, 15)
    told_of = _aided(ANNA, 1, middle)
    ended = BenefitEnded(occurred_on=middle, person_id=ANNA, benefit_id=ANNA, reason=BenefitEndReason.ERROR)
    await tell(database, [*told_of, *_heard(9, ended)])
    assert await _city(database) == {"recipients": 0, "able_to_work": 0, "distinct_recipients": 0}


async def test_of_a_merged_person_the_newest_assessment_counts_of_whichever_record(database: str) -> None:
    await tell(database, [*_aided(ANNA, 1, date(2001, 3, 2)), *_aided(BERTA, 1, date(2001, 3, 2), benefit=False)])
    assert (await _city(database))["able_to_work"] == 1
    await tell(database, _heard(9, _assessed(ANNA, date(2001, 3, 20), Ability.UNABLE)))
    assert (await _city(database))["able_to_work"] == 0
    merge = {"merge_id": named("merged"), "survivor_id": ANNA, "loser_id": BERTA}
    for person in (ANNA, BERTA):
        await tell(database, _heard(20, ClientsMerged(occurred_on=date(2001, 3, 25), person_id=person, **merge)))
    assert await _city(database) == {"recipients": 1, "able_to_work": 0, "distinct_recipients": 1}


def _heard(sequence: int, *events: PersonEvent) -> list[Message]:
    """Messages of a person, numbered on from there."""
    return [
        Message(PERSON, event, event.subject, named(f"{event.subject}/{number}"), number)
        for number, event in enumerate(events, sequence)
    ]


def _aided(person: str, sequence: int, day: date, *, benefit: bool = True) -> list[Message]:
    """Registered, able to work and, perhaps, with aid in force."""
    registered = ClientRegistered(
        occurred_on=day, person_id=person, office="vahr", district="vahr", sex=Sex.FEMALE, birth_month="1970-02"
    )
    monthly = Money(minor=60_000, currency=Currency.DEM)
    aid = BenefitStarted(occurred_on=day, person_id=person, benefit_id=person, kind=BenefitKind.HLU, monthly=monthly)
    return _heard(sequence, registered, _assessed(person, day, Ability.ABLE), *([aid] if benefit else []))


def _assessed(person: str, day: date, ability: Ability) -> AbilityAssessed:
    return AbilityAssessed(
        occurred_on=day,
        person_id=person,
        ability=ability,
        qualification=Qualification.NONE,
        languages=("de",),
        hours_per_week=38,
        mobility=Mobility.CITY,
        work_permit=True,
        earliest_start=day,
        author="m.weber",
    )


async def _city(database: str) -> dict[str, int]:
    """March 2001."""
    async with reading(database) as db:
        (cells,) = (await tables(db, (await progress(db)).books, ["2001-03"])).values()
    whole = {cell.figure: cell.number for cell in cells if not cell.dimension}
    return {figure: whole.get(figure, 0) for figure in ("recipients", "able_to_work", "distinct_recipients")}


async def test_any_interleaving_of_persons_and_topics_gives_the_same_tables(new_database: NewDatabase) -> None:
    first = await new_database()
    await migrate("reporting", first)
    await tell(first, told())
    expected = await dumped(first)

    for seed in range(3):
        other = await new_database()
        await migrate("reporting", other)
        await tell(other, interleaved(told(), seed), batch=1 + seed * 50)
        assert await dumped(other) == expected


def interleaved(messages: list[Message], seed: int) -> list[Message]:
    """Another order, the same for each person and topic; some messages twice, as a relay may send them."""
    chance = random.Random(seed)
    queues: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in messages:
        queues[message.topic.name, message.subject].append(message)
    found = []
    while queues:
        key = chance.choice(sorted(queues))
        found.append(queues[key].pop(0))
        if chance.random() < 0.2:
            found.append(found[-1])
        if not queues[key]:
            del queues[key]
    return found
