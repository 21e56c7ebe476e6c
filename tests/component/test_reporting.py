"""Reporting as a process of its own, on the run's real broker: heard, killed, asked, replayed."""

import signal
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from contracts import topics
from contracts.city import read_city
from services.reporting.app import service
from services.runtime.replay import replay
from services.runtime.settings import Settings
from tests.component.reporting_world import ReportingWorld
from tests.component.reporting_year import TODAY, counted, told
from tests.component.runtime.world import ROOT, until
from tests.conftest import NewDatabase


@pytest.fixture
async def world(broker: str, new_database: NewDatabase) -> AsyncIterator[ReportingWorld]:
    made = ReportingWorld(broker, await new_database())
    await made.prepare()
    yield made
    await made.close()


async def _has_heard(world: ReportingWorld, records: int) -> bool:
    return await world.heard() >= records


async def _tell_the_year(world: ReportingWorld) -> int:
    """The year on a running service. Returns the number of its events."""
    messages = told()
    await world.day(TODAY)
    await world.tell(messages)
    await until(lambda: _has_heard(world, len(messages) + 1), what="the year in the books")
    return len(messages)


async def test_a_year_of_events_becomes_the_report(world: ReportingWorld) -> None:
    await world.start()
    events = await _tell_the_year(world)

    found = await world.report()
    assert (found["from"], found["to"], found["month"]) == ("2001-04", "2002-03", "2002-03")
    assert (found["as_of"], found["reference_day"]) == ("2002-04-15", "2002-03-31")
    assert (found["recipients"], found["recipients_year_before"], found["change_on_year"]) == (6, 7, -14.29)
    assert (found["expenditure_dem_minor"], found["placements"], found["integrations"]) == (293_657, 7, 4)
    assert (found["events"], found["clients_registered"]) == (events, 9)

    status, months = await world.get("/months?from=2001-10&to=2002-03&office=vahr")
    assert status == 200
    by_hand = {month: numbers["recipients"] for (month, office), numbers in counted().items() if office == "vahr"}
    told_of = {one["month"]: one["offices"]["vahr"]["recipients"] for one in months["months"]}
    assert told_of == by_hand | {"2002-01": 1}

    status, offices = await world.get("/offices")
    assert status == 200
    assert len(offices["offices"]) == 16


async def test_the_months_default_to_the_year_up_to_today(world: ReportingWorld) -> None:
    await world.start()
    assert (await world.get("/report"))[1]["code"] == "no_business_day"
    await world.day(date(2001, 3, 1))
    await until(lambda: _is_today(world, date(2001, 3, 1)), what="the first day")

    status, report = await world.get("/report")
    assert (status, report["from"], report["to"], report["month"]) == (200, "2000-04", "2001-03", "2001-03")
    assert report["reasons"]["recipients"] == "before_records"
    status, months = await world.get("/months")
    assert (status, len(months["months"])) == (200, 13)


async def test_a_question_that_has_no_answer_is_refused(world: ReportingWorld) -> None:
    await world.start()
    for path, expected in {
        "/report?office=altona": (404, "unknown_office"),
        "/report?month=2002-13": (422, "invalid"),
        "/report?from=2002-04&to=2002-03": (422, "unusable_period"),
        "/months?from=1990-01&to=2002-03": (422, "unusable_period"),
        "/months?office=%00": (422, "invalid"),
        "/nothing": (404, "not_found"),
    }.items():
        status, answer = await world.get(path)
        assert (status, answer["code"]) == expected, path
    assert (await world.get("/report", **{"X-Purpose": ""}))[1]["code"] == "missing_caller"


async def test_killed_on_its_way_and_told_twice_it_counts_once(world: ReportingWorld) -> None:
    messages = told()
    await world.day(TODAY)
    await world.tell(messages[:60])
    dying = await world.start(ready=False, LOTSE_FAIL="inside:3,committed:2")
    assert await dying.ended() == -signal.SIGKILL
    await world.tell(messages[40:60])  # a relay that died after its send and before its delete
    await world.tell(messages[60:])
    await world.start()
    await until(lambda: _has_heard(world, len(messages) + 21), what="the year in the books")

    found = await world.report()
    assert (found["recipients"], found["expenditure_dem_minor"]) == (6, 293_657)
    assert found["events"] == len(messages)


async def test_replayed_from_the_topics_it_is_the_same(world: ReportingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.start()
    events = await _tell_the_year(world)
    await world.day(TODAY + timedelta(days=1))
    await until(lambda: _is_today(world, TODAY + timedelta(days=1)), what="the releases")
    releases = await world.db.fetchval("select count(*) from release_version")
    await until(lambda: _is_published(world, releases), what="the releases in their topic")
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)

    answer = await replay("reporting", Settings(service="reporting"))

    print(answer)
    assert answer["identical"], answer
    assert answer["events"] == events + releases + 2  # and the days
    assert {table["table"]: table["live"] > 0 for table in answer["tables"]} == {
        str(model.__tablename__): True for model in service(read_city(ROOT / "deploy/bremen")).tables
    }


async def test_a_person_whose_message_fails_is_told_of_in_the_report(world: ReportingWorld) -> None:
    await world.start()
    messages = told()
    await world.day(TODAY)
    poisoned = next(m for m in messages if m.event.type_name().startswith("lotse.intake.BenefitPaid"))
    await world.tell([m for m in messages if m.sequence < poisoned.sequence or m.subject != poisoned.subject])
    await world.put(poisoned.topic, poisoned.subject.encode(), b"{}", [("ce_id", b"x")])
    await until(lambda: _is_parked(world), what="the parked person")

    found = await world.report()
    assert found["parked"] == 1
    assert found["expenditure"]["DEM"]["hlu"] == 5_000  # V's alone


async def _is_parked(world: ReportingWorld) -> bool:
    found: int = await world.db.fetchval("select count(*) from parked_subject")
    return found == 1


async def _is_published(world: ReportingWorld, releases: int) -> bool:
    return sum((await world.ends(topics.RELEASE)).values()) == releases


async def _is_today(world: ReportingWorld, day: date) -> bool:
    return await world.today() == day
