"""C9 over HTTP, on the real database: every address of intake, casework and referrals records whose file it touched."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta

import pytest
import pytest_asyncio

from contracts.events import partners
from contracts.words import PlacementKind
from tests.component.access_routes import assert_every_route_records
from tests.component.casework_world import CaseworkWorld, casework_on
from tests.component.intake_world import IntakeWorld, intake_on, person
from tests.component.referrals_world import ReferralsWorld, referrals_on

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY = date(2001, 8, 31)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    async with intake_on(DAY, broker, await asyncio.to_thread(new_module_database)) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def casework(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[CaseworkWorld]:
    async with casework_on(DAY, broker, await asyncio.to_thread(new_module_database)) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def referrals(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[ReferralsWorld]:
    async with referrals_on(DAY, broker, await asyncio.to_thread(new_module_database)) as world:
        yield world


async def test_every_address_of_intake_records(intake: IntakeWorld) -> None:
    person_id = await intake.register(1)
    await intake.register(1, birth_date="1965-04-30", given_name=person(1)["given_name"] + "a")
    household = str((await intake.get(f"/clients/{person_id}"))[1]["household_id"])
    status, paid = await intake.post(f"/households/{household}/payments", {"month": "2001-08"})
    assert status == 200, paid
    reads = {
        "GET /clients/{person_id}": f"/clients/{person_id}",
        "GET /households/{household_id}/payments": f"/households/{household}/payments",
        "GET /duplicates": "/duplicates",
    }
    await assert_every_route_records(intake.http, intake.url, intake.db, person_id, reads)


async def test_a_registration_is_a_write_about_the_new_client_alone(intake: IntakeWorld) -> None:
    person_id = await intake.register(22)
    (row,) = await intake.db.fetch("select * from access where $1 = any(subjects)", person_id)
    assert (row["action"], row["route"], row["subjects"]) == ("write", "POST /clients", [person_id])
    assert "Mustermann" not in str(dict(row))


async def test_whom_another_department_may_not_see_is_a_refused_access(intake: IntakeWorld) -> None:
    person_id = await intake.register(333, departments=["young_people"], birth_date="1986-01-01")
    assert (await intake.get(f"/clients/{person_id}"))[0] == 404
    rows = await intake.db.fetch("select outcome from access where $1 = any(subjects) and action = 'read'", person_id)
    assert [row["outcome"] for row in rows] == ["refused"]


async def test_who_read_a_file_of_young_peoples_services_is_for_their_department_only(intake: IntakeWorld) -> None:
    person_id = await intake.register(4444, departments=["young_people"], birth_date="1986-02-02")
    asked, theirs = f"/audit?person={person_id}", {"X-Department": "young_people"}
    assert (await intake.get(asked))[1] == (await intake.get(f"/audit?person={uuid.uuid4()}"))[1]
    found = (await intake.get(asked, **theirs))[1]["accesses"]
    assert {"POST /clients", "GET /audit"} == {one["route"] for one in found}


async def test_every_address_of_casework_records(casework: CaseworkWorld) -> None:
    case, referral_id = await casework.referred()
    person_id, case_id = case["person_id"], case["case_id"]
    await casework.name(person_id, "Mustermann")
    await casework.reject(person_id, referral_id, message_id=uuid.uuid4().hex)
    reads = {
        "GET /cases": "/cases",
        "GET /reconciliation": "/reconciliation",
        "POST /clients/search": ("/clients/search", {"family_name": "Mustermann"}),
        "GET /worklist": "/worklist?office=vahr",
        "GET /worklist/{section}": "/worklist/reconciliation?office=vahr",
        "GET /cases/{case_id}": f"/cases/{case_id}",
        "GET /cases/{case_id}/plans": f"/cases/{case_id}/plans",
        "GET /cases/{case_id}/timeline": f"/cases/{case_id}/timeline",
        "GET /cases/{case_id}/file": f"/cases/{case_id}/file",
    }
    nobodys = frozenset({"GET /case-managers"})
    await assert_every_route_records(casework.http, casework.url, casework.db, person_id, reads, nobodys=nobodys)
    logged = await casework.db.fetch("select access::text as row from access")
    assert not any("Mustermann" in one["row"] for one in logged)


async def test_every_section_of_a_work_list_records_whom_it_shows(casework: CaseworkWorld) -> None:
    case, referral_id = await casework.referred()
    person_id = case["person_id"]
    await casework.reject(person_id, referral_id, message_id=uuid.uuid4().hex)
    for section in ("feedback", "reconciliation"):
        status, rows = await casework.get(f"/worklist/{section}?office=vahr")
        assert status == 200
        assert rows, section
        subjects = await casework.db.fetchval("select subjects from access order by id desc limit 1")
        assert person_id in subjects, section


async def test_every_address_of_referrals_records(referrals: ReferralsWorld) -> None:
    person_id, referral_id = await referrals.offered()
    await referrals.say(
        partners.PlacementResultReported(
            referral_id=referral_id,
            occurred_on=referrals.on,
            kind=PlacementKind.REGULAR_JOB,
            employer_id="12345678",
            start_date=referrals.on + timedelta(days=3),
            hours_per_week=38,
        )
    )
    await referrals.settle()
    reads = {
        "GET /referrals": "/referrals",
        "GET /referrals/{referral_id}": f"/referrals/{referral_id}",
        "GET /placements": "/placements",
    }
    nobodys = frozenset({"GET /capacity"})
    await assert_every_route_records(referrals.http, referrals.url, referrals.db, person_id, reads, nobodys=nobodys)
    placement = (await referrals.get(f"/placements?person_id={person_id}"))[1][0]["placement_id"]
    assert (await referrals.post(f"/placements/{placement}/confirmation"))[0] == 200
    (row,) = await referrals.db.fetch("select * from access where action = 'write'")
    assert (row["subjects"], row["named"]) == ([person_id], [placement])
