"""One hop of the toy as a competent engineer would write it for this one purpose, without a runtime.

One transaction for a polled batch: lock the offsets, validate with the contracts' models, lock the ledger, load all
states in one query, decide, write everything in bulk. It decides the same events as the toy, since the rows must be
equal: by plain code over dictionaries in one `match`, where the toy has `evolve` and `react` over frozen states.
The texts of the SQL are the runtime's own, so that the database has the same work on both sides. What it leaves out:
merged, parked and erased clients, dead letters, tombstones, losses, days, traces, metrics, retries.
"""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import asyncpg
import orjson

from contracts import topics
from contracts.envelope import Envelope, midnight, read
from contracts.event import Event
from contracts.events import casework, intake
from services.runtime import batch, unit
from services.runtime.database import bulk
from services.runtime.outgoing import pack, partition_of
from services.runtime.tables import Ledger, Reference, State
from tests.component.runtime.toy import Counted, Moved

NAMESPACE: Final = uuid.UUID(int=7)
SESSION: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "random_page_cost": "1.1",
    "jit": "off",
}
"""What the runtime's sessions are told about plans too: each is made once, for an index."""
PARTITIONS: Final = 12
PERSON: Final = topics.PERSON.name
CASE: Final = topics.CASE.name
MAKE: Final = """insert into ledger (topic, subject, last) select t, s, 0 from unnest($1::text[], $2::text[])
as row(t, s) on conflict do nothing"""

Raw = tuple[int, int, bytes, Sequence[tuple[str, bytes | None]], bytes]
"""Partition, offset, key, headers, value."""
Key = tuple[str, str]


async def apply(db: asyncpg.Connection, records: Sequence[Raw]) -> int:
    """How many records are now committed."""
    async with db.transaction():
        following, today = await _fence(db, records)
        found = []
        for partition, offset, key, headers, value in records:
            if offset < following[partition]:
                continue
            following[partition] = offset + 1
            envelope = read(headers)
            event = topics.PERSON.decode(envelope.type, value)
            if not envelope.subject == event.subject == key.decode():
                raise ValueError("key and value differ")
            found.append((envelope, event))
        subjects = {envelope.subject for envelope, _ in found}
        names = await db.fetch(unit._NAMED, list(subjects))
        if names:
            raise NotImplementedError("no subject of this service is anybody's reference")
        ledger = await _lock(db, [(CASE, s) for s in subjects] + [(PERSON, s) for s in subjects])
        states, known = await _load(db, subjects)
        moved: list[tuple[str, str, str]] = []
        outbox: list[tuple[str, int, bytes, str, bytes]] = []
        for envelope, event in found:
            subject, sequence = envelope.subject, envelope.sequence or 0
            last = ledger[PERSON, subject]
            if sequence <= last:
                continue
            if sequence != last + 1:
                raise ValueError("a record is missing")
            ledger[PERSON, subject] = sequence
            cause = f"{PERSON}/{envelope.id}/{subject}"
            state = states.get(subject) or {**_NOBODY, "person_id": subject}
            states[subject] = state
            decided: Event
            match event:
                case intake.ClientRegistered(occurred_on=day, office=office):
                    state["registered_on"] = day.isoformat()
                    case_id = str(uuid.uuid5(NAMESPACE, f"casework/{cause}#1"))
                    decided = casework.CaseOpened(occurred_on=today, person_id=subject, case_id=case_id, office=office)
                    state["case_id"] = case_id
                case intake.OfficeChanged(office=office, previous_office=previous):
                    state["moves"] += 1
                    moved.append((envelope.id, subject, office))
                    decided = casework.CaseTransferred(
                        occurred_on=today,
                        person_id=subject,
                        case_id=state["case_id"] or "",
                        office=office,
                        previous_office=previous,
                    )
                    state["transfers"] += 1
                case _:
                    continue
            ledger[CASE, subject] += 1
            outbox.append(_row(decided, envelope, ledger[CASE, subject], cause, today))
        await _save(db, states, known, today)
        if moved:
            await db.execute(bulk(Moved).upsert, *_columns(sorted(moved)))
        await db.execute(bulk(Ledger).upsert, *_columns(sorted((*key, last) for key, last in ledger.items())))
        if outbox:
            await db.execute(unit._OUTBOX, *_columns(outbox))
        places = list(following)
        topic, ends = [PERSON] * len(places), [False] * len(places)
        await db.execute(batch._ADVANCE, topic, places, list(following.values()), ends)
    return len(found)


_NOBODY: Final[dict[str, Any]] = {
    "registered_on": None,
    "moves": 0,
    "survivor": None,
    "case_id": None,
    "transfers": 0,
    "reviewed": False,
    "erased": False,
}


async def _fence(db: asyncpg.Connection, records: Sequence[Raw]) -> tuple[dict[int, int], date]:
    places = sorted({record[0] for record in records})
    arguments = 60.0, [PERSON] * len(places), places
    rows = await db.fetch(batch._FENCE, *arguments)
    if len(rows) < len(places):
        await db.execute(batch._BEGIN, *arguments[1:])
        rows = await db.fetch(batch._FENCE, *arguments)
    return {row[1]: row[2] for row in rows}, rows[0][3]


async def _lock(db: asyncpg.Connection, wanted: list[Key]) -> dict[Key, int]:
    ledger = dict.fromkeys(sorted(wanted), 0)
    rows = await db.fetch(unit._LOCK, *_columns(list(ledger)))
    there = {(row[0], row[1]): row[2] for row in rows}
    if missing := [key for key in ledger if key not in there and key[0] == CASE]:
        await db.execute(MAKE, *_columns(missing))
        rows = await db.fetch(unit._LOCK, *_columns(missing))
    return ledger | there


async def _load(db: asyncpg.Connection, subjects: set[str]) -> tuple[dict[str, Any], dict[str, str | None]]:
    """The states, and which case each led to."""
    rows = await db.fetch(unit._LOADED, list(subjects), list(subjects))
    if any(row[0] != "state" for row in rows):
        raise NotImplementedError("nobody here is merged or parked")
    states = {row[1]: orjson.loads(row[2]) for row in rows}
    return states, {subject: state["case_id"] for subject, state in states.items()}


async def _save(db: asyncpg.Connection, states: dict[str, Any], known: dict[str, str | None], today: date) -> None:
    ordered = sorted(states.items())
    rows = [(subject, orjson.dumps(state).decode(), _due(state, today)) for subject, state in ordered]
    await db.execute(bulk(State).upsert, *_columns(rows))
    named = [(state["case_id"], subject) for subject, state in ordered if state["case_id"] != known.get(subject)]
    if named:
        await db.execute(bulk(Reference).upsert, *_columns(sorted(named)))
    await db.execute(bulk(Counted).upsert, *_columns([(subject, state["moves"]) for subject, state in ordered]))


def _due(state: dict[str, Any], today: date) -> date | None:
    if state["registered_on"] is None:
        return None
    registered = date.fromisoformat(state["registered_on"])
    look = registered + timedelta(days=1)
    return look if look > today else registered + timedelta(days=3)


def _row(event: Event, heard: Envelope, sequence: int, cause: str, today: date) -> tuple[str, int, bytes, str, bytes]:
    envelope = Envelope(
        id=str(uuid.uuid5(NAMESPACE, f"casework/{cause}/0#1")),
        source="/lotse/casework",
        type=event.type_name(),
        subject=event.subject,
        time=midnight(event.occurred_on),
        recorded=today.isoformat(),
        sequence=sequence,
        correlation=heard.correlation or heard.id,
        causation=heard.id,
    )
    key = event.subject.encode()
    value = event.__pydantic_serializer__.to_json(event)
    return CASE, partition_of(key, PARTITIONS), key, pack(envelope.headers()), value


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
