"""The files of the regional departments, and everyone's transfer: many clients in one request."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from contracts import topics
from contracts.events.intake import OfficeChanged
from tests.component.intake_world import IntakeWorld, intake_on, person

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = str(uuid.UUID(int=0))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with intake_on(date(2001, 3, 1), broker, database) as world:
        yield world


def line(number: int, **fields: Any) -> dict[str, Any]:
    return {"command": "register", **person(number, **fields)}


async def test_good_lines_go_in_and_bad_ones_are_named(intake: IntakeWorld) -> None:
    good = [line(number, household={"number": str(number // 2)}) for number in range(1200)]
    bad: dict[int, tuple[Any, str, str]] = {
        3: (b'{"command": "register"', "json_invalid", "body"),
        100: ({"command": "abolish", "person_id": NOBODY}, "unknown_command", ""),
        501: (line(1, given_name=""), "string_too_short", "register.given_name"),
        700: ({"command": "end_benefits", "person_id": NOBODY, "reason": "work"}, "unknown_person", ""),
        701: (b'{"command": "register", "x": "' + b"x" * 70_000 + b'"}', "too_large", ""),
        800: (line(1, address=line(1)["address"] | {"district": "atlantis"}), "unknown_district", ""),
        801: (b"\xff\xfe", "json_invalid", "body"),
    }
    lines: list[Any] = list(good)
    for number, (wrong, _, _) in bad.items():
        lines.insert(number - 1, wrong)
    report = await intake.bulk(lines, key="import")
    assert (report["lines"], report["applied"], report["unchanged"]) == (1207, 1200, 0)
    assert [(one["line"], one["code"], one["field"]) for one in report["refused"]] == [
        (number, code, field) for number, (_, code, field) in bad.items()
    ]
    assert len({one["person_id"] for one in report["results"]}) == 1200
    assert not [line for line in report["results"] if line["line"] in bad]
    assert await intake.db.fetchval("select count(distinct household_id) from membership") == 600
    assert await intake.db.fetchval("select count(*) from identity_key") == 1200

    assert await intake.bulk(lines, key="import") == report
    again = await intake.bulk(lines)
    assert (again["applied"], again["unchanged"]) == (0, 1200)
    assert Counter(one["status"] for one in again["results"]) == {"known": 1200}
    assert [one["person_id"] for one in again["results"]] == [one["person_id"] for one in report["results"]]


async def test_one_person_twice_in_a_file_is_one_client(intake: IntakeWorld) -> None:
    twice = [line(2000), line(2000, family_name="MUSTERMANN"), line(2000)]
    report = await intake.bulk(twice)
    assert [one["status"] for one in report["results"]] == ["registered", "known", "known"]
    assert len({one["person_id"] for one in report["results"]}) == 1


async def test_files_that_meet_make_nobody_twice(intake: IntakeWorld) -> None:
    people = [line(number) for number in range(3000, 3300)]
    files = [people, people[::-1], people[100:] + people[:100]]
    reports = await asyncio.gather(*(intake.bulk(lines) for lines in files))
    assert sum(report["applied"] for report in reports) == 300
    assert len({one["person_id"] for report in reports for one in report["results"]}) == 300


async def test_each_line_sees_the_lines_before_it(intake: IntakeWorld) -> None:
    person_id = await intake.register(2100)
    report = await intake.bulk(
        [
            {"command": "correct", "person_id": person_id, "given_name": "Ottilie"},
            {"command": "end_benefits", "person_id": person_id, "reason": "work", "on": "2001-03-01"},
            {"command": "start_benefit", "person_id": person_id, "kind": "hlu", "since": "2001-03-01",
             "monthly": {"minor": 50_000, "currency": "DEM"}},
            {"command": "move", "person_id": person_id, "district": "vahr",
             "address": {"street": "Am Wall", "house_number": "1", "postcode": "28329"}},
            {"command": "depart", "person_id": person_id, "reason": "left_city", "on": "2001-03-31"},
            {"command": "protect", "person_id": person_id, "class": "ill"},
            {"command": "end_benefits", "person_id": person_id, "reason": "work"},
        ]
    )  # fmt: skip
    assert (report["applied"], report["unchanged"], report["refused"]) == (7, 0, [])
    assert [sorted(one) for one in report["results"]] == [["benefit_id", "line"], ["line", "protection_id"]]
    row = await intake.db.fetchrow("select given_name, street from identity where person_id = $1", person_id)
    assert tuple(row or ()) == ("Ottilie", "Am Wall")


async def test_an_empty_file_changes_nothing(intake: IntakeWorld) -> None:
    report = await intake.bulk([])
    assert report == {"lines": 0, "applied": 0, "unchanged": 0, "refused": [], "results": []}


async def test_everyone_is_transferred_to_the_centre_of_their_address_once(intake: IntakeWorld) -> None:
    moved = await intake.register(4000)
    gone = await intake.register(4001)
    await intake.post(f"/clients/{gone}/departures", {"reason": "death", "on": "2001-09-01"})
    everyone = await intake.db.fetchval("select count(*) from client where departed_on is null")
    body = {"on": "2001-10-02", "reason": "reorganisation"}
    status, report = await intake.post("/transfers", body, key="transfer")
    assert (status, report["applied"], report["refused"]) == (200, everyone, [])
    offices = await intake.db.fetch("select distinct office from client where departed_on is null")
    assert [row[0] for row in offices] == ["groepelingen-walle"]
    changes = [one for one in await intake.told_of(moved) if isinstance(one, OfficeChanged)]
    assert [(one.previous_office, one.office) for one in changes] == [("region-west", "groepelingen-walle")]
    assert not [one for one in await intake.told_of(gone) if isinstance(one, OfficeChanged)]

    assert await intake.post("/transfers", body, key="transfer") == (200, report)
    _, again = await intake.post("/transfers", body)
    assert (again["applied"], again["unchanged"]) == (0, everyone)


async def test_a_line_about_nobody_leaves_nothing_behind(intake: IntakeWorld) -> None:
    wrong = {"command": "end_benefits", "person_id": str(uuid.UUID(int=4711)), "reason": "work"}
    report = await intake.bulk([line(4000), wrong])
    assert [(one["line"], one["code"]) for one in report["refused"]] == [(2, "unknown_person")]
    assert await intake.db.fetch("select subject from ledger where last = 0") == []


async def test_the_ledger_counts_what_is_on_the_topic(intake: IntakeWorld) -> None:
    await intake.register(5000)
    await intake.told_of()
    counted = await intake.db.fetchval("select sum(last) from ledger where topic = 'intake.person.v1'")
    ends = await intake.ends(topics.PERSON)
    assert counted == sum(ends.values())
