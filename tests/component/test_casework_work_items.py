"""What waits for a case manager's word, over real PostgreSQL and Kafka: suggestions and messages nobody could read."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from contracts.events import intake, referrals
from contracts.words import ConfirmedBy, RejectionCode
from tests.component.casework_world import OFFER, CaseworkWorld, casework_on

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORKLIST = "/worklist?case_manager=vahr.fm1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def casework(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[CaseworkWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with casework_on(date(2001, 10, 2), broker, database) as world:
        yield world


async def suggested(casework: CaseworkWorld, case_id: str) -> list[dict[str, Any]]:
    _, worklist = await casework.get(WORKLIST)
    return [one for one in worklist["suggestions"] if one["case_id"] == case_id]


async def placed_elsewhere(casework: CaseworkWorld) -> tuple[dict[str, Any], str]:
    """A client with a confirmed placement by the Arbeitsamt, and a referral to the other agency."""
    case, first = await casework.referred()
    body = OFFER | {"agency": "bremer-arbeit", "service": "job_scheme"}
    _, answer = await casework.post(f"/cases/{case['case_id']}/referrals", body)
    about: dict[str, Any] = {"person_id": case["person_id"], "referral_id": first, "agency": "arbeitsamt"}
    confirmed = referrals.PlacementConfirmed(
        **about, occurred_on=casework.on, placement_id=str(uuid.uuid4()), confirmed_by=ConfirmedBy.START
    )
    await casework.tell(confirmed)
    return case, answer["referral_id"]


async def test_a_placement_offers_to_withdraw_the_other_agencys_referral(casework: CaseworkWorld) -> None:
    case, other = await placed_elsewhere(casework)
    (item,) = await suggested(casework, case["case_id"])
    assert (item["kind"], item["referral_id"]) == ("withdraw_referral", other)
    assert (await casework.post(f"/suggestions/{item['item_id']}/accept"))[0] == 200
    shown = await casework.case_of(case["person_id"])
    assert {one["referral_id"]: one["withdrawal"] for one in shown["referrals"]}[other] == "placed_elsewhere"
    assert await suggested(casework, case["case_id"]) == []
    status, problem = await casework.post(f"/suggestions/{item['item_id']}/decline")
    assert (status, problem["code"]) == (409, "suggestion_settled")


async def test_a_suggestion_is_gone_when_the_referral_ends_by_itself(casework: CaseworkWorld) -> None:
    case, other = await placed_elsewhere(casework)
    about: dict[str, Any] = {"person_id": case["person_id"], "referral_id": other, "agency": "bremer-arbeit"}
    await casework.tell(referrals.ReferralExpired(**about, occurred_on=casework.on))
    assert await suggested(casework, case["case_id"]) == []
    told = [event.model_dump() for _, event in await casework.told_of(case["person_id"])][-1]
    assert (told["outcome"], told["settled_by"]) == ("lapsed", None)


async def test_an_ended_merge_is_one_item_on_the_list_of_whoever_had_the_case(casework: CaseworkWorld) -> None:
    kept, other = await casework.planned(), await casework.planned()
    merge = {"merge_id": str(uuid.uuid4()), "survivor_id": kept["person_id"], "loser_id": other["person_id"]}
    for told in (intake.ClientsMerged, intake.ClientsUnmerged):
        for person_id in (kept["person_id"], other["person_id"]):
            await casework.tell(told(person_id=person_id, occurred_on=casework.on, **merge))
    assert await suggested(casework, kept["case_id"]) == []
    (item,) = await suggested(casework, other["case_id"])
    assert (item["kind"], item["merge_id"], item["reopenable"]) == ("review_unmerge", merge["merge_id"], True)
    assert (await casework.post(f"/suggestions/{item['item_id']}/accept"))[0] == 200
    assert (await casework.case_of(other["person_id"]))["state"] == "open"


@pytest.mark.parametrize("code", ["malformed", "unknown_type", "too_large"])
async def test_a_message_that_nobody_can_read_is_one_item_of_its_referrals_case_manager(
    casework: CaseworkWorld, code: str
) -> None:
    case, referral_id = await casework.referred()
    for _ in range(2):
        await casework.reject(case["person_id"], referral_id, message_id="unreadable", code=RejectionCode(code))
    _, worklist = await casework.get(WORKLIST)
    (item,) = [one for one in worklist["reconciliation"] if one["case_id"] == case["case_id"]]
    assert (item["referral_id"], item["message_id"], item["code"]) == (referral_id, "unreadable", code)


async def test_an_item_of_a_closed_case_stays_on_the_list_of_whoever_had_it(casework: CaseworkWorld) -> None:
    case, referral_id = await casework.referred()
    await casework.post(f"/cases/{case['case_id']}/close", {"reason": "integrated"})
    await casework.reject(case["person_id"], referral_id, message_id="late")
    _, worklist = await casework.get(WORKLIST)
    assert case["case_id"] in {one["case_id"] for one in worklist["reconciliation"]}


async def test_a_replay_rebuilds_suggestions_and_items(casework: CaseworkWorld) -> None:
    await placed_elsewhere(casework)
    found = await casework.replayed()
    assert found["identical"], found["tables"]
    rows = {one["table"]: one["rebuilt"] for one in found["tables"]}
    assert min(rows["suggestion"], rows["reconciliation_item"]) > 0
