"""Two replicas against one over a slow database: 20 ms of waiting for every 100 records, in the database itself.

With two transactions at a time, as services have them, one replica waits twice at once already: so it is measured with
one at a time too.
"""

import asyncio
import itertools
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer

from contracts.envelope import Envelope, midnight, read
from contracts.event import Event
from contracts.events.calendar import DayStarted
from contracts.events.casework import CaseTransferred
from contracts.topics import CASE, DAY, PERSON
from services.runtime.outgoing import partition_of
from tests.bench import log
from tests.bench.bed import Bed
from tests.bench.results import Goal, Results
from tests.bench.subject import Subject, running
from tests.bench.year import LAYOUT, Kept
from tests.component.runtime import toy
from tests.component.runtime.people import moved, person, registered
from tests.component.runtime.world import FIRST_DAY

EACH: Final = 50
"""People on each partition."""
MOVES: Final = 24
TOY: Final = "tests.component.runtime.toy"
_SLOW: Final = """create function bench_slow() returns trigger language plpgsql as $$ begin
perform pg_sleep(0.0002 * (select count(*) from added)); return null; end $$;
create trigger bench_slow after insert on toy_moved referencing new table as added
for each statement execute function bench_slow()"""


async def measure(bed: Bed, results: Results) -> None:
    told: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for number in range(bed.rounds):
        for lanes, found in told.items():
            one, two = await _seconds(bed, 1, lanes, number), await _seconds(bed, 2, lanes, number)
            found.append((one, two))
            bed.say(f"{lanes} at a time: one replica {one:.2f} s, two {two:.2f} s")
    results.ratio("replicas", [one / two for one, two in told[2]], Goal.AT_LEAST, 1.8)
    results.ratio("replicas_one_transaction_at_a_time", [one / two for one, two in told[1]], Goal.AT_LEAST, 1.8)
    seconds = {f"{lanes}_at_a_time": [[round(s, 2) for s in pair] for pair in found] for lanes, found in told.items()}
    results.figure("replicas_seconds", seconds)


async def _seconds(bed: Bed, replicas: int, lanes: int, number: int) -> float:
    """From when the records, laid out before, go to the broker until everything is applied and published, in order."""
    prefix = f"replicas-{replicas}-{lanes}-{number}."
    log.make(bed.kafka, prefix, (PERSON, CASE, DAY))
    await log.fill(bed.kafka, [prefix + DAY.name], DAY, [_kept(DayStarted(occurred_on=FIRST_DAY), 1)])
    database = await bed.new_database()
    await toy.create_tables(database)
    await _slow_down(database)
    async with AsyncExitStack() as held:
        replica = (_replica(bed, prefix, database, n, lanes) for n in range(replicas))
        subjects = [await held.enter_async_context(one) for one in replica]
        began = await _send(bed.kafka, prefix + PERSON.name, _records())
        ends = await log.ends(bed.kafka, prefix, (PERSON,))
        await subjects[0].reached(ends, every=0.01)
        seconds = time.monotonic() - began
    await _require_order(bed, prefix)
    await bed.drop_database(database)
    log.delete(bed.kafka, prefix)
    return seconds


async def _send(kafka: str, name: str, records: Iterable[Kept]) -> float:
    """Sends a batch a partition. When it began to: neither connecting nor laying them out is the replicas' time."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", max_batch_size=log.BATCH_BYTES, max_request_size=3 << 20
    ) as producer:
        batches = [producer.create_batch() for _ in range(LAYOUT.person)]
        for one in records:
            if not log.append(batches[partition_of(one.key or b"", LAYOUT.person)], one):
                raise OverflowError("the records of a partition fit into one batch")
        began = time.monotonic()
        sent = [await producer.send_batch(batch, name, partition=number) for number, batch in enumerate(batches)]
        await asyncio.gather(*sent)
    return began


async def _slow_down(database: str) -> None:
    db = await asyncpg.connect(database)
    await db.execute(_SLOW)
    await db.close()


def _replica(bed: Bed, prefix: str, database: str, number: int, lanes: int) -> AbstractAsyncContextManager[Subject]:
    """When the second has its partitions, both have theirs: they are shared out in one generation."""
    return running(bed, "casework", prefix=prefix, database=database, module=TOY, replica=number, lanes=lanes)


def _people() -> list[str]:
    """As many on each partition."""
    found: dict[int, list[str]] = defaultdict(list)
    for number in itertools.count():
        one = person(number)
        partition = partition_of(one.encode(), LAYOUT.person)
        if len(found[partition]) < EACH:
            found[partition].append(one)
        if sum(map(len, found.values())) == EACH * LAYOUT.person:
            return [one for together in zip(*found.values(), strict=True) for one in together]
    raise AssertionError("unreachable")


def _records() -> Iterator[Kept]:
    """Everybody registers, then everybody moves, again and again."""
    people = _people()
    yield from (_kept(registered(one), 1) for one in people)
    for turn in range(MOVES):
        yield from (_kept(moved(one, f"office-{turn}"), turn + 2) for one in people)


def _kept(event: Event, sequence: int) -> Kept:
    envelope = Envelope(
        id=str(uuid.uuid5(uuid.UUID(int=3), f"{event.subject}/{sequence}")),
        source="/bench",
        type=event.type_name(),
        subject=event.subject,
        time=midnight(event.occurred_on),
        sequence=sequence,
    )
    return Kept(event.subject.encode(), event.model_dump_json().encode(), tuple(envelope.headers()), 0)


async def _require_order(bed: Bed, prefix: str) -> None:
    """Every client's case was opened, and transferred in the order of the moves, once each, numbered without a gap."""
    said: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for record in await log.everything(bed.kafka, prefix, (CASE,)):
        envelope = read(record.headers)
        event = CASE.decode(envelope.type, record.value)
        told = event.office if isinstance(event, CaseTransferred) else "opened"
        said[envelope.subject].append((envelope.sequence or 0, told))
    wanted = [(1, "opened"), *((turn + 2, f"office-{turn}") for turn in range(MOVES))]
    if len(said) != EACH * LAYOUT.person or any(_once(found) != wanted for found in said.values()):
        raise AssertionError("two replicas: a client's events are not in order, or not whole")


def _once(found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Without what a relay sent again."""
    return list(dict.fromkeys(found))
