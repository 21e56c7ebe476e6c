"""Intake's API over real PostgreSQL and Kafka: one person once, dates, refusals, merges."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import TypeAdapter

from contracts import topics
from contracts.events.intake import ClientsMerged, IdentityRecorded
from services.intake import tables
from services.intake.domain.client import Client, initial
from services.intake.domain.fold import fold
from tests.component.intake_world import IntakeWorld, intake_on, person
from tests.component.runtime.world import CALLER, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = str(uuid.UUID(int=0))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[IntakeWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with intake_on(date(2001, 3, 1), broker, database) as world:
        yield world


async def test_a_registration_is_published_in_order_and_its_identity_apart(intake: IntakeWorld) -> None:
    status, answer = await intake.post("/clients", person(1))
    assert (status, answer["status"]) == (201, "registered")
    assert [one["type"] for one in answer["events"]] == [
        "lotse.intake.ClientRegistered.v1",
        "lotse.intake.HouseholdChanged.v1",
        "lotse.identity.IdentityRecorded.v1",
        "lotse.intake.DepartmentsAssigned.v1",
        "lotse.intake.BenefitStarted.v1",
    ]
    await until(intake.settled)
    told = [(e.sequence, type(event).__name__) for e, event in await intake.published(topics.PERSON)
            if event.subject == answer["person_id"]]  # fmt: skip
    assert told == [(1, "ClientRegistered"), (2, "HouseholdChanged"), (3, "DepartmentsAssigned"), (4, "BenefitStarted")]
    identities = [event for _, event in await intake.published(topics.IDENTITY) if event.subject == answer["person_id"]]
    assert [one.given_name for one in identities if isinstance(one, IdentityRecorded)] == [person(1)["given_name"]]
    assert not [value for _, value, _ in await intake.records(topics.PERSON) if b"Mustermann" in (value or b"")]


async def test_the_same_person_at_the_same_moment_is_one_client(intake: IntakeWorld) -> None:
    answers = await asyncio.gather(*(intake.post("/clients", person(2)) for _ in range(12)))
    assert len({answer["person_id"] for _, answer in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 11 + [201]


async def test_a_repeated_request_has_the_first_ones_answer(intake: IntakeWorld) -> None:
    first = await intake.post("/clients", person(3), key="person 3")
    assert await intake.post("/clients", person(3), key="person 3") == first
    status, problem = await intake.post("/clients", person(4), key="person 3")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


async def test_a_registered_client_is_shown(intake: IntakeWorld) -> None:
    person_id = await intake.register(5, protection={"class": "ill"})
    status, shown = await intake.get(f"/clients/{person_id}")
    assert status == 200
    assert (shown["office"], shown["departments"]) == ("region-west", ["adults"])
    assert [one["monthly"] for one in shown["benefits"][0]["amounts"]] == [{"minor": 60_000, "currency": "DEM"}]
    assert "Mustermann" not in str(shown)


YOUNG_PEOPLE = {"X-Department": "young_people"}


async def test_that_young_people_are_looked_after_is_for_their_department_only(intake: IntakeWorld) -> None:
    person_id = await intake.register(6, departments=["young_people", "economic_assistance"])
    _, shown = await intake.get(f"/clients/{person_id}")
    _, theirs = await intake.get(f"/clients/{person_id}", **YOUNG_PEOPLE)
    assert shown["departments"] == ["economic_assistance"]
    assert theirs["departments"] == ["young_people", "economic_assistance"]


@pytest.mark.parametrize("department", ["economic_assistance", "adults"])
async def test_a_client_of_young_peoples_services_alone_is_unknown_to_the_others(
    intake: IntakeWorld, department: str
) -> None:
    minor = await intake.register(70, given_name="Wiebke", birth_date="1990-01-01")
    other = await intake.register(70, given_name="Wibke", birth_date="1990-01-01", departments=["economic_assistance"])
    others = {"X-Department": department}
    status, problem = await intake.get(f"/clients/{minor}", **others)
    unknown = await intake.get(f"/clients/{NOBODY}", **others)
    assert (status, problem) == unknown
    assert status == 404
    assert (await intake.get(f"/clients/{minor}", **YOUNG_PEOPLE))[0] == 200

    assert (await intake.get(f"/clients/{other}", **others))[1]["possible_duplicates"] == []
    assert (await intake.get(f"/clients/{other}", **YOUNG_PEOPLE))[1]["possible_duplicates"] == [minor]
    for headers, is_told in ((others, False), (YOUNG_PEOPLE, True)):
        _, rows = await intake.get("/duplicates?limit=500", **headers)
        assert ([row for row in rows if minor in {row["person_id"], row["other_id"]}] != []) is is_told


async def test_what_is_paid_to_a_client_of_young_people_alone_is_on_their_list_only(intake: IntakeWorld) -> None:
    minor = await intake.register(71, birth_date="1990-01-01")
    _, shown = await intake.get(f"/clients/{minor}", **YOUNG_PEOPLE)
    path = f"/households/{shown['household_id']}/payments"
    await intake.post(path, {"month": "2001-03"})
    assert await intake.get(path) == (200, [])
    assert [row["person_id"] for row in (await intake.get(path, **YOUNG_PEOPLE))[1]] == [minor]


async def test_a_merged_record_of_an_adult_opens_the_one_of_young_people(intake: IntakeWorld) -> None:
    minor, known = await intake.register(72, birth_date="1990-01-01"), await intake.register(73)
    await intake.post("/merges", {"survivor_id": minor, "loser_id": known})
    assert (await intake.get(f"/clients/{minor}"))[0] == 200


async def test_a_move_keeps_what_was_corrected_before(intake: IntakeWorld) -> None:
    person_id = await intake.register(7)
    await intake.post(f"/clients/{person_id}/corrections", {"given_name": "Ottilie", "phone": "0421 1"})
    address = {"street": "Am Wall", "house_number": "1", "postcode": "28195"}
    status, _ = await intake.post(f"/clients/{person_id}/moves", {"district": "mitte", "address": address})
    assert status == 200
    row = await intake.db.fetchrow("select given_name, street, phone from identity where person_id = $1", person_id)
    assert tuple(row or ()) == ("Ottilie", "Am Wall", "0421 1")
    _, again = await intake.post("/clients", person(7, given_name="Ottilie", address=address | {"district": "mitte"}))
    assert (again["person_id"], again["status"]) == (person_id, "known")


async def test_corrections_that_meet_are_both_kept(intake: IntakeWorld) -> None:
    person_id = await intake.register(8)
    bodies = [{"given_name": "Ottilie"}, {"family_name": "Meier"}, {"phone": "0421 2"}, {"birth_date": "1966-05-30"}]
    answers = await asyncio.gather(*(intake.post(f"/clients/{person_id}/corrections", body) for body in bodies))
    assert {status for status, _ in answers} == {200}
    row = await intake.db.fetchrow(
        "select given_name, family_name, phone, birth_date from identity where person_id = $1", person_id
    )
    assert tuple(row or ()) == ("Ottilie", "Meier", "0421 2", date(1966, 5, 30))


async def test_a_namesake_of_the_same_birthday_is_a_review_item_until_merged(intake: IntakeWorld) -> None:
    first = await intake.register(9)
    other = await intake.register(9, address=person(9)["address"] | {"street": "Nebenstraße"})
    pair = sorted((first, other))
    assert pair in [[row["person_id"], row["other_id"]] for row in (await intake.get("/duplicates"))[1]]
    await intake.post("/merges", {"survivor_id": first, "loser_id": other})
    assert pair not in [[row["person_id"], row["other_id"]] for row in (await intake.get("/duplicates"))[1]]


async def _pairs(intake: IntakeWorld, state: str = "open") -> list[list[str]]:
    _, rows = await intake.get(f"/duplicates?state={state}&limit=500")
    return [[row["person_id"], row["other_id"]] for row in rows]


async def test_a_typing_error_is_one_review_item_and_shows_at_both(intake: IntakeWorld) -> None:
    first = await intake.register(60, given_name="Annegret", family_name="Grünewald")
    other = await intake.register(60, given_name="Annegret", family_name="Gruenwald", birth_date="1965-04-03")
    stranger = await intake.register(60, given_name="Hildegard", family_name="Grünewald")
    pairs = [pair for pair in await _pairs(intake) if {first, other, stranger} & set(pair)]
    assert pairs == [sorted((first, other))]
    for one, twin in ((first, other), (other, first)):
        assert (await intake.get(f"/clients/{one}"))[1]["possible_duplicates"] == [twin]


async def test_a_correction_may_make_two_records_resemble_each_other(intake: IntakeWorld) -> None:
    first = await intake.register(61, given_name="Roswitha", family_name="Kruse")
    other = await intake.register(61, given_name="Elfriede", family_name="Kruse")
    await intake.post(f"/clients/{other}/corrections", {"given_name": "Roswita"})
    assert sorted((first, other)) in await _pairs(intake)


async def test_two_persons_are_never_offered_again(intake: IntakeWorld) -> None:
    first = await intake.register(62, given_name="Lena", family_name="Twisterling")
    twin = await intake.register(62, given_name="Lea", family_name="Twisterling")
    pair = sorted((first, twin))
    assert pair in await _pairs(intake)
    body = {"person_id": twin, "other_id": first}
    status, answer = await intake.post("/duplicates/dismissals", body, **{"X-Actor": "d.clerk"})
    assert (status, len(answer["events"])) == (200, 2)
    assert await intake.post("/duplicates/dismissals", body) == (200, {"events": []})

    assert pair not in await _pairs(intake)
    _, closed = await intake.get("/duplicates?state=dismissed")
    assert [(row["dismissed_by"], row["dismissed_on"]) for row in closed if row["person_id"] == pair[0]] == [
        ("d.clerk", "2001-03-01")
    ]
    assert (await intake.get(f"/clients/{first}"))[1]["possible_duplicates"] == []
    address = {"street": "Am Wall", "house_number": "1", "postcode": "28195"}
    await intake.post(f"/clients/{twin}/moves", {"district": "mitte", "address": address})
    assert pair not in await _pairs(intake)


async def test_only_a_review_item_is_dismissed(intake: IntakeWorld) -> None:
    one, other = await intake.register(63), await intake.register(64)
    status, problem = await intake.post("/duplicates/dismissals", {"person_id": one, "other_id": other})
    assert (status, problem["code"]) == (404, "unknown_duplicate")


async def test_two_who_resemble_each_other_and_register_at_the_same_moment_are_a_review_item(
    intake: IntakeWorld,
) -> None:
    born = [f"19{year}-0{month}-11" for year in range(40, 50) for month in (1, 5)]
    for day in born:
        one, other = await asyncio.gather(
            intake.register(65, given_name="Friedhelm", birth_date=day),
            intake.register(65, given_name="Friedhelms", birth_date=day),
        )
        assert sorted((one, other)) in await _pairs(intake)


async def test_a_merge_leads_to_the_survivor_until_it_is_undone(intake: IntakeWorld) -> None:
    survivor, loser = await intake.register(10), await intake.register(11)
    status, merged = await intake.post("/merges", {"survivor_id": survivor, "loser_id": loser})
    assert status == 201
    told = [one for one in await intake.told_of(survivor, loser) if isinstance(one, ClientsMerged)]
    assert sorted(one.subject for one in told) == sorted((survivor, loser))
    assert {one.merge_id for one in told} == {merged["merge_id"]}

    await intake.post(f"/clients/{loser}/protections", {"class": "care"})
    _, shown = await intake.get(f"/clients/{loser}")
    assert (shown["person_id"], shown["merged_from"]) == (survivor, loser)
    assert [one["protection_class"] for one in shown["protections"]] == ["care"]

    status, _ = await intake.post(f"/merges/{merged['merge_id']}/undo")
    assert status == 200
    _, shown = await intake.get(f"/clients/{loser}")
    assert (shown["person_id"], shown["protections"]) == (loser, [])
    assert sorted((survivor, loser)) in await _pairs(intake)
    status, problem = await intake.post(f"/merges/{merged['merge_id']}/undo")
    assert (status, problem["code"]) == (409, "merge_ended")


async def test_the_view_tells_who_set_and_who_cleared_a_protection(intake: IntakeWorld) -> None:
    person_id = await intake.register(50)
    _, answer = await intake.post(f"/clients/{person_id}/protections", {"class": "ill"}, **{"X-Actor": "b.doctor"})
    _, shown = await intake.get(f"/clients/{person_id}")
    (protection,) = shown["protections"]
    assert (protection["set_by"], protection["set_recorded_on"]) == ("b.doctor", "2001-03-01")
    assert (protection["cleared_by"], protection["cleared_on"]) == (None, None)

    path = f"/clients/{person_id}/protections/{answer['protection_id']}/clear"
    await intake.post(path, {"on": "2001-02-20"}, **{"X-Actor": "c.clerk"})
    _, shown = await intake.get(f"/clients/{person_id}")
    (protection,) = shown["protections"]
    assert (protection["cleared_by"], protection["cleared_on"]) == ("c.clerk", "2001-02-20")
    assert (protection["set_by"], protection["clearing_recorded_on"]) == ("b.doctor", "2001-03-01")


ASSESSMENT: dict[str, Any] = {
    "ability": "able",
    "qualification": "school",
    "languages": ["de"],
    "hours_per_week": 30,
    "mobility": "city",
    "work_permit": True,
}


async def test_what_a_client_can_and_wishes_stays_at_intake_with_date_and_author(intake: IntakeWorld) -> None:
    person_id = await intake.register(51)
    words = {"strengths": ["spricht drei Sprachen"], "wishes": ["eine Ausbildung zur Gärtnerin"]}
    for on, said in (("2001-02-01", {}), ("2001-02-20", words)):
        status, _ = await intake.post(f"/clients/{person_id}/assessments", ASSESSMENT | said | {"on": on})
        assert status == 201
    _, shown = await intake.get(f"/clients/{person_id}")
    assert [(one["assessed_on"], one["author"], one["wishes"]) for one in shown["assessments"]] == [
        ("2001-02-01", CALLER["X-Actor"], []),
        ("2001-02-20", CALLER["X-Actor"], words["wishes"]),
    ]
    assert shown["assessments"][1]["strengths"] == words["strengths"]
    assert len(await intake.told_of(person_id)) > 0
    records = [*await intake.records(topics.PERSON), *await intake.records(topics.IDENTITY)]
    assert not [value for _, value, _ in records if b"Sprachen" in (value or b"") or b"rtnerin" in (value or b"")]


async def test_a_merged_person_is_shown_with_the_facts_of_both_records(intake: IntakeWorld) -> None:
    survivor, loser = await intake.register(52), await intake.register(53)
    await intake.post(f"/clients/{loser}/protections", {"class": "care"})
    await intake.post(f"/clients/{loser}/assessments", ASSESSMENT | {"wishes": ["Arbeit am Vormittag"]})
    await intake.post("/merges", {"survivor_id": survivor, "loser_id": loser})
    for named in (survivor, loser):
        _, shown = await intake.get(f"/clients/{named}")
        assert shown["person_id"] == survivor
        assert shown["records"] == [survivor, loser]
        assert [(one["person_id"], one["protection_class"]) for one in shown["protections"]] == [(loser, "care")]
        assert sorted(one["person_id"] for one in shown["benefits"]) == sorted((survivor, loser))
        assert sorted(one["person_id"] for one in shown["memberships"]) == sorted((survivor, loser))
        assert (shown["ability"], shown["assessments"][0]["wishes"]) == ("able", ["Arbeit am Vormittag"])


async def test_merges_that_meet_do_not_merge_in_a_circle(intake: IntakeWorld) -> None:
    one, other = await intake.register(12), await intake.register(13)
    answers = await asyncio.gather(
        intake.post("/merges", {"survivor_id": one, "loser_id": other}),
        intake.post("/merges", {"survivor_id": other, "loser_id": one}),
    )
    assert sorted(status for status, _ in answers) == [201, 409]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/clients", {"given_name": "Anna"}, 422, "invalid"),
        ("/clients", b"{", 422, "invalid"),
        ("/clients", person(99, nationality="de"), 422, "invalid"),
        ("/clients", person(99, given_name="A\u0000"), 422, "invalid"),
        ("/clients", person(99, office="region-nord"), 422, "not_responsible"),
        ("/clients", person(99, office="nowhere"), 422, "unknown_office"),
        ("/clients", person(99, address=person(99)["address"] | {"district": "atlantis"}), 422, "unknown_district"),
        ("/clients", person(99, birth_date="2001-03-02"), 422, "implausible_date"),
        ("/clients", person(99, registered_on="2001-03-02"), 422, "implausible_date"),
        ("/clients", person(99, household={"id": NOBODY}), 404, "unknown_household"),
        ("/clients", person(99, protection={"class": "ill", "valid_until": "2001-01-01"}), 422, "invalid_period"),
        (f"/clients/{NOBODY}/departures", {"reason": "death"}, 404, "unknown_person"),
        ("/clients/anna/departures", {"reason": "death"}, 422, "invalid"),
        ("/clients/{known}/departures", {"reason": "bored"}, 422, "invalid"),
        ("/clients/{known}/departures", {"reason": "death", "on": "2001-02-28"}, 409, "out_of_order"),
        ("/clients/{known}/benefits", person(0)["benefits"][0], 409, "benefit_in_force"),
        ("/clients/{known}/benefits/" + NOBODY + "/end", {"reason": "work"}, 404, "unknown_benefit"),
        ("/clients/{known}/protections/" + NOBODY + "/clear", {}, 404, "unknown_protection"),
        ("/clients/{known}/disclosure-bases/" + NOBODY + "/revoke", {}, 404, "unknown_basis"),
        ("/clients/{known}/disclosure-bases", {"kind": "consent", "agency": "nobody"}, 422, "unknown_agency"),
        ("/clients/{known}/household", {"id": NOBODY}, 404, "unknown_household"),
        ("/merges", {"survivor_id": NOBODY, "loser_id": NOBODY}, 404, "unknown_person"),
        (f"/merges/{NOBODY}/undo", {}, 404, "unknown_merge"),
        (f"/households/{NOBODY}/payments", {"month": "2001-03"}, 404, "unknown_household"),
        ("/payment-runs", {"month": "2001-13"}, 422, "invalid"),
        ("/payment-runs", {"month": "2001-05"}, 422, "implausible_date"),
        ("/transfers", {"reason": "reorganisation"}, 422, "invalid"),
    ],
)
async def test_a_wrong_request_is_refused_with_a_code(
    intake: IntakeWorld, path: str, body: Any, status: int, code: str
) -> None:
    known = await intake.register(20)
    before = await intake.db.fetchval("select count(*) from ledger")
    answer, problem = await intake.post(path.replace("{known}", known), body)
    assert (answer, problem["code"], problem["status"]) == (status, code, status)
    assert await intake.db.fetchval("select count(*) from ledger") == before


async def test_who_asks_must_be_an_officials_account_where_it_is_published(intake: IntakeWorld) -> None:
    status, problem = await intake.post("/clients", person(30), **{"X-Actor": "Frau Meier"})
    assert (status, problem["code"]) == (400, "invalid_actor")
    answer = await intake.http.post(
        intake.url + "/clients", json=person(30), headers={"Idempotency-Key": "1", "X-Actor": CALLER["X-Actor"]}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "missing_caller")


async def test_states_follow_from_the_topic_alone(intake: IntakeWorld) -> None:
    one, other = await intake.register(40), await intake.register(41)
    await intake.post("/merges", {"survivor_id": one, "loser_id": other})
    await intake.post(f"/clients/{other}/departures", {"reason": "left_city", "on": "2001-03-02"})
    await intake.told_of()
    folded: dict[str, Client] = {}
    for _, event in await intake.published(topics.PERSON):
        folded[event.subject] = fold(folded.get(event.subject, initial(event.subject)), event)
    codec = TypeAdapter(Client)
    stored = await intake.db.fetch("select document::text from state")
    assert {state.person_id: state for state in (codec.validate_json(row[0]) for row in stored)} == folded


async def test_the_migration_makes_the_tables_that_the_code_knows(intake: IntakeWorld) -> None:
    for model in (*tables.REBUILT, *tables.KEPT):
        table = sa.inspect(model).local_table
        found = await intake.db.fetch(
            "select column_name, is_nullable = 'YES' as optional from information_schema.columns where table_name = $1",
            model.__tablename__,
        )
        assert {(row[0], row[1]) for row in found} == {(c.name, c.nullable) for c in table.columns}
