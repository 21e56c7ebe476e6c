"""Casework over real PostgreSQL and Kafka: cases, plans, referrals, feedback, work lists, merges, replay."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from contracts import topics
from contracts.events import intake, referrals
from contracts.words import Currency, Department, Money
from services.casework import tables
from services.runtime.tables import RUNTIME, Access
from tests.component.casework_world import OFFER, PLAN, CaseworkWorld, casework_on

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = str(uuid.UUID(int=0))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def casework(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[CaseworkWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with casework_on(date(2001, 10, 2), broker, database) as world:
        yield world


async def test_an_able_client_of_a_centre_gets_a_case_and_with_the_next_day_a_case_manager(
    casework: CaseworkWorld,
) -> None:
    await casework.employ("huchting.fm1", office="huchting-obervieland")
    person_id = await casework.able_client(office="huchting-obervieland")
    waiting = await casework.case_of(person_id)
    assert (waiting["state"], waiting["case_manager"], waiting["ability"]) == ("open", None, "able")
    await casework.next_day()
    case = await casework.case_of(person_id)
    assert (case["case_manager"], case["assigned_on"]) == ("huchting.fm1", casework.on.isoformat())
    assert [type(event).__name__ for _, event in await casework.told_of(person_id)] == ["CaseOpened", "CaseAssigned"]


async def test_a_plan_is_published_as_codes_and_read_with_its_wording(casework: CaseworkWorld) -> None:
    case = await casework.planned()
    path = f"/cases/{case['case_id']}"
    status, answer = await casework.post(f"{path}/plans", PLAN | {"goal": "vocational_training"})
    assert (status, answer["plan_version"]) == (201, 2)
    _, plans = await casework.get(f"{path}/plans")
    assert [(one["plan_version"], one["goal"], one["strengths"]) for one in plans] == [
        (1, "regular_job", ["zuverlässig"]),
        (2, "vocational_training", ["zuverlässig"]),
    ]
    _, shown = await casework.get(path)
    assert shown["plan"]["plan_version"] == 2
    assert not [value for _, value, _ in await casework.records(topics.CASE) if "zuverl" in (value or b"").decode()]


async def test_an_incomplete_plan_is_refused(casework: CaseworkWorld) -> None:
    case = await casework.assigned()
    for missing in ("goal", "strengths", "duties_client", "duties_office"):
        body = {name: value for name, value in PLAN.items() if name != missing}
        status, problem = await casework.post(f"/cases/{case['case_id']}/plans", body)
        assert (status, problem["code"]) == (422, "incomplete_plan")
        assert missing in problem["detail"]
    status, problem = await casework.post(f"/cases/{case['case_id']}/referrals", OFFER)
    assert (status, problem["code"]) == (409, "no_plan")


async def test_a_referral_is_asked_for_once_however_often_the_request_comes(casework: CaseworkWorld) -> None:
    case = await casework.planned()
    path, key = f"/cases/{case['case_id']}/referrals", uuid.uuid4().hex
    first = await casework.post(path, OFFER, key=key)
    assert first[0] == 202
    assert await casework.post(path, OFFER, key=key) == first
    (shown,) = (await casework.case_of(case["person_id"]))["referrals"]
    assert (shown["referral_id"], shown["state"], shown["agency"]) == (first[1]["referral_id"], "draft", "arbeitsamt")
    asked = [event for _, event in await casework.told_of(case["person_id"]) if "Referral" in type(event).__name__]
    assert len(asked) == 1


async def test_a_referral_that_the_rules_refuse_is_a_problem_with_a_code(casework: CaseworkWorld) -> None:
    case = await casework.planned()
    for body, code in (
        (OFFER | {"agency": "nobody"}, "unknown_agency"),
        (OFFER | {"service": "job_scheme"}, "service_not_offered"),
        (OFFER | {"follows": NOBODY}, "nothing_to_follow"),
        (OFFER | {"note": "is ill"}, "invalid"),
        ({"agency": "arbeitsamt"}, "invalid"),
    ):
        status, problem = await casework.post(f"/cases/{case['case_id']}/referrals", body)
        assert (status, problem["code"]) == (422, code)
        assert "is ill" not in str(problem)


async def test_what_is_not_there_or_not_said_who_asks_is_a_problem(casework: CaseworkWorld) -> None:
    assert (await casework.get(f"/cases/{NOBODY}"))[1]["code"] == "unknown_case"
    assert (await casework.post(f"/cases/{NOBODY}/plans", PLAN))[1]["code"] == "unknown_case"
    assert (await casework.post(f"/referrals/{NOBODY}/withdrawal", {"reason": "error"}))[1][
        "code"
    ] == "unknown_referral"
    assert (await casework.post(f"/reconciliation/{NOBODY}/resolve"))[1]["code"] == "unknown_item"
    assert (await casework.get("/cases/anything"))[1]["code"] == "invalid"
    assert (await casework.get("/cases", **{"X-Purpose": ""}))[0] == 400
    status, problem = await casework.post(f"/cases/{NOBODY}/plans", PLAN, **{"X-Actor": "Frau Weber"})
    assert (status, problem["code"]) == (400, "invalid_actor")


async def test_feedback_is_on_the_timeline_with_its_event_id_and_on_the_work_list(casework: CaseworkWorld) -> None:
    case, referral_id = await casework.referred()
    about = {"person_id": case["person_id"], "referral_id": referral_id, "agency": "arbeitsamt"}
    event = referrals.ReferralAccepted(**about, occurred_on=casework.on, message_id="from-the-agency", implied=True)
    await casework.tell(event)
    _, entries = await casework.get(f"/cases/{case['case_id']}/timeline")
    (accepted,) = [one for one in entries if one["type"] == "ReferralAccepted"]
    assert accepted["data"] == {"message_id": "from-the-agency", "implied": True}
    told = {entry.id for entry, _ in await casework.published(topics.REFERRAL)}
    assert accepted["event_id"] in told
    _, worklist = await casework.get("/worklist?case_manager=vahr.fm1")
    assert accepted["event_id"] in {one["event_id"] for one in worklist["feedback"]}
    assert case["case_id"] not in {one["case_id"] for one in worklist["without_plan"]}


async def test_the_timeline_holds_no_payments_and_hides_what_is_young_peoples(casework: CaseworkWorld) -> None:
    case = await casework.assigned()
    paid: dict[str, Any] = {"payment_id": NOBODY, "household_id": NOBODY, "kind": "hlu", "month": "2001-10"}
    money = Money(minor=50_000, currency=Currency.DEM)
    await casework.tell(intake.BenefitPaid(person_id=case["person_id"], occurred_on=casework.on, amount=money, **paid))
    path = f"/cases/{case['case_id']}/timeline"
    (_, entries), (_, theirs) = await casework.get(path), await casework.get(path, **{"X-Department": "young_people"})
    assert "BenefitPaid" not in {one["type"] for one in entries}
    departments = [
        [one["data"]["departments"] for one in found if one["type"] == "DepartmentsAssigned"]
        for found in (entries, theirs)
    ]
    assert departments == [[["economic_assistance"]], [["economic_assistance", "young_people"]]]


async def test_who_read_a_file_of_young_peoples_services_is_for_their_department_only(
    casework: CaseworkWorld,
) -> None:
    person_id = await casework.able_client()
    alone = (Department.YOUNG_PEOPLE,)
    await casework.tell(intake.DepartmentsAssigned(person_id=person_id, occurred_on=casework.on, departments=alone))
    asked, theirs = f"/audit?person={person_id}", {"X-Department": "young_people"}
    await casework.get(asked, **theirs)
    (_, closed), (_, shown) = await casework.get(asked), await casework.get(asked, **theirs)
    assert closed == {"accesses": [], "after": None}
    assert {one["department"] for one in shown["accesses"]} == {"young_people", "economic_assistance"}


async def test_a_rejected_message_is_one_work_item_until_somebody_resolves_it(casework: CaseworkWorld) -> None:
    case, referral_id = await casework.referred()
    await casework.reject(case["person_id"], referral_id, message_id="late")
    _, worklist = await casework.get("/worklist?case_manager=vahr.fm1")
    (item,) = [one for one in worklist["reconciliation"] if one["referral_id"] == referral_id]
    assert (item["code"], item["message_id"]) == ("expired", "late")
    assert (await casework.post(f"/reconciliation/{item['item_id']}/resolve"))[0] == 200
    status, problem = await casework.post(f"/reconciliation/{item['item_id']}/resolve")
    assert (status, problem["code"]) == (409, "item_resolved")
    (_, still), (_, done) = [await casework.get(f"/reconciliation?resolved={which}") for which in ("false", "true")]
    assert item["item_id"] not in {one["item_id"] for one in still}
    assert {one["item_id"]: one["resolved_by"] for one in done}[item["item_id"]] == "meyer"


async def test_a_withdrawal_is_asked_for_once(casework: CaseworkWorld) -> None:
    case, referral_id = await casework.referred()
    for _ in range(2):
        status, _ = await casework.post(f"/referrals/{referral_id}/withdrawal", {"reason": "plan_changed"})
        assert status == 202
    (shown,) = (await casework.case_of(case["person_id"]))["referrals"]
    assert shown["withdrawal"] == "plan_changed"
    names = [type(event).__name__ for _, event in await casework.told_of(case["person_id"])]
    assert names.count("ReferralWithdrawalRequested") == 1


async def test_protection_closes_the_case_and_nobody_acts_in_it(casework: CaseworkWorld) -> None:
    case = await casework.planned()
    await casework.protect(case["person_id"])
    shown = await casework.case_of(case["person_id"])
    assert (shown["state"], shown["closed_reason"], shown["protected"]) == ("closed", "protected", True)
    status, problem = await casework.post(f"/cases/{case['case_id']}/referrals", OFFER)
    assert (status, problem["code"]) == (409, "case_closed")
    status, problem = await casework.post(f"/cases/{case['case_id']}/reopen", {"reason": "support_needed"})
    assert (status, problem["code"]) == (409, "no_case_today")


async def test_a_case_is_closed_and_reopened_by_hand(casework: CaseworkWorld) -> None:
    case = await casework.planned()
    path = f"/cases/{case['case_id']}"
    status, problem = await casework.post(f"{path}/close", {"reason": "aid_ended"})
    assert (status, problem["code"]) == (422, "fact_of_intake")
    assert (await casework.post(f"{path}/close", {"reason": "integrated"}))[0] == 200
    assert (await casework.post(f"{path}/reopen"))[1]["code"] == "invalid"
    status, problem = await casework.post(f"{path}/reopen", {"reason": "aid_again"})
    assert (status, problem["code"]) == (422, "fact_of_intake")
    assert (await casework.post(f"{path}/reopen", {"reason": "closed_in_error"}))[0] == 200
    shown = await casework.case_of(case["person_id"])
    assert (shown["state"], shown["case_manager"], shown["plan_version"]) == ("open", None, 1)
    assert shown["opened_on"] == case["opened_on"] < casework.on.isoformat()
    _, entries = await casework.get(f"{path}/timeline")
    reasons = {one["type"]: one["data"]["reason"] for one in entries if one["type"] in {"CaseClosed", "CaseReopened"}}
    assert reasons == {"CaseClosed": "integrated", "CaseReopened": "closed_in_error"}


async def test_cases_are_found_by_office_case_manager_state_and_missing_plan(casework: CaseworkWorld) -> None:
    planned, without = await casework.planned(), await casework.assigned()

    async def found(query: str) -> set[str]:
        return {one["case_id"] for one in await casework.listed(f"/cases?{query}")}

    assert {planned["case_id"], without["case_id"]} <= await found("office=vahr&case_manager=vahr.fm1&state=open")
    unplanned = await found("without_plan=true")
    assert without["case_id"] in unplanned
    assert planned["case_id"] not in unplanned
    assert await found("office=walle") == set()
    first = (await casework.listed("/cases?limit=1"))[0]  # a page may be empty: what is young people's is left out
    everything = await found("")
    assert await found(f"after={first['case_id']}") == everything - {first["case_id"]}


async def test_two_records_of_one_person_show_as_one(casework: CaseworkWorld) -> None:
    kept, other = await casework.planned(), await casework.planned()
    merged = {"merge_id": str(uuid.uuid4()), "survivor_id": other["person_id"], "loser_id": kept["person_id"]}
    for person_id in (other["person_id"], kept["person_id"]):
        await casework.tell(intake.ClientsMerged(person_id=person_id, occurred_on=casework.on, **merged))
    _, shown = await casework.get(f"/cases/{kept['case_id']}")
    assert (shown["person_id"], shown["state"]) == (other["person_id"], "open")
    _, closed = await casework.get(f"/cases/{other['case_id']}")
    assert (closed["person_id"], closed["closed_reason"]) == (other["person_id"], "merged")
    _, entries = await casework.get(f"/cases/{kept['case_id']}/timeline")
    assert len([one for one in entries if one["type"] == "ClientRegistered"]) == 2


async def test_the_newest_name_is_shown_with_the_case_and_stands_in_no_event(casework: CaseworkWorld) -> None:
    case = await casework.assigned()
    for family_name in ("Musterfrau", "Mustermann"):
        await casework.name(case["person_id"], family_name)
    _, shown = await casework.get(f"/cases/{case['case_id']}")
    assert shown["client"]["family_name"] == "Mustermann"
    _, entries = await casework.get(f"/cases/{case['case_id']}/timeline")
    assert "Muster" not in str(entries)


async def test_a_case_manager_is_registered_at_one_sozialzentrum(casework: CaseworkWorld) -> None:
    await casework.employ("walle.fm1", office="groepelingen-walle", limit=40)
    body = {"staff_id": "walle.fm1", "office": "vahr", "since": "2001-10-02"}
    assert (await casework.post("/case-managers", body))[1]["code"] == "case_manager_elsewhere"
    assert (await casework.post("/case-managers", body | {"office": "region-nord"}))[1]["code"] == "unknown_office"
    _, known = await casework.get("/case-managers?office=groepelingen-walle")
    assert [(one["staff_id"], one["caseload_limit"]) for one in known] == [("walle.fm1", 40)]


@pytest.mark.parametrize("at_once", [1_000_000, 3])
async def test_a_replay_rebuilds_everything_that_events_tell(
    casework: CaseworkWorld, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Also of more than is held in memory at once."""
    monkeypatch.setattr("services.runtime.replay._AT_ONCE", at_once)
    await casework.referred()
    found = await casework.replayed()
    assert found["identical"], found["tables"]
    rows = {one["table"]: one["rebuilt"] for one in found["tables"]}
    assert min(rows[name] for name in ("state", "reference", "cases", "timeline")) > 0


@pytest.mark.parametrize(
    ("table", "key", "change"),
    [
        ("state", "subject", 'update state set document = document || \'{"office": "nowhere"}\' where subject = $1'),
        ("cases", "case_id", "update cases set office = 'nowhere' where case_id = $1"),
        ("timeline", "event_id", "delete from timeline where event_id = $1"),
    ],
)
async def test_a_replay_finds_the_row_that_somebody_changed(
    casework: CaseworkWorld, table: str, key: str, change: str
) -> None:
    await casework.referred()
    before = [tuple(row) for row in await casework.db.fetch(f"select * from {table}")]
    row = await casework.db.fetchval(f"select {key} from {table} order by {key} limit 1")
    await casework.db.execute(change, row)
    found = await casework.replayed()
    differing = {one["table"]: one["first_difference"] for one in found["tables"] if one["first_difference"]}
    await casework.db.execute(f"delete from {table}")
    await casework.db.copy_records_to_table(table, records=before)
    assert not found["identical"]
    assert differing == {table: row}
    assert (await casework.replayed())["identical"]


async def test_the_migrated_tables_are_those_of_the_models(casework: CaseworkWorld) -> None:
    rows = await casework.db.fetch(
        "select table_name, column_name, is_nullable = 'YES' as nullable from information_schema.columns "
        "where table_schema = 'public' and table_name <> 'alembic_version'"
    )
    there = {(row["table_name"], row["column_name"], row["nullable"]) for row in rows}
    models = [sa.inspect(model).local_table for model in (*RUNTIME, Access, *tables.REBUILT, *tables.KEPT)]
    assert there == {(table.name, column.name, column.nullable) for table in models for column in table.columns}
