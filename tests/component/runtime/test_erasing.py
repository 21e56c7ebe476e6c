"""An erasure waits for nobody, and nothing that comes later is parked."""

from contracts import topics
from contracts.envelope import Envelope, midnight
from contracts.events import casework, intake
from tests.component.runtime.people import moved, person, registered
from tests.component.runtime.world import FIRST_DAY, World, until

POISONED, HEALTHY = person(0), person(1)
TABLES = ("parked_subject", "parked_record", "toy_counted", "toy_moved", "reference")


def erased(person_id: str) -> intake.ClientErased:
    return intake.ClientErased(occurred_on=FIRST_DAY, person_id=person_id, others=())


async def test_an_erasure_does_not_wait_behind_what_could_not_be_applied(world: World) -> None:
    await world.start(TOY_POISON=POISONED)
    await world.send(topics.PERSON, registered(POISONED), moved(POISONED), moved(POISONED, "second"))
    await world.send(topics.PERSON, registered(HEALTHY), moved(HEALTHY))
    await until(world.settled)
    assert await world.db.fetchval("select count(*) from parked_record where subject = $1", POISONED) == 2
    await world.send(topics.PERSON, erased(POISONED), moved(POISONED, "later"))
    await _unreadable(world, POISONED)
    await world.send(topics.PERSON, moved(POISONED, "at-last"))
    await until(world.settled)
    for table in TABLES:
        assert not await world.db.fetchval(f"select count(*) from {table} t where t::text like $1", f"%{POISONED}%"), (
            table
        )
    assert await world.db.fetchval("select count(*) from toy_moved") == 1
    query = "select last from ledger where topic = $1 and subject = $2"
    assert await world.db.fetchval(query, topics.PERSON.name, POISONED) == world.sent[POISONED]
    told = [event for _, event in await world.published() if event.subject == POISONED]
    assert [type(event) for event in told] == [casework.CaseOpened]


async def test_an_erasure_and_all_before_it_in_one_batch_leave_nothing(world: World) -> None:
    await world.send(topics.PERSON, registered(HEALTHY), moved(HEALTHY), erased(HEALTHY), moved(HEALTHY, "later"))
    await world.start()
    await until(world.settled)
    assert await world.db.fetchval("select document ->> 'erased' from state") == "true"
    for table in TABLES:
        assert not await world.db.fetchval(f"select count(*) from {table}"), table


async def _unreadable(world: World, person_id: str) -> None:
    world.sent[person_id] += 1
    event = moved(person_id)
    envelope = Envelope(
        id="broken",
        source="/test",
        type=event.type_name(),
        subject=person_id,
        time=midnight(event.occurred_on),
        sequence=world.sent[person_id],
    )
    await (await world.put(topics.PERSON, person_id.encode(), b"{", envelope.headers()))
