"""Reporting's facts by hand, for the peers: messages to rows, and rows to tables, many at a time.

In the peers' environment there is no runtime and no SQLModel; the contracts need pydantic only.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import asyncpg

from contracts import topics
from contracts.envelope import read
from contracts.event import Event
from contracts.events import intake
from contracts.words import Ability

Headers = Iterable[tuple[str, bytes | None]]
Fact = tuple[str, tuple[Any, ...]]
"""A table and a row of it."""

_PERSON: Final = "person_id text, sequence bigint"
TABLES: Final = {
    "registration": f"{_PERSON}, registered_on date",
    "characteristic": f"{_PERSON}, sex text, birth_month text",
    "triage": f"{_PERSON}, since date, departments text",
    "assessment": f"{_PERSON}, assessed_on date, able boolean",
    "responsible_office": f"{_PERSON}, since date, office text",
    "household_membership": f"{_PERSON}, since date, household_id text, head boolean",
    "benefit_start": "benefit_id text, person_id text, kind text, since date",
    "payment": "payment_id text, person_id text, kind text, month text, paid_on date, minor bigint, currency text",
}
"""Columns with their types; the primary key is `person_id, sequence`, or the first column."""


def validated(headers: Headers, value: bytes) -> tuple[Event, int]:
    """A record's message and its sequence, by the contract's own models."""
    envelope = read(headers)
    return topics.PERSON.decode(envelope.type, value), envelope.sequence or 0


def facts(event: Event, sequence: int) -> Iterator[Fact]:
    match event:
        case intake.ClientRegistered(person_id=person, occurred_on=day):
            yield "registration", (person, sequence, day)
            yield "characteristic", (person, sequence, event.sex.value, event.birth_month)
            yield "responsible_office", (person, sequence, day, event.office)
        case intake.OfficeChanged(person_id=person, occurred_on=day):
            yield "responsible_office", (person, sequence, day, event.office)
        case intake.HouseholdChanged(person_id=person, occurred_on=day):
            yield "household_membership", (person, sequence, day, event.household_id, event.head)
        case intake.DepartmentsAssigned(person_id=person, occurred_on=day):
            found = ",".join(sorted(department.value for department in event.departments))
            yield "triage", (person, sequence, day, found)
        case intake.AbilityAssessed(person_id=person, occurred_on=day):
            able = event.ability in {Ability.ABLE, Ability.NEEDS_QUALIFICATION}
            yield "assessment", (person, sequence, day, able)
        case intake.BenefitStarted(person_id=person, occurred_on=day):
            yield "benefit_start", (event.benefit_id, person, event.kind.value, day)
        case intake.BenefitPaid(person_id=person, occurred_on=day):
            amount = event.amount
            kind, minor, currency = event.kind.value, amount.minor, amount.currency.value
            yield "payment", (event.payment_id, person, kind, event.month, day, minor, currency)
        case _:
            return


async def write(db: asyncpg.Connection, rows: Iterable[Fact]) -> None:
    """Upserts rows in one transaction, a statement a table."""
    tables: dict[str, dict[Any, Sequence[Any]]] = {}
    for table, row in rows:
        tables.setdefault(table, {})[row[: _WIDTH[table]]] = row
    async with db.transaction():
        for table, found in sorted(tables.items()):
            ordered = [found[key] for key in sorted(found)]
            await db.execute(_UPSERT[table], *(list(column) for column in zip(*ordered, strict=True)))


def _upsert(table: str) -> str:
    columns = [column.split() for column in TABLES[table].split(", ")]
    names = [name for name, _ in columns]
    key, rest = names[: _WIDTH[table]], names[_WIDTH[table] :]
    values = ", ".join(f"${place}::{kind}[]" for place, (_, kind) in enumerate(columns, 1))
    sets = ", ".join(f"{name} = excluded.{name}" for name in rest)
    into = f"insert into {table} ({', '.join(names)}) select * from unnest({values})"
    return f"{into} on conflict ({', '.join(key)}) do update set {sets}"


_WIDTH: Final = {table: 2 if columns.startswith(_PERSON) else 1 for table, columns in TABLES.items()}
_UPSERT: Final = {table: _upsert(table) for table in TABLES}
