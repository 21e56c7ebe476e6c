"""A person is erased: no table of the four databases names or describes them, whatever arrives or is rebuilt later."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, Final

import pytest

from contracts import topics
from contracts.envelope import Envelope, Headers, midnight
from contracts.events import casework, intake, partners
from contracts.events import referrals as facts
from contracts.profile import Profile
from contracts.topics import SERVICES, partner_out
from contracts.words import Mobility, PlacementKind, Qualification, RejectionCode, ServiceKind
from services.casework.tables import PlanText
from tests.component.erasure_world import AGENCIES, ErasureWorld, four_services_on
from tests.conftest import NewDatabase

KEPT: Final = {
    "intake": {"state", "ledger", "membership", "erasure", "access"},
    "casework": {"state", "ledger", "access"},
    "referrals": {"state", "reference", "ledger", "access"},
    "reporting": {"ledger"},
}
"""Where a person's id may still stand (docs/adr/0020): marks, counters, households, confirmations due, who asked."""
SECRETS: Final = ("Klarabella", "Zwirnhuber", "Quittenpfad", "0421 987001", "1964-03-17", "löten", "Pünktlichkeit")
WHY: Final = {"reason": "no_longer_needed", "legal_basis": "sgb_x_84"}
HLU: Final = {"kind": "hlu", "monthly": {"minor": 60_000, "currency": "DEM"}, "since": "2001-10-01"}
ABILITY: Final = {
    "ability": "able", "qualification": "vocational", "languages": ["de"], "hours_per_week": 38, "mobility": "city",
    "work_permit": True, "strengths": ["kann löten"],
}  # fmt: skip
PLAN: Final = {
    "goal": "regular_job", "steps": ["apply", "refer"], "strengths": ["Pünktlichkeit"],
    "duties_client": ["bewirbt sich"], "duties_office": ["hilft"],
}  # fmt: skip


@pytest.fixture
async def world(broker: str, new_database: NewDatabase) -> AsyncIterator[ErasureWorld]:
    async with four_services_on(date(2001, 10, 2), broker, new_database) as made:
        yield made


def _body(**fields: Any) -> dict[str, Any]:
    address = {"street": "Quittenpfad", "house_number": "4", "postcode": "28329", "district": "vahr"}
    found = {"given_name": "Klarabella", "family_name": "Zwirnhuber", "birth_date": "1964-03-17", "sex": "female"}
    return {**found, "address": address, "phone": "0421 987001", **fields}


async def _helped(world: ErasureWorld) -> dict[str, str]:
    """A client registered twice and merged, paid, with a plan and a job by an agency; and one who resembles them."""
    staff = {"staff_id": "vahr.fm1", "office": "vahr", "since": world.on.isoformat(), "caseload_limit": 20}
    await world.done("casework", "/case-managers", staff)
    one = (await world.done("intake", "/clients", _body(benefits=[HLU])))["person_id"]
    twin = (await world.done("intake", "/clients", _body(given_name="Klarabela", phone=None)))["person_id"]
    address = {"street": "Am Wall", "house_number": "9", "postcode": "28195", "district": "vahr"}
    other = (await world.done("intake", "/clients", _body(family_name="Zwirnhuber", address=address)))["person_id"]
    await world.done("intake", f"/clients/{one}/assessments", {**ABILITY, "earliest_start": world.on.isoformat()})
    basis = {"kind": "consent", "valid_from": world.on.isoformat()}
    await world.done("intake", f"/clients/{one}/disclosure-bases", basis)
    await world.done("intake", "/merges", {"survivor_id": one, "loser_id": twin})
    household = (await world.get("intake", f"/clients/{one}"))[1]["household_id"]
    await world.done("intake", f"/households/{household}/payments", {"month": "2001-10"})
    await world.next_day()
    (case,) = (await world.get("casework", "/cases"))[1]
    await world.done("casework", f"/cases/{case['case_id']}/plans", PLAN)
    offer = {"agency": AGENCIES[0], "service": "job_placement"}
    referral = (await world.done("casework", f"/cases/{case['case_id']}/referrals", offer))["referral_id"]
    said: dict[str, Any] = {"referral_id": referral, "occurred_on": world.on}
    await world.say(partners.ReferralAccepted(**said))
    await world.say(_result(**said))
    return {"one": one, "twin": twin, "other": other, "case": case["case_id"], "referral": referral}


def _result(**said: Any) -> partners.PlacementResultReported:
    kind = PlacementKind.REGULAR_JOB
    return partners.PlacementResultReported(
        **said, kind=kind, employer_id="12345678", start_date=said["occurred_on"], hours_per_week=38
    )


async def _figures(world: ErasureWorld) -> Any:
    status, found = await world.get("reporting", "/months?from=2001-10&to=2001-10")
    assert status == 200, found
    return found["months"]


async def _assert_nothing_is_known(world: ErasureWorld, who: dict[str, str]) -> None:
    for service in SERVICES:
        for person in (who["one"], who["twin"]):
            assert await world.tables_with(service, person) <= KEPT[service], service
        for secret in SECRETS:
            assert await world.tables_with(service, secret) == set(), (service, secret)
    assert await world.tables_with("casework", who["case"]) <= {"access"}
    assert await world.tables_with("referrals", who["referral"]) <= KEPT["referrals"]


async def test_an_erased_person_is_found_nowhere_and_nothing_brings_them_back(
    world: ErasureWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await _helped(world)
    one, erasure = who["one"], f"/clients/{who['twin']}/erasure"
    status, refused = await world.post("intake", erasure, WHY)
    assert (status, refused["code"]) == (409, "aid_in_force")
    await world.done("intake", f"/clients/{one}/departures", {"reason": "left_city", "on": world.on.isoformat()})
    await _the_other_one_is_called_otherwise(world, who)
    for service in ("intake", "casework", "referrals"):
        assert await world.tables_with(service, one) - KEPT[service], f"{service} holds what is to go"
    before, reporting_had = await _figures(world), await world.tables_with("reporting", one)
    assert len(reporting_had) > 5

    await world.done("intake", erasure, WHY)
    await _assert_nothing_is_known(world, who)
    assert await _figures(world) == before
    assert (await world.get("intake", f"/clients/{one}"))[0] == 404
    assert (await world.get("intake", f"/clients/{who['other']}"))[1]["possible_duplicates"] == []
    for person in (one, who["twin"]):
        assert await world.told(topics.PERSON, person)
        last = [value for key, value, _ in await world.reader.records(topics.IDENTITY) if key == person.encode()][-1]
        assert last is None, "the compacted topic forgets the name"

    again = await world.done("intake", erasure, WHY)
    assert again["events"] == []
    await _the_agency_erases_too(world, who)
    await _late_messages_are_nobodys(world, who)
    await _assert_nothing_is_known(world, who)
    assert await world.parked() == 0
    for at_once in (1_000_000, 5):  # whoever named the erased one may be in another share
        monkeypatch.setattr("services.runtime.replay._AT_ONCE", at_once)
        for service in SERVICES:
            found = await world.replayed(service)
            assert found["identical"], (service, [one for one in found["tables"] if one["first_difference"]])


async def test_a_database_restored_from_an_older_backup_comes_to_the_erased_state(world: ErasureWorld) -> None:
    who = await _helped(world)
    await world.done("intake", f"/clients/{who['one']}/departures", {"reason": "death"})
    await _the_other_one_is_called_otherwise(world, who)
    identity = await world.db["intake"].fetchrow("select * from identity where person_id = $1", who["one"])
    text = await world.db["casework"].fetchrow(f"select * from {PlanText.__tablename__}")
    assert identity is not None
    assert text is not None
    await world.done("intake", f"/clients/{who['one']}/erasure", WHY)
    await world.stop()
    for service, table, row in (("intake", "identity", identity), ("casework", "plan_text", text)):
        values = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await world.db[service].execute(f"insert into {table} values ({values})", *row.values())
        await world.db[service].execute("delete from state")
        await world.replayed(service, restore=True)
    await _assert_nothing_is_known(world, who)
    await world.start()
    assert await world.parked() == 0


async def _the_other_one_is_called_otherwise(world: ErasureWorld, who: dict[str, str]) -> None:
    """So that a search for a word finds the erased person or nobody."""
    name = {"given_name": "Ada", "family_name": "Lorenz", "birth_date": "1950-01-01", "phone": "1"}
    await world.done("intake", f"/clients/{who['other']}/corrections", name)


async def _the_agency_erases_too(world: ErasureWorld, who: dict[str, str]) -> None:
    said: dict[str, Any] = {"referral_id": who["referral"], "occurred_on": world.on}
    told = [type(event).__name__ for event in await world.told(partner_out(AGENCIES[0]), who["referral"])]
    assert told.count("EraseRequested") == 1
    await world.say(partners.EraseConfirmed(**said))
    await world.say(partners.EraseConfirmed(**said))
    await world.say(_result(**said))
    answers = (await world.told(partner_out(AGENCIES[0]), who["referral"]))[-3:]
    assert [type(one).__name__ for one in answers] == ["MessageApplied", "MessageDuplicate", "MessageRejected"]
    assert [one.code for one in answers if isinstance(one, partners.MessageRejected)] == [
        RejectionCode.UNKNOWN_REFERRAL
    ]
    confirmed = [
        one for one in await world.told(topics.REFERRAL, who["one"]) if isinstance(one, facts.ErasureConfirmed)
    ]
    assert len(confirmed) == 1


async def _late_messages_are_nobodys(world: ErasureWorld, who: dict[str, str]) -> None:
    """All that was ever said of them once more, a wish that casework had not sent yet, and bytes that nobody can
    read: heard, counted, and no one is parked."""
    one = who["one"]
    for topic in (topics.PERSON, topics.IDENTITY, topics.CASE, topics.REFERRAL):
        for key, value, headers in await world.reader.records(topic):
            if key in {one.encode(), who["twin"].encode()} and value is not None:
                await world.send(topic, key, value, headers)
    wish = casework.ReferralRequested(
        person_id=one,
        occurred_on=world.on,
        case_id=who["case"],
        referral_id=who["case"],
        agency=AGENCIES[1],
        service=ServiceKind.JOB_PLACEMENT,
        profile=Profile(
            qualification=Qualification.NONE,
            languages=("de",),
            hours_per_week=30,
            mobility=Mobility.CITY,
            work_permit=True,
            earliest_start=world.on,
        ),
        intake_sequence=1,
    )
    await world.put(topics.CASE, wish, await _numbered(world, "casework", topics.CASE, one) + 1)
    found = intake.PossibleDuplicateFound(person_id=one, occurred_on=world.on, other_id=who["other"], similarity=90)
    number = await _numbered(world, "intake", topics.PERSON, one)
    await world.put(topics.PERSON, found, number + 1)
    headers = [(name, b"%d" % (number + 2) if name == "ce_sequence" else value) for name, value in _headers(found)]
    await world.send(topics.PERSON, one.encode(), b"{", headers)
    await world.put(topics.PERSON, found, number + 3)
    await world.settle()


def _headers(event: intake.PossibleDuplicateFound) -> Headers:
    time = midnight(event.occurred_on)
    return Envelope(
        id="broken", source="/test", type=event.type_name(), subject=event.subject, time=time, sequence=1
    ).headers()


async def _numbered(world: ErasureWorld, service: str, topic: topics.Topic, subject: str) -> int:
    query = "select last from ledger where topic = $1 and subject = $2"
    found: int = await world.db[service].fetchval(query, topic.name, subject)
    return found
