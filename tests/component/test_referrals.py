"""Referrals over real PostgreSQL and Kafka: a referral's way, deadlines over a restart, races, merges, replay."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contracts import topics
from contracts.events import intake, partners
from contracts.events import referrals as facts
from contracts.events.casework import ReferralWithdrawalRequested
from contracts.topics import partner_in, partner_out
from contracts.words import EndReason, PlacementKind, RejectionCode, ServiceKind, WithdrawReason
from tests.component.referrals_world import ARBEITSAMT, BAG, ReferralsWorld, referrals_on
from tests.component.runtime.world import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = str(uuid.UUID(int=0))
DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def referrals(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[ReferralsWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with referrals_on(date(2001, 8, 31), broker, database) as world:
        yield world


def result(world: ReferralsWorld, referral_id: str, *, start: date | None = None) -> partners.PlacementResultReported:
    return partners.PlacementResultReported(
        referral_id=referral_id,
        occurred_on=world.on,
        kind=PlacementKind.REGULAR_JOB,
        employer_id="12345678",
        start_date=start or world.on,
        hours_per_week=38,
    )


def names(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_a_referral_goes_its_whole_way(referrals: ReferralsWorld) -> None:
    person_id, referral_id = await referrals.offered()
    said: dict[str, Any] = {"referral_id": referral_id, "occurred_on": referrals.on}
    for event in (
        partners.ReferralReceived(**said),
        partners.ReferralAccepted(**said),
        partners.ServiceStarted(**said),
    ):
        await referrals.say(event)
    await referrals.say(result(referrals, referral_id, start=referrals.on + 3 * DAY), message_id="result-a")
    assert names(await referrals.facts_of(person_id)) == [
        "ReferralDrafted",
        "ReferralRequested",
        "ReferralReceived",
        "ReferralAccepted",
        "ServiceStarted",
        "PlacementReported",
        "ReferralCompleted",
    ]
    assert await referrals.told(ARBEITSAMT, referral_id) == [
        "ReferralOffered",
        "MessageApplied",
        "ContactReleased",
        "MessageApplied",
        "MessageApplied",
        "MessageApplied",
    ]
    status, view = await referrals.get(f"/referrals/{referral_id}")
    assert (status, view["state"], view["implied"]) == (200, "completed", False)
    (placement,) = view["placements"]
    assert (placement["state"], placement["start"]) == ("reported", "2001-09-03")
    status, lines = await referrals.get(f"/placements?state=reported&person_id={person_id}")
    assert [line["placement_id"] for line in lines] == [placement["placement_id"]]
    path = f"/placements/{placement['placement_id']}/confirmation"
    status, answer = await referrals.post(path, key="confirm")
    assert (status, answer["placement_id"]) == (200, placement["placement_id"])
    assert [one["type"] for one in answer["events"]] == ["lotse.referrals.PlacementConfirmed.v1"]
    assert await referrals.post(path, key="confirm") == (status, answer)
    status, problem = await referrals.post(path)
    assert (status, problem["code"]) == (409, "already_confirmed")
    await refused_once(referrals, person_id, path)


async def refused_once(referrals: ReferralsWorld, person_id: str, path: str) -> None:
    """A refused order is an error and an event; the same order sent again is the same error and no second event."""
    before = names(await referrals.facts_of(person_id)).count("MoveRefused")
    key = uuid.uuid4().hex
    answers = [await referrals.post(path, key=key) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 409
    assert names(await referrals.facts_of(person_id)).count("MoveRefused") == before + 1


async def test_nothing_that_links_a_client_to_anything_else_leaves(referrals: ReferralsWorld) -> None:
    person_id, referral_id = await referrals.offered(agency=BAG)
    await referrals.settle()
    records = await referrals.records(partner_out(BAG))
    mine = [(value, headers) for key, value, headers in records if key == referral_id.encode()]
    assert len(mine) == 1
    for value, headers in mine:
        content = (value or b"") + b"".join(value for _, value in headers)
        assert person_id.encode() not in content
        assert b"Geheim" not in content
        assert not {"ce_correlationid", "ce_causationid", "traceparent"} & {name for name, _ in headers}


async def test_names_are_in_no_event_of_ours(referrals: ReferralsWorld) -> None:
    _, referral_id = await referrals.offered()
    await referrals.say(partners.ReferralAccepted(referral_id=referral_id, occurred_on=referrals.on))
    await referrals.settle()
    assert not [value for _, value, _ in await referrals.records(topics.REFERRAL) if b"Geheim" in (value or b"")]
    (contact,) = [
        event
        for _, event in await referrals.published(partner_out(ARBEITSAMT))
        if isinstance(event, partners.ContactReleased) and event.referral_id == referral_id
    ]
    assert contact.family_name == "Geheim"


async def test_a_protected_client_is_not_offered_and_one_protected_later_is_withdrawn(
    referrals: ReferralsWorld,
) -> None:
    protected = await referrals.client()
    await referrals.protect(protected)
    refused = await referrals.request(protected)
    person_id, referral_id = await referrals.offered()
    await referrals.protect(person_id)
    await referrals.say(partners.ReferralAccepted(referral_id=referral_id, occurred_on=referrals.on), message_id="late")
    await referrals.settle()
    assert await referrals.told(ARBEITSAMT, refused) == []
    told = await referrals.told(ARBEITSAMT, referral_id)
    assert sorted(told[1:3]) in (["EraseRequested", "ReferralWithdrawn"], ["ContactReleased", "MessageApplied"])
    assert (await referrals.get(f"/referrals/{referral_id}"))[1]["state"] == "withdrawn"
    assert (told.count("EraseRequested"), told.count("ReferralWithdrawn")) == (1, 1)


async def test_every_record_of_an_agency_gets_exactly_one_answer(referrals: ReferralsWorld) -> None:
    person_id, referral_id = await referrals.offered()
    stranger, foreign = await referrals.offered(agency=BAG)
    topic, key = partner_in(ARBEITSAMT), referral_id.encode()
    good = partners.ReferralReceived(referral_id=referral_id, occurred_on=referrals.on)
    body = good.model_dump_json().encode()
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"m-1"),
        ("ce_source", b"/test"),
        ("ce_type", good.type_name().encode()),
        ("ce_subject", key),
        ("ce_time", b"2001-08-31T00:00:00+02:00"),
    ]
    broken = [
        (key, b"{", headers, "malformed"),
        (key, b"\xff\xfe", headers, "malformed"),
        (key, None, headers, "malformed"),
        (key, body, [], "malformed"),
        (key, body, [*headers[:1], ("ce_id", b"\xff"), *headers[2:]], "malformed"),
        (b"\xff", body, headers, "malformed"),
        (None, body, headers, "malformed"),
        (foreign.encode(), body, headers, "malformed"),
        (key, body.replace(b"2001", b"20x1"), headers, "malformed"),
        (key, b'{"pad": "' + b"x" * 300_000 + b'"}', headers, "too_large"),
        (key, body, [*headers[:3], ("ce_type", b"lotse.partners.in.Nonsense.v1"), *headers[4:]], "unknown_type"),
    ]
    wanted = {}
    for record_key, value, sent, code in broken:
        wanted[await referrals.put_raw(topic, record_key, value, sent)] = code
    tolerated = body[:-1] + b', "note": "unknown fields are tolerated"}'
    wanted[await referrals.put_raw(topic, key, tolerated, headers)] = "MessageApplied"
    wanted[await referrals.put_raw(topic, key, body, headers)] = "MessageDuplicate"
    unknown = partners.ReferralAccepted(referral_id=NOBODY, occurred_on=referrals.on)
    wanted[await referrals.say(unknown)] = "unknown_referral"
    other = partners.ReferralAccepted(referral_id=foreign, occurred_on=referrals.on)
    wanted[await referrals.say(other)] = "unknown_referral"
    await referrals.settle()
    answers = await referrals.answers()
    found = {
        place: [one.code.value if isinstance(one, partners.MessageRejected) else type(one).__name__ for one in given]
        for place, given in answers.items()
        if place in wanted
    }
    assert found == {place: [answer] for place, answer in wanted.items()}
    letters = await referrals.records(topic.dead_letters("referrals"))
    assert len(letters) == len(broken)
    told = [one for one in await referrals.facts_of(person_id) if isinstance(one, facts.PartnerMessageRejected)]
    named = [one.message_id for one in told if not one.readable]
    assert named[0] == "m-1"  # once, however often it came
    assert [name.rpartition("/")[0].rpartition("/")[0] for name in named[1:]] == [topic.name, topic.name]
    rejected = [one for one in await referrals.facts_of(stranger) if isinstance(one, facts.PartnerMessageRejected)]
    assert all(one.readable for one in rejected)  # nothing of another agency's broken record
    assert (await referrals.get(f"/referrals/{foreign}"))[1]["state"] == "requested"


async def test_capacity_is_announced_by_service(referrals: ReferralsWorld) -> None:
    for places in (12, 7):
        announced = partners.CapacityAnnounced(
            occurred_on=referrals.on, service=ServiceKind.QUALIFICATION, places=places
        )
        await referrals.say(announced, BAG)
    await referrals.settle()
    _, lines = await referrals.get("/capacity")
    assert lines == [{"agency": BAG, "service": "qualification", "places": 7, "announced_on": referrals.on.isoformat()}]


async def test_merged_twins_leave_one_referral(referrals: ReferralsWorld) -> None:
    (anna, first), (berta, second) = await referrals.offered(), await referrals.offered()
    merge_id = str(uuid.uuid4())
    for key in (anna, berta):
        await referrals.tell(
            intake.ClientsMerged(
                person_id=key, occurred_on=referrals.on, merge_id=merge_id, survivor_id=anna, loser_id=berta
            )
        )
    await referrals.settle()
    states = {one: (await referrals.get(f"/referrals/{one}"))[1]["state"] for one in (first, second)}
    assert states == {min(first, second): "requested", max(first, second): "withdrawn"}
    _, lines = await referrals.get(f"/referrals?person_id={berta}")
    assert {line["referral_id"] for line in lines} == {first, second}
    third = await referrals.request(berta)
    await referrals.settle()
    _, view = await referrals.get(f"/referrals/{third}")
    assert (view["state"], view["reason"]) == ("void", "open_twin")


async def test_a_case_manager_withdraws_and_voids(referrals: ReferralsWorld) -> None:
    person_id, referral_id = await referrals.offered()
    await referrals.tell(
        ReferralWithdrawalRequested(
            person_id=person_id,
            occurred_on=referrals.on,
            case_id=NOBODY,
            referral_id=referral_id,
            reason=WithdrawReason.PLAN_CHANGED,
        )
    )
    await referrals.settle()
    status, answer = await referrals.post(f"/referrals/{referral_id}/void")
    assert (status, answer["referral_id"]) == (200, referral_id)
    status, problem = await referrals.post(f"/referrals/{referral_id}/void")
    assert (status, problem["code"]) == (409, "illegal_transition")
    await refused_once(referrals, person_id, f"/referrals/{referral_id}/void")


@pytest.mark.parametrize("path", [f"/referrals/{NOBODY}", f"/referrals/{NOBODY}/void"])
async def test_what_does_not_exist_is_not_found(referrals: ReferralsWorld, path: str) -> None:
    ask = referrals.post if path.endswith("void") else referrals.get
    status, problem = await ask(path)
    assert (status, problem["code"]) == (404, "not_found")


async def test_deadlines_come_once_each_over_kills_and_restarts(referrals: ReferralsWorld) -> None:
    person_id, referral_id = await referrals.offered()
    placed, done = await referrals.offered()
    await referrals.say(result(referrals, done), message_id="result-b")
    ended = partners.PlacementEnded(
        referral_id=referral_id,
        occurred_on=referrals.on,
        result_id="never-comes",
        end_date=referrals.on,
        reason=EndReason.ILLNESS,
    )
    place = await referrals.say(ended)
    first = referrals.on
    for days in (2, 29):
        await referrals.next_day(days)
        replica = referrals.replicas[-1]
        replica.process.kill()
        await replica.ended()
        await referrals.start()
    told = [event for event in await referrals.facts_of(person_id) if not isinstance(event, facts.PartnerMessageHeld)]
    assert [(type(event).__name__, (event.occurred_on - first).days) for event in told[2:]] == [
        ("ReferralReminded", 3),
        ("ReferralReminded", 9),
        ("ReferralExpired", 14),
        ("PartnerMessageRejected", 30),
    ]
    given = (await referrals.answers())[place]
    assert names(given) == ["MessageHeld", "MessageRejected"]
    assert isinstance(given[1], partners.MessageRejected)
    assert given[1].code is RejectionCode.NO_SUCH_RESULT
    assert names(await referrals.facts_of(placed)).count("PlacementConfirmed") == 1


async def test_a_replay_rebuilds_the_same_tables(referrals: ReferralsWorld) -> None:
    found = await referrals.replayed()
    assert found["identical"], found["tables"]
    assert {table["table"] for table in found["tables"]} == {"state", "alias", "reference", "referral", "placement"}
    assert all(table["live"] for table in found["tables"])


async def test_a_replay_under_other_deadlines_rebuilds_the_same_tables(
    referrals: ReferralsWorld, tmp_path: Path
) -> None:
    """Who was requested under old deadlines keeps them, also in a database that is rebuilt under new ones."""
    await referrals.offered()
    _, served = await referrals.offered(agency=BAG)
    said: dict[str, Any] = {"referral_id": served, "occurred_on": referrals.on}
    await referrals.say(partners.ReferralAccepted(**said), BAG)
    await referrals.say(partners.ServiceStarted(**said), BAG)
    changed = (ROOT / "deploy/bremen/city.toml").read_text(encoding="utf-8")
    for old, new in (("reminders = [3, 9]", "reminders = [1, 5]"), ("silence = 30", "silence = 4")):
        assert old in changed
        changed = changed.replace(old, new)
    (tmp_path / "city.toml").write_text(changed, encoding="utf-8")
    found = await referrals.replayed(LOTSE_CONFIG=str(tmp_path))
    assert found["identical"], found["tables"]
