"""The tables that every service's database holds for the runtime. The service's own stand beside them."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol, Self

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Row(SQLModel):
    """A service's row. Those that messages lead to are made by `model_construct` and written in bulk, by no session:
    tables validate nothing, and a row of which SQLAlchemy knows nothing costs a tenth."""

    @classmethod
    def model_construct(  # type: ignore[override] # SQLModel's own has a `_cls` that nothing but itself fits
        cls, _fields_set: set[str] | None = None, **values: Any
    ) -> Self:
        made = object.__new__(cls)
        content = {**_defaults(cls), **values}
        object.__setattr__(made, "__dict__", content)
        object.__setattr__(made, "__pydantic_fields_set__", _fields_set or set(values))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


@cache
def _defaults(model: type[SQLModel]) -> dict[str, Any]:
    return {name: field.get_default() for name, field in model.model_fields.items() if not field.is_required()}


class ConsumedOffset(SQLModel, table=True):
    """Where this service stands in a partition: `next_offset` moves in the effects' transaction; its lock fences."""

    __tablename__ = "consumed_offset"

    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    next_offset: int = Field(sa_type=sa.BigInteger)
    topic_id: str | None = None
    caught_up_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    """The wall clock when the partition's end was last reached."""


class Ledger(SQLModel, table=True):
    """The last sequence per topic and subject: heard, of topics we consume; sent, of topics we publish."""

    __tablename__ = "ledger"

    topic: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    last: int = Field(sa_type=sa.BigInteger)


class State(SQLModel, table=True):
    """One subject's state, a JSON document; `due` is the next day on which time alone changes it, as of the last one
    decided here."""

    __tablename__ = "state"
    __table_args__ = (sa.Index("ix_state_due", "due", postgresql_where=sa.text("due is not null")),)

    subject: str = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=JSONB)
    due: date | None = None


class Alias(SQLModel, table=True):
    """A merged subject and the one it leads to."""

    __tablename__ = "alias"

    subject: str = Field(primary_key=True)
    canonical: str = Field(index=True)


class Reference(SQLModel, table=True):
    """A further published id by which messages and commands name a subject."""

    __tablename__ = "reference"

    name: str = Field(primary_key=True)
    subject: str


class Outbox(SQLModel, table=True):
    """What is committed and not yet published. The relay sends in order of `id` and deletes exactly what it sent."""

    __tablename__ = "outbox"

    id: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True),
    )
    topic: str
    partition: int
    key: bytes | None = None
    headers: str
    """JSON pairs; the values' bytes as Latin-1, so that any bytes survive."""
    value: bytes | None = None
    written_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class ParkedSubject(SQLModel, table=True):
    """A subject one of whose messages could not be applied: its later ones queue in `parked_record`."""

    __tablename__ = "parked_subject"

    subject: str = Field(primary_key=True)
    since: datetime = Field(sa_type=sa.DateTime(timezone=True))
    reason: str


class ParkedRecord(SQLModel, table=True):
    """An untouched record of a parked subject, in order of arrival; `reason` where the record itself failed."""

    __tablename__ = "parked_record"

    id: int = Field(sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    subject: str = Field(index=True)
    topic: str
    partition: int
    offset: int = Field(sa_type=sa.BigInteger)
    key: bytes | None = None
    headers: str
    value: bytes | None = None
    attempts: int = 0
    reason: str | None = None
    first_failed_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


class IdempotentCommand(SQLModel, table=True):
    """A changing request that was carried out: who, when, what for, and the answer that a repeat gets."""

    __tablename__ = "command"

    key: str = Field(primary_key=True)
    digest: str
    status: int = 0
    response: str = ""
    actor: str
    office: str
    department: str
    purpose: str
    route: str
    at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class OperatorAction(SQLModel, table=True):
    """A redrive or a discard of a dead letter: who ordered it and why."""

    __tablename__ = "operator_action"

    id: int = Field(sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    action: str
    subject: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = Field(default=None, sa_type=sa.BigInteger)
    actor: str
    reason: str
    at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class Access(SQLModel, table=True):
    """Who read or wrote about which subjects, when, what for (audit.py). `named`: the ids in the request's address."""

    __tablename__ = "access"
    __table_args__ = (
        sa.Index("ix_access_subjects", "subjects", "named", postgresql_using="gin"),
        sa.Index("ix_access_day", "day"),
    )

    id: int = Field(sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    day: date
    action: str
    outcome: str
    actor: str
    office: str
    department: str
    purpose: str
    route: str
    named: list[str] = Field(sa_type=sa.ARRAY(sa.Text))
    subjects: list[str] = Field(sa_type=sa.ARRAY(sa.Text))


class BusinessDay(SQLModel, table=True):
    """One row: the business day up to which this service's timers have fired."""

    __tablename__ = "business_day"

    id: int = Field(primary_key=True)
    today: date


class TraceLink(SQLModel, table=True):
    """The trace that first wrote to an agency about a key: its answers, which carry no trace, are linked to it.

    Only in a service that writes to agencies, and filled only while tracing is on.
    """

    __tablename__ = "trace_link"

    agency: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    traceparent: str


RUNTIME: tuple[type[SQLModel], ...] = (
    ConsumedOffset,
    Ledger,
    State,
    Alias,
    Reference,
    Outbox,
    ParkedSubject,
    ParkedRecord,
    IdempotentCommand,
    OperatorAction,
    BusinessDay,
)
REBUILT: tuple[type[SQLModel], ...] = (State, Alias, Reference)
"""What a replay rebuilds and compares besides the service's own tables."""


class Operations(Protocol):
    """What a migration does with `alembic.op`."""

    def execute(self, sqltext: Any, /) -> None: ...


def create_runtime_tables(op: Operations, models: Sequence[type[SQLModel]] = RUNTIME) -> None:
    """For a service's migrations: the runtime's tables as they are today."""
    for model in models:
        table = sa.inspect(model).local_table
        if not isinstance(table, sa.Table):
            raise TypeError(f"{model.__name__} is no table")
        op.execute(sa.schema.CreateTable(table))
        for index in sorted(table.indexes, key=lambda found: str(found.name)):
            op.execute(sa.schema.CreateIndex(index))
