"""Who read or wrote is recorded in the same transaction, or nothing happens and nothing is shown."""

import asyncio
import contextlib
import uuid
from datetime import date, timedelta
from typing import Any

import httpx

from contracts import topics
from contracts.city import read_city
from tests.component.runtime.people import person, registered
from tests.component.runtime.world import CALLER, FIRST_DAY, ROOT, Replica, World, until

AUDIT_DAYS = read_city(ROOT / "deploy/bremen").audit_days


async def test_a_write_has_one_row_however_often_it_is_sent(world: World) -> None:
    replica, case_id = await _with_case(world)
    for _ in range(3):
        assert (await _close(world, replica, case_id, "k1")).status_code == 200
    (row,) = await world.db.fetch("select * from access")
    assert (row["action"], row["outcome"], row["day"]) == ("write", "done", FIRST_DAY)
    assert [row[name] for name in ("actor", "office", "department", "purpose")] == list(CALLER.values())
    assert (row["route"], row["subjects"]) == ("POST /cases/{name}/close", [person(0)])
    assert row["named"] == [case_id]


async def test_a_write_whose_row_cannot_be_stored_does_not_happen(world: World) -> None:
    replica, case_id = await _with_case(world)
    before = await world.db.fetchval("select document from state")
    await world.db.execute("alter table access rename to away")
    assert (await _close(world, replica, case_id, "k1")).status_code >= 500
    assert await world.db.fetchval("select document from state") == before
    assert await world.db.fetchval("select count(*) from command") == 0


async def test_kill_9_leaves_no_write_without_a_row_and_no_row_without_a_write(world: World) -> None:
    replica, case_id = await _with_case(world)

    async def order(number: int) -> None:
        with contextlib.suppress(httpx.HTTPError):
            await _close(world, replica, case_id, f"k{number}")

    orders = [asyncio.create_task(order(number)) for number in range(200)]

    async def some() -> bool:
        count: int = await world.db.fetchval("select count(*) from command")
        return count > 20

    await until(some, what="some commands")
    replica.process.kill()
    await asyncio.gather(*orders)
    await replica.ended()
    written = await world.db.fetchval("select count(*) from command")
    assert 20 < written < 200
    assert await world.db.fetchval("select count(*) from access where outcome = 'done'") == written


async def test_a_bulk_call_has_a_row_that_names_everybody_it_wrote_about(world: World) -> None:
    replica, case_id = await _with_case(world)
    body = f"{case_id}\nunknown".encode()
    headers = CALLER | {"Idempotency-Key": "b"}
    await world.http.post(f"{replica.url}/bulk", content=body, headers=headers)
    assert [row[0] for row in await world.db.fetch("select subjects from access")] == [[person(0)]]


async def test_a_refused_line_of_a_bulk_call_is_a_refused_access(world: World) -> None:
    replica, case_id = await _with_case(world)
    nobody = str(uuid.UUID(int=9))
    body = f"{case_id}\n{nobody}\nAnna Mustermann".encode()
    headers = CALLER | {"Idempotency-Key": "b"}
    for _ in range(2):
        answer = await world.http.post(f"{replica.url}/bulk", content=body, headers=headers)
        assert len(answer.json()["refused"]) == 2
    rows = await world.db.fetch("select outcome, named, subjects, actor, purpose from access order by id")
    assert [tuple(row) for row in rows] == [
        ("done", [], [person(0)], "meyer", "test"),
        ("refused", [nobody], [], "meyer", "test"),
    ]


async def test_a_read_that_cannot_be_recorded_is_refused(world: World) -> None:
    replica, _ = await _with_case(world)
    asked = f"{replica.url}/audit?person={person(0)}"
    assert (await world.http.get(asked, headers=CALLER)).status_code == 200
    await world.db.execute("alter table access alter column purpose type varchar(2) using ''")
    withheld = await world.http.get(asked, headers=CALLER)
    assert (withheld.status_code, withheld.json()["code"]) == (503, "unavailable")
    assert withheld.headers["content-type"] == "application/problem+json"


async def test_a_refused_access_is_recorded_as_refused(world: World) -> None:
    replica, _ = await _with_case(world)
    nobody = str(uuid.UUID(int=9))
    assert (await _close(world, replica, nobody, "k1")).status_code == 404
    assert (await _close(world, replica, "Anna Mustermann", "k2")).status_code == 404
    rows = await world.db.fetch("select action, outcome, named, subjects from access")
    assert [tuple(row) for row in rows] == [("write", "refused", [nobody], [])]


async def test_accesses_are_asked_for_with_a_purpose_in_pages_and_recorded(world: World) -> None:
    replica, case_id = await _with_case(world)
    for number in range(5):
        await _close(world, replica, case_id, f"k{number}")
    assert (await world.http.get(f"{replica.url}/audit?person={person(0)}")).status_code == 400
    ids: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await _asked(world, replica, f"&limit=2&after={after}&to={FIRST_DAY}")
        ids += [one["id"] for one in page["accesses"] if one["route"] != "GET /audit"]
        after = page["after"] if len(ids) < 5 else None
    assert len(set(ids)) == 5
    page = await _asked(world, replica, "")
    assert {one["route"] for one in page["accesses"]} == {"POST /cases/{name}/close", "GET /audit"}
    assert (await _asked(world, replica, f"&from={FIRST_DAY + timedelta(days=1)}"))["accesses"] == []


async def test_the_calendar_deletes_what_is_older_than_it_is_kept(world: World) -> None:
    await _with_case(world)
    tomorrow = FIRST_DAY + timedelta(days=1)
    kept = tomorrow - timedelta(days=AUDIT_DAYS)
    await world.db.execute(
        "insert into access (at, day, action, outcome, actor, office, department, purpose, route, named, subjects) "
        "select now(), d, 'read', 'done', '', '', '', '', '', '{}', '{}' from generate_series(1, 12000), "
        "unnest($1::date[]) as d",
        [kept - timedelta(days=1), kept],
    )
    await world.day(tomorrow)

    async def is_tomorrow() -> bool:
        found: date = await world.db.fetchval("select today from business_day")
        return found == tomorrow

    await until(is_tomorrow, what="the next day")
    left = await world.db.fetch("select day, count(*) from access group by day")
    assert [tuple(row) for row in left] == [(kept, 12_000)]


async def _with_case(world: World) -> tuple[Replica, str]:
    replica = await world.start()
    await world.send(topics.PERSON, registered(person(0)))
    await until(world.settled)
    return replica, await world.db.fetchval("select name from reference")


async def _close(world: World, replica: Replica, case_id: str, key: str) -> httpx.Response:
    return await world.http.post(
        f"{replica.url}/cases/{case_id}/close", headers=CALLER | {"Idempotency-Key": key}, timeout=60
    )


async def _asked(world: World, replica: Replica, more: str) -> dict[str, Any]:
    answer = await world.http.get(f"{replica.url}/audit?person={person(0)}{more}", headers=CALLER)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
