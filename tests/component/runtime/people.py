"""People for the toy: their events, and what must have become of them."""

import uuid
from collections import Counter
from datetime import date

from contracts import topics
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.events import casework, intake
from contracts.words import OfficeChangeReason, Sex
from tests.component.runtime.world import FIRST_DAY, World


def person(number: int) -> str:
    return str(uuid.uuid5(uuid.UUID(int=1), f"person {number}"))


def registered(person_id: str, day: date = FIRST_DAY) -> intake.ClientRegistered:
    return intake.ClientRegistered(
        occurred_on=day, person_id=person_id, office="vahr", district="vahr", sex=Sex.FEMALE, birth_month="1970-02"
    )


def moved(person_id: str, office: str = "findorff", day: date = FIRST_DAY) -> intake.OfficeChanged:
    return intake.OfficeChanged(
        occurred_on=day,
        person_id=person_id,
        office=office,
        previous_office="vahr",
        district="vahr",
        reason=OfficeChangeReason.MOVE,
    )


async def send_people(world: World, *, people: int, moves: int) -> None:
    """Everybody registers, then everybody moves, again and again: the events of one client lie far apart."""
    await world.send(topics.PERSON, *(registered(person(n)) for n in range(people)))
    for turn in range(moves):
        await world.send(topics.PERSON, *(moved(person(n), f"office-{turn}") for n in range(people)))


async def assert_exact(world: World, *, people: int, moves: int) -> None:
    """Every effect once, in the database and, by sequence, on the topic, in the order of its causes."""
    assert await world.db.fetchval("select count(*) from toy_counted") == people
    assert await world.db.fetchval("select count(*) from toy_counted where moves = $1", moves) == people
    assert await world.db.fetchval("select count(*) from toy_moved") == people * moves
    by_subject: dict[str, list[tuple[Envelope, Event]]] = {}
    for envelope, event in first_occurrences(await world.published()):
        by_subject.setdefault(envelope.subject, []).append((envelope, event))
    assert len(by_subject) == people
    for subject, found in by_subject.items():
        assert [envelope.sequence for envelope, _ in found] == list(range(1, moves + 2)), subject
        offices = [event.office for _, event in found if isinstance(event, casework.CaseTransferred)]
        assert offices == [f"office-{turn}" for turn in range(moves)]
    assert (
        await world.db.fetchval(
            "select count(*) from ledger where topic = 'casework.case.v1' and last <> $1", moves + 1
        )
        == 0
    )


def first_occurrences(published: list[tuple[Envelope, Event]]) -> list[tuple[Envelope, Event]]:
    """Without what a relay sent twice; a repeat must be the same event under the same sequence."""
    seen: dict[tuple[str, int | None], str] = {}
    kept = []
    for envelope, event in published:
        key = envelope.subject, envelope.sequence
        if key in seen:
            assert seen[key] == envelope.id, "one sequence, two events"
        else:
            seen[key] = envelope.id
            kept.append((envelope, event))
    assert max(Counter(seen.values()).values(), default=1) == 1, "one event under two sequences"
    return kept
