"""Poison, broken records and merges: one message is to blame, its client waits, everybody else goes on."""

import uuid
from typing import Any

from contracts import topics
from contracts.envelope import Envelope, Headers, midnight
from contracts.events import casework, intake
from tests.component.runtime.people import first_occurrences, moved, person, registered
from tests.component.runtime.world import CALLER, FIRST_DAY, Replica, World, until

POISONED, HEALTHY = person(0), person(1)


async def test_a_poison_message_is_parked_and_redriven_in_order(world: World) -> None:
    sick = await world.start(TOY_POISON=POISONED)
    for name in (POISONED, HEALTHY):
        await world.send(topics.PERSON, registered(name), *(moved(name, f"office-{n}") for n in range(3)))
    await until(world.settled)
    assert await _moves(world, HEALTHY) == 3
    assert await _moves(world, POISONED) == 0
    (parked,) = (await world.http.get(f"{sick.url}/parked", headers=CALLER)).json()
    assert (parked["subject"], parked["waiting"]) == (POISONED, 3)
    await _assert_dead_letter(world)
    still = await _redrive(world, sick, POISONED)
    assert (still["applied"], still["waiting"]) == (0, 3)
    sick.process.kill()
    cured = await world.start()
    done = await _redrive(world, cured, POISONED)
    assert (done["applied"], done["waiting"]) == (3, 0)
    await until(world.settled)
    await world.send(topics.PERSON, moved(POISONED, "office-3"))
    await until(world.settled)
    assert await _offices(world, POISONED) == ["office-0", "office-1", "office-2", "office-3"]
    assert (await world.http.get(f"{cured.url}/parked", headers=CALLER)).json() == []


async def test_a_discarded_record_counts_as_heard_and_its_effects_never_happen(world: World) -> None:
    replica = await world.start(TOY_POISON=POISONED)
    await world.send(topics.PERSON, registered(POISONED), moved(POISONED), registered(HEALTHY))
    await until(world.settled)
    answer = await world.http.post(
        f"{replica.url}/parked/{POISONED}/discard", json={"reason": "a test of discarding"}, headers=CALLER
    )
    assert answer.json()["waiting"] == 0
    await world.send(topics.PERSON, _paid(POISONED))
    await until(world.settled)
    assert (await world.http.get(f"{replica.url}/parked", headers=CALLER)).json() == []
    assert (
        await world.db.fetchval("select last from ledger where topic = 'intake.person.v1' and subject = $1", POISONED)
        == 3
    )
    assert await world.db.fetchval("select actor || ' ' || action from operator_action") == "meyer discard"


async def test_an_event_that_the_service_ignores_waits_behind_its_parked_client(world: World) -> None:
    """If it overtook the queue, the queue would look like repeats and be dropped."""
    replica = await world.start(TOY_POISON=POISONED)
    await world.send(topics.PERSON, registered(POISONED), moved(POISONED), _paid(POISONED), moved(POISONED, "second"))
    await until(world.settled)
    replica.process.kill()
    cured = await world.start()
    assert (await _redrive(world, cured, POISONED))["applied"] == 3
    assert await _moves(world, POISONED) == 2


async def test_a_command_to_a_parked_client_is_refused(world: World) -> None:
    replica = await world.start(TOY_POISON=POISONED)
    await world.send(topics.PERSON, registered(POISONED), moved(POISONED))
    await until(world.settled)
    answer = await _close(world, replica, POISONED, "a")
    assert (answer.status_code, answer.json()["code"]) == (409, "parked")


BROKEN: dict[str, tuple[bytes | None, bytes | None, Any]] = {
    "no headers": (HEALTHY.encode(), b"{}", []),
    "null header": (HEALTHY.encode(), b"{}", [("ce_specversion", None)]),
    "headers not UTF-8": (HEALTHY.encode(), b"{}", [("ce_specversion", b"1.0"), ("ce_id", b"\xff\xfe")]),
    "no JSON": (HEALTHY.encode(), b"\x00\xff{", None),
    "wrong types": (HEALTHY.encode(), b'{"person_id": 7}', None),
    "key not UTF-8": (b"\xff\xfe", b"{}", None),
    "no key": (None, b"{}", None),
}


async def test_broken_records_are_dead_lettered_with_their_untouched_bytes(world: World) -> None:
    replica = await world.start()
    sound = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"x"),
        ("ce_source", b"/test"),
        ("ce_type", b"lotse.intake.OfficeChanged.v1"),
        ("ce_subject", HEALTHY.encode()),
        ("ce_time", b"2001-03-01T00:00:00+01:00"),
        ("ce_sequence", b"1"),
    ]
    for number, (key, value, headers) in enumerate(BROKEN.values()):
        marked = [*(sound if headers is None else headers), ("number", b"%d" % number)]
        await world.put(topics.PERSON, key, value, marked)
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(2, 30)))
    await until(world.settled)
    assert await world.db.fetchval("select count(*) from toy_counted") == 28, "nobody else is delayed"
    letters = await world.records(topics.PERSON.dead_letters("casework"))
    found = {int(dict(h)["number"]): (key, value, dict(h)["dl_topic"]) for key, value, h in letters}
    expected = {n: (key, value, b"intake.person.v1") for n, (key, value, _) in enumerate(BROKEN.values())}
    first = {0: expected[0]}  # its client is parked from then on: later ones of the same client queue behind it
    others = {n: fate for n, fate in expected.items() if fate[0] != HEALTHY.encode()}
    assert found == first | others
    assert len((await world.http.get(f"{replica.url}/parked/{HEALTHY}", headers=CALLER)).json()) == len(expected) - len(
        others
    )
    assert (await world.http.get(f"{replica.url}/health/ready")).status_code == 200


async def test_a_tombstone_is_passed_over_and_the_numbers_go_on_around_it(world: World) -> None:
    """One without headers, one that repeats an old record's, one with a number of its own."""
    replica = await world.start()
    await world.send(topics.PERSON, registered(HEALTHY), moved(HEALTHY))
    await world.put(topics.PERSON, HEALTHY.encode(), None, [])
    await world.put(topics.PERSON, HEALTHY.encode(), None, _numbered(HEALTHY, 1))
    await world.send(topics.PERSON, moved(HEALTHY))
    await world.put(topics.PERSON, HEALTHY.encode(), None, _numbered(HEALTHY, 4))
    world.sent[HEALTHY] = 4
    await world.send(topics.PERSON, moved(HEALTHY))
    await until(world.settled)
    assert await _moves(world, HEALTHY) == 3
    assert (await world.http.get(f"{replica.url}/parked", headers=CALLER)).json() == []
    told = (await world.http.get(f"{replica.url}/metrics")).text
    assert "lotse_dead_letters_total{" not in told
    assert 'lotse_messages_total{fate="tombstone",topic="intake.person.v1"} 3.0' in told


async def test_a_tombstone_behind_a_parked_client_waits_and_is_redriven(world: World) -> None:
    sick = await world.start(TOY_POISON=POISONED)
    await world.send(topics.PERSON, registered(POISONED), moved(POISONED))
    await world.put(topics.PERSON, POISONED.encode(), None, _numbered(POISONED, 3))
    await until(world.settled)
    assert len((await world.http.get(f"{sick.url}/parked/{POISONED}", headers=CALLER)).json()) == 2
    sick.process.kill()
    done = await _redrive(world, await world.start(), POISONED)
    assert (done["applied"], done["waiting"]) == (2, 0)
    world.sent[POISONED] = 3
    await world.send(topics.PERSON, moved(POISONED))
    await until(world.settled)
    assert await _moves(world, POISONED) == 2


async def test_a_tombstone_hides_no_loss(world: World) -> None:
    replica = await world.start()
    await world.send(topics.PERSON, registered(HEALTHY))
    await world.put(topics.PERSON, HEALTHY.encode(), None, _numbered(HEALTHY, 3))
    await until(lambda: _has_lost(world, replica))


async def test_a_merge_with_events_of_both_under_way_reaches_both(world: World) -> None:
    """The loser's later events change the loser's own state, and a parked member of the family holds the other back."""
    loser, survivor = person(5), person(6)
    replica = await world.start(TOY_POISON=survivor)
    await world.send(topics.PERSON, registered(loser), registered(survivor))
    await world.send(topics.PERSON, *(_merged(name, survivor, loser) for name in (loser, survivor)))
    await world.send(topics.PERSON, moved(loser, "first"))
    await until(world.settled)
    assert await world.db.fetchval("select canonical from alias where subject = $1", loser) == survivor
    await world.send(topics.PERSON, moved(survivor, "poison"))
    await until(world.settled)
    await world.send(topics.PERSON, moved(loser, "second"))
    await until(world.settled)
    assert await _moves(world, loser) == 1, "the family is parked"
    replica.process.kill()
    cured = await world.start()
    assert (await _redrive(world, cured, survivor))["applied"] == 2
    assert (await _moves(world, loser), await _moves(world, survivor)) == (2, 1)


def _merged(person_id: str, survivor: str, loser: str) -> intake.ClientsMerged:
    merge_id = str(uuid.UUID(int=9))
    return intake.ClientsMerged(
        occurred_on=FIRST_DAY, person_id=person_id, merge_id=merge_id, survivor_id=survivor, loser_id=loser
    )


def _paid(person_id: str) -> intake.BenefitPaid:
    return intake.BenefitPaid.model_validate(
        {
            "occurred_on": FIRST_DAY,
            "person_id": person_id,
            "payment_id": str(uuid.UUID(int=1)),
            "household_id": str(uuid.UUID(int=2)),
            "kind": "hlu",
            "month": "2001-03",
            "amount": {"minor": 50_000, "currency": "DEM"},
        }
    )


async def _moves(world: World, subject: str) -> int | None:
    found: int | None = await world.db.fetchval("select moves from toy_counted where subject = $1", subject)
    return found


async def _offices(world: World, subject: str) -> list[str]:
    published = first_occurrences(await world.published())
    return [e.office for _, e in published if isinstance(e, casework.CaseTransferred) and e.person_id == subject]


async def _redrive(world: World, replica: Replica, subject: str) -> dict[str, Any]:
    answer = await world.http.post(
        f"{replica.url}/parked/{subject}/redrive", json={"reason": "the defect is mended"}, headers=CALLER
    )
    found: dict[str, Any] = answer.json()
    return found


async def _close(world: World, replica: Replica, name: str, key: str) -> Any:
    return await world.http.post(f"{replica.url}/cases/{name}/close", headers=CALLER | {"Idempotency-Key": key})


async def _has_letter(world: World) -> bool:
    return bool(await world.records(topics.PERSON.dead_letters("casework")))


async def _assert_dead_letter(world: World) -> None:
    await until(lambda: _has_letter(world))
    ((key, _, headers),) = await world.records(topics.PERSON.dead_letters("casework"))
    assert key == POISONED.encode()
    assert dict(headers)["dl_reason"].startswith(b"builtins.ArithmeticError")
    assert b"a defect" not in dict(headers)["dl_reason"], "a library's text may quote what it stumbled over"


def _numbered(name: str, sequence: int) -> Headers:
    return Envelope(
        id=f"erased-{sequence}",
        source="/test",
        type=intake.OfficeChanged.type_name(),
        subject=name,
        time=midnight(FIRST_DAY),
        sequence=sequence,
    ).headers()


async def _has_lost(world: World, replica: Replica) -> bool:
    checks = (await world.http.get(f"{replica.url}/health/ready")).json()["checks"]
    return "expected sequence 2" in str(checks["loss"])
