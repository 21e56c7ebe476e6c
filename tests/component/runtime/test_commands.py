"""Commands over HTTP: once for a key, refused with a code, in bulk line by line."""

import asyncio
from typing import Any

from contracts import topics
from contracts.events import casework
from tests.component.runtime.people import first_occurrences, person, registered
from tests.component.runtime.world import CALLER, Replica, World, until


async def test_a_repeated_command_changes_nothing_and_gets_the_same_answer(world: World) -> None:
    replica, case_id = await _with_case(world)
    answers = await asyncio.gather(*(_post(world, replica, f"/cases/{case_id}/close", "k1") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    await until(world.settled)
    closed = [e for _, e in first_occurrences(await world.published()) if isinstance(e, casework.CaseClosed)]
    assert len(closed) == 1


async def test_a_key_used_for_another_request_is_refused(world: World) -> None:
    replica, case_id = await _with_case(world)
    await _post(world, replica, f"/cases/{case_id}/close", "k1")
    other = await _post(world, replica, f"/cases/{person(0)}/close", "k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_command_survives_kill_9_after_its_commit(world: World) -> None:
    """The client saw no answer and repeats: the stored answer comes, the event exists once."""
    replica, case_id = await _with_case(world)
    first = await _post(world, replica, f"/cases/{case_id}/close", "k1")
    replica.process.kill()
    again = await _post(world, await world.start(), f"/cases/{case_id}/close", "k1")
    assert again.text == first.text


async def test_a_request_without_a_caller_or_a_key_is_refused(world: World) -> None:
    replica = await world.start()
    nobody = await world.http.post(f"{replica.url}/cases/x/close", headers={"Idempotency-Key": "a"})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "missing_caller")
    keyless = await world.http.post(f"{replica.url}/cases/x/close", headers=CALLER)
    assert (keyless.status_code, keyless.json()["code"]) == (400, "missing_idempotency_key")
    assert keyless.headers["content-type"] == "application/problem+json"


async def test_an_unknown_case_is_a_problem_with_a_code(world: World) -> None:
    answer = await _post(world, await world.start(), "/cases/unknown/close", "k")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_bulk_reports_bad_lines_and_takes_the_others(world: World) -> None:
    replica, case_id = await _with_case(world)
    lines = [case_id, "unknown", "x" * 70_000, "nul\0", "", case_id]
    body = "\n".join(lines).encode()
    report = (await _post(world, replica, "/bulk", "b", body)).json()
    assert (report["lines"], report["applied"]) == (5, 2)
    assert [(one["line"], one["code"]) for one in report["refused"]] == [
        (2, "not_found"),
        (3, "too_large"),
        (4, "unstorable"),
    ]
    again = (await _post(world, replica, "/bulk", "b", body)).json()
    assert again["applied"] == report["applied"], "the stored report"
    await until(world.settled)
    closed = [e for _, e in first_occurrences(await world.published()) if isinstance(e, casework.CaseClosed)]
    assert len(closed) == 2


async def test_a_body_over_a_megabyte_is_refused(world: World) -> None:
    answer = await _post(world, await world.start(), "/cases/x/close", "k", b"x" * 1_100_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def _with_case(world: World) -> tuple[Replica, str]:
    replica = await world.start()
    await world.send(topics.PERSON, registered(person(0)))
    await until(world.settled)
    return replica, await world.db.fetchval("select name from reference")


async def _post(world: World, replica: Replica, path: str, key: str, body: bytes = b"") -> Any:
    return await world.http.post(f"{replica.url}{path}", content=body, headers=CALLER | {"Idempotency-Key": key})
