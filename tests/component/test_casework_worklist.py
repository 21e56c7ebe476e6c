"""Lists a page at a time, the work list of a case manager and of an office, and clients that are parked."""

import json
from datetime import date, timedelta
from typing import Any

from contracts import topics
from contracts.envelope import Envelope, midnight
from contracts.events import referrals
from services.casework.worklist import Section
from tests.component.casework_world import PLAN, CaseworkWorld, casework_on
from tests.component.runtime.world import CALLER, until
from tests.conftest import NewDatabase

PERSONS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(7)]
DAY = timedelta(days=1)


async def test_every_list_comes_in_pages_without_a_gap_or_a_repeat(broker: str, new_database: NewDatabase) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        await world.employ("vahr.fm1")
        for person_id in PERSONS:
            await world.able_client(person_id=person_id)
        await world.next_day()
        cases = [one["case_id"] for one in await world.listed("/cases")]
        assert cases == sorted(cases)
        assert len(cases) == len(PERSONS)
        assert await _pages(world, "/cases?state=open&assigned=true&limit=3") == [3, 3, 1]
        assert [one["case_id"] for one in await world.listed("/cases?limit=2")] == cases
        assert await _pages(world, "/cases?limit=7") == [7]
        for case_id in cases[:5]:
            await _reviewed_tomorrow_and_answered(world, case_id)
        await world.next_day()
        for section, count in (("due_reviews", 5), ("without_plan", 2), ("feedback", 10), ("reconciliation", 5)):
            path = f"/worklist/{section}?case_manager=vahr.fm1"
            whole = await world.listed(path)
            assert len(whole) == count, section
            assert await world.listed(f"{path}&limit=2") == whole
            assert await world.listed(f"/worklist/{section}?office=vahr&limit=3") == whole
            assert await world.listed(f"/worklist/{section}?office=groepelingen-walle") == []
        await _the_first_pages_say_where_the_others_are(world)
        assert await world.listed("/reconciliation?limit=2&resolved=false") == await world.listed("/reconciliation")
        for wrong in ("", "?case_manager=vahr.fm1&office=vahr"):
            assert (await world.get(f"/worklist{wrong}"))[1]["code"] == "whose_work_list"
        assert (await world.get("/worklist/nothing?office=vahr"))[1]["code"] == "invalid"
        assert (await world.get("/reconciliation?after=2001-13-45~x"))[1]["code"] == "invalid"


async def _pages(world: CaseworkWorld, path: str) -> list[int]:
    sizes = []
    while path:
        answer = await world.http.get(world.url + path, headers=CALLER)
        sizes.append(len(answer.json()))
        path = answer.links.get("next", {}).get("url", "")
    return sizes


async def _reviewed_tomorrow_and_answered(world: CaseworkWorld, case_id: str) -> None:
    """A plan, a referral, and two messages of the agency, one of which could not be applied."""
    await world.post(f"/cases/{case_id}/plans", PLAN | {"review_on": (world.on + DAY).isoformat()})
    body = {"agency": "arbeitsamt", "service": "job_placement"}
    _, asked = await world.post(f"/cases/{case_id}/referrals", body)
    _, case = await world.get(f"/cases/{case_id}")
    about: dict[str, Any] = {
        "person_id": case["person_id"],
        "referral_id": asked["referral_id"],
        "agency": "arbeitsamt",
        "occurred_on": world.on,
    }
    await world.tell(referrals.ReferralReceived(**about, message_id="received"))
    await world.reject(case["person_id"], asked["referral_id"], message_id="refused")


async def _the_first_pages_say_where_the_others_are(world: CaseworkWorld) -> None:
    _, worklist = await world.get("/worklist?case_manager=vahr.fm1&limit=4")
    assert set(worklist) == {section.value for section in Section} | {"next"}
    assert set(worklist["next"]) == {"due_reviews", "feedback", "reconciliation"}
    for section, path in worklist["next"].items():
        whole = await world.listed(f"/worklist/{section}?case_manager=vahr.fm1")
        assert worklist[section] + await world.listed(path) == whole


async def test_an_offices_list_has_cases_that_wait_and_a_parked_client_is_on_the_list(
    broker: str, new_database: NewDatabase
) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        case = await world.assigned()
        waiting = await world.case_of(await world.able_client())
        _, mine = await world.get("/worklist?case_manager=vahr.fm1")
        _, office = await world.get("/worklist?office=vahr")
        assert [one["case_id"] for one in mine["without_plan"]] == [case["case_id"]]
        assert {one["case_id"] for one in office["without_plan"]} == {case["case_id"], waiting["case_id"]}
        await _parks(world, case["person_id"])
        for query in ("case_manager=vahr.fm1", "office=vahr"):
            _, worklist = await world.get(f"/worklist?{query}")
            (parked,) = worklist["parked"]
            assert (parked["case_id"], parked["person_id"], parked["waiting"]) == (
                case["case_id"],
                case["person_id"],
                1,
            )
        assert (await world.post(f"/cases/{case['case_id']}/plans", PLAN))[1]["code"] == "parked"


async def _parks(world: CaseworkWorld, person_id: str) -> None:
    """A record of intake's that casework cannot read."""
    number = world.sent[f"{topics.PERSON.name}/{person_id}"] + 1
    envelope = Envelope(
        id="broken",
        source="/test",
        type="lotse.intake.OfficeChanged.v1",
        subject=person_id,
        time=midnight(world.on),
        sequence=number,
    )
    value = json.dumps({"person_id": person_id}).encode()
    await world.put(topics.PERSON, person_id.encode(), value, envelope.headers())

    async def parked() -> bool:
        return bool(await world.db.fetchval("select count(*) from parked_subject"))

    await until(parked, what="the client to be parked")
