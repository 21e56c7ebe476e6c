"""A client is found by name, birth date or file number, is in no log, and is invisible where they must be."""

import uuid
from datetime import date
from pathlib import Path
from typing import Any

from contracts.events import intake
from contracts.words import Department
from tests.component.casework_world import CaseworkWorld, casework_on
from tests.component.runtime.world import CALLER
from tests.conftest import NewDatabase

YOUNG = {"X-Department": "young_people"}


async def search(world: CaseworkWorld, headers: dict[str, str] | None = None, **asked: Any) -> list[str]:
    """Family and given names of who is found, in their order."""
    status, answer = await world.post("/clients/search", asked, **headers or {})
    assert status == 200, answer
    return [f"{one['family_name']}, {one['given_name']}" for one in answer["clients"]]


async def test_a_client_is_found_and_no_log_has_the_name(
    broker: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        await _restarted_with_a_log(world, tmp_path / "log")
        people = [await world.able_client() for _ in range(5)]
        for person_id, family, given, born in zip(
            people,
            ("Müller", "Mueller-Lüdenscheidt", "Muller", "Meyer", "Öztürk"),
            ("Zoe", "Anna", "Berta", "Anna", "Çelik"),
            (date(1970, 1, 1), date(1970, 1, 1), date(1980, 2, 29), date(1970, 1, 1), date(1990, 3, 3)),
            strict=True,
        ):
            await world.name(person_id, family, given, born=born)
        assert await search(world, family_name="MUELLER") == [
            "Muller, Berta",
            "Müller, Zoe",
            "Mueller-Lüdenscheidt, Anna",
        ]
        assert await search(world, family_name="mü", given_name="an") == ["Mueller-Lüdenscheidt, Anna"]
        assert await search(world, birth_date="1970-01-01", given_name="anna") == [
            "Meyer, Anna",
            "Mueller-Lüdenscheidt, Anna",
        ]
        assert await search(world, family_name="ozturk") == ["Öztürk, Çelik"]
        case = await world.case_of(people[4])
        for number in (people[4], people[4][:8].upper(), f"{people[4][:4]}-{people[4][4:8]}", case["case_id"]):
            assert await search(world, file_number=number) == ["Öztürk, Çelik"]
        assert await search(world, family_name="nobody") == []
        await _is_limited(world)
        await _is_refused(world)
        await _of_two_records_one_is_found(world, people)
        await _is_invisible_to_others(world, people[4])
        found = await world.replayed()
        assert found["identical"], found["tables"]
        said = (tmp_path / "log").read_text(encoding="utf-8")
    assert "started" in said
    assert not [name for name in ("ller", "zt", "1970-01-01", people[4]) if name in said]


async def _restarted_with_a_log(world: CaseworkWorld, log: Path) -> None:
    world.replicas[-1].process.terminate()
    await world.replicas[-1].ended()
    world.log = log
    await world.start()


async def _is_limited(world: CaseworkWorld) -> None:
    _, answer = await world.post("/clients/search", {"birth_date": "1970-01-01", "limit": 2})
    assert (len(answer["clients"]), answer["more"]) == (2, True)
    _, answer = await world.post("/clients/search", {"birth_date": "1970-01-01", "limit": 3})
    assert (len(answer["clients"]), answer["more"]) == (3, False)


async def _is_refused(world: CaseworkWorld) -> None:
    """Who says too little, and nothing of what was said is answered."""
    for body in ({}, {"family_name": "m"}, {"given_name": "Anna"}, {"file_number": "0f3a"}):
        status, problem = await world.post("/clients/search", body)
        assert (status, problem["code"]) == (422, "too_little")
    status, problem = await world.post("/clients/search", {"family_name": "Öztürk", "birth_date": "Öztürk"})
    assert (status, problem["code"]) == (422, "invalid")
    assert "ztürk" not in str(problem)
    assert (await world.get("/clients/search?family_name=x"))[0] in {404, 405}
    assert (await world.post("/clients/search", {"family_name": "Meyer"}, **{"X-Purpose": ""}))[0] == 400


async def _of_two_records_one_is_found(world: CaseworkWorld, people: list[str]) -> None:
    """By either name, as whom they turned out to be."""
    merged = {"merge_id": str(uuid.uuid4()), "survivor_id": people[0], "loser_id": people[3]}
    for person_id in (people[0], people[3]):
        await world.tell(intake.ClientsMerged(person_id=person_id, occurred_on=world.on, **merged))
    assert await search(world, family_name="Meyer") == ["Müller, Zoe"]
    assert await search(world, birth_date="1970-01-01", given_name="anna") == [
        "Müller, Zoe",
        "Mueller-Lüdenscheidt, Anna",
    ]


async def _is_invisible_to_others(world: CaseworkWorld, person_id: str) -> None:
    """Whom young people's services alone look after: found, listed and shown by them alone."""
    case_id = (await world.case_of(person_id))["case_id"]
    departments = (Department.YOUNG_PEOPLE,)
    await world.tell(intake.DepartmentsAssigned(person_id=person_id, occurred_on=world.on, departments=departments))
    assert await search(world, family_name="Öztürk") == []
    assert await search(world, YOUNG, family_name="Öztürk") == ["Öztürk, Çelik"]
    for path in ("", "/plans", "/timeline", "/file"):
        assert (await world.http.get(f"{world.url}/cases/{case_id}{path}", headers=CALLER)).status_code == 404
        shown = await world.http.get(f"{world.url}/cases/{case_id}{path}", headers=CALLER | YOUNG)
        assert shown.status_code == 200
    assert case_id not in {one["case_id"] for one in await world.listed("/cases")}
    assert case_id in {one["case_id"] for one in await world.listed("/cases", **YOUNG)}
