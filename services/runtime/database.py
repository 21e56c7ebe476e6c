"""PostgreSQL for the write side: a pool, rows in bulk, and which faults pass by themselves.

Hot paths write with `unnest` or COPY, made from the SQLModel tables; SQLModel's own sessions serve queries (web.py).
"""

import asyncio
import contextlib
import functools
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from operator import itemgetter
from typing import Any, Literal, cast

import asyncpg
import orjson
import sqlalchemy as sa
from aiokafka.errors import KafkaError
from asyncpg import exceptions as pg
from sqlalchemy.orm import configure_mappers
from sqlmodel import SQLModel

from services.runtime.settings import Settings

_AWAY = (
    OSError,
    TimeoutError,
    KafkaError,
    asyncpg.InterfaceError,
    pg.PostgresConnectionError,
    pg.OperatorInterventionError,
    pg.InsufficientResourcesError,
    pg.TransactionRollbackError,
    pg.LockNotAvailableError,
    pg.IdleInTransactionSessionTimeoutError,
    pg.InternalClientError,
    pg.InvalidCachedStatementError,  # a table was changed: it is prepared anew
)


def is_away(error: BaseException) -> bool:
    """Database or broker is away: wait and try again, never a dead letter.

    asyncpg raises a value that it cannot encode as `InterfaceError` and `ValueError`: that one never passes by itself.
    """
    return isinstance(error, _AWAY) and not isinstance(error, ValueError)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


async def _setup(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=_json, decoder=orjson.loads, schema="pg_catalog")


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Sessions hold nothing beyond their transaction; asyncpg's own reset would be one more statement for each."""


async def connect_pool(
    settings: Settings, *, schema: str | None = None, connection_class: type[asyncpg.Connection] = asyncpg.Connection
) -> asyncpg.Pool:
    """A pool of autocommit connections."""
    return await asyncpg.create_pool(
        settings.database,
        min_size=1,
        max_size=settings.pool,
        timeout=5,
        command_timeout=settings.transaction_timeout,
        max_cacheable_statement_size=1 << 16,  # what a unit writes to many tables is one statement
        connection_class=connection_class,
        init=_setup,
        reset=_nothing_to_reset,
        server_settings=session_settings(settings) | ({"search_path": schema} if schema else {}),
    )


@contextlib.asynccontextmanager
async def transaction(
    pool: asyncpg.Pool,
    *,
    isolation: Literal["read_committed", "repeatable_read"] = "read_committed",
    whole: bool = False,
) -> AsyncIterator[asyncpg.Connection]:
    """A transaction on a connection of the pool. The only place where one is opened. `whole`: it reads whole tables,
    and is planned for that."""
    async with pool.acquire(timeout=5) as lent, lent.transaction(isolation=isolation):
        db = cast(asyncpg.Connection, lent)
        if whole:
            await reads_whole(db)
        yield db


async def reads_whole(db: asyncpg.Connection) -> None:
    """From here to its end a transaction is planned for reading whole tables."""
    await db.execute(_WHOLE)


_BY_KEY = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""What a unit touches it finds by key, be it one row or a thousand: planned once, for an index, whatever a table holds.
Planning each statement anew took twice as long as executing it for one message (docs/performance.md)."""
_WHOLE = "set local plan_cache_mode = force_custom_plan; " + "; ".join(
    f"set local {name} = on" for name in _BY_KEY if name.startswith("enable_")
)


def session_settings(settings: Settings) -> dict[str, str]:
    return _BY_KEY | {
        "application_name": settings.service,
        "idle_in_transaction_session_timeout": f"{int(settings.relay_idle_timeout * 1000)}",
        "lock_timeout": f"{int(settings.transaction_timeout * 500)}",
        "random_page_cost": "1.1",  # what is touched lies in memory
        "jit": "off",
        "timezone": "UTC",
    }


_PARAMETER = re.compile(r"\$(\d+)")
_ARRAYS: dict[type[object], str] = {
    sa.BigInteger: "bigint",
    sa.Integer: "integer",
    sa.Boolean: "boolean",
    sa.DateTime: "timestamptz",
    sa.Date: "date",
    sa.LargeBinary: "bytea",
    sa.JSON: "jsonb",
    sa.String: "text",
}


def _array(column: sa.Column[Any]) -> str:
    kind_of = column.type.impl if isinstance(column.type, sa.TypeDecorator) else column.type
    for kind, name in _ARRAYS.items():
        if isinstance(kind_of, kind):
            return name
    raise TypeError(f"{column.table.name}.{column.name}: {column.type} has no bulk form")


class Bulk:
    """How rows of one table are upserted: one statement for any number of rows."""

    def __init__(self, model: type[SQLModel]) -> None:
        configure_mappers()  # rows made by `model_construct` do not ask for it, and are read here first
        table = sa.inspect(model).local_table
        columns = [c for c in table.columns if not c.identity]
        self.names = [c.key for c in columns]
        self.key = [c.key for c in columns if c.primary_key]
        self.key_of = itemgetter(*(n for n, c in enumerate(columns) if c.primary_key))
        self.json = [isinstance(c.type, sa.JSON) for c in columns]
        quoted = [f'"{name}"' for name in self.names]
        values = ", ".join(f"${i}::{_array(c)}[]" for i, c in enumerate(columns, 1))
        rest = [name for name in quoted if name.strip('"') not in self.key]
        sets = ", ".join(f"{name} = excluded.{name}" for name in rest)
        self.insert = f"insert into {table.name} ({', '.join(quoted)}) select * from unnest({values})"
        keys = ", ".join(f'"{k}"' for k in self.key)
        self.upsert = f"{self.insert} on conflict ({keys}) do {'update set ' + sets if rest else 'nothing'}"


@functools.cache
def bulk(model: type[SQLModel]) -> Bulk:
    return Bulk(model)


class Writes:
    """What a transaction writes, gathered and sent as one statement: a server far away, or busy, is waited for once.

    PostgreSQL lets every part see the tables as they were before, so none may rest on another, and of rows with one key
    the last wins here already.
    """

    def __init__(self) -> None:
        self._rows: dict[type[SQLModel], dict[Any, Sequence[Any]]] = {}
        self._others: list[tuple[str, tuple[Any, ...]]] = []

    def upsert(self, model: type[SQLModel], rows: Iterable[Sequence[Any]]) -> None:
        """Whole rows, given as values in the order of the table's columns."""
        key_of = bulk(model).key_of
        if made := {key_of(row): row for row in rows}:
            self._rows.setdefault(model, {}).update(made)

    def models(self, rows: Iterable[SQLModel]) -> None:
        """The same, given as SQLModel rows."""
        for row in rows:
            model, values = values_of(row)
            self._rows.setdefault(model, {})[bulk(model).key_of(values)] = values

    def execute(self, statement: str, *arguments: Any) -> None:
        """A statement of no rows that this holds."""
        self._others.append((statement, arguments))

    async def send(self, db: asyncpg.Connection) -> None:
        """Writes everything: tables in order of their names, rows in order of their keys."""
        parts = [_upserted(model, self._rows[model]) for model in sorted(self._rows, key=lambda one: one.__name__)]
        parts += self._others
        if parts:
            statement = _together(tuple(statement for statement, _ in parts))
            await db.execute(statement, *(argument for _, arguments in parts for argument in arguments))


def _upserted(model: type[SQLModel], rows: dict[Any, Sequence[Any]]) -> tuple[str, tuple[Any, ...]]:
    form = bulk(model)
    columns = zip(*(rows[key] for key in sorted(rows)), strict=True)
    # A list in a JSON column would be taken for a dimension of the array: such values go as text.
    arrays = (
        [None if value is None else _json(value) for value in column] if is_json else list(column)
        for column, is_json in zip(columns, form.json, strict=True)
    )
    return form.upsert, tuple(arrays)


@functools.lru_cache(maxsize=512)
def _together(statements: tuple[str, ...]) -> str:
    """One statement of several, their parameters numbered on."""
    if len(statements) == 1:
        return statements[0]
    parts, before = [], 0
    for number, statement in enumerate(statements):
        parts.append(f"w{number} as ({_numbered(statement, before)})")
        before += max(int(found) for found in _PARAMETER.findall(statement))
    return f"with {', '.join(parts)} select"


def _numbered(statement: str, before: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", statement)


async def upsert_models(db: asyncpg.Connection, rows: Iterable[SQLModel]) -> None:
    """Upserts SQLModel rows."""
    writes = Writes()
    writes.models(rows)
    await writes.send(db)


def values_of(row: SQLModel) -> tuple[type[SQLModel], list[Any]]:
    """A row's table and its values in the order of the table's columns: what two equal rows have in common."""
    model = type(row)
    return model, list(map(row.__dict__.get, bulk(model).names))


async def backoff(attempt: int, *, longest: float = 2.0) -> None:
    """Waits before the next attempt of something that is away: 0.1 s, doubling."""
    await asyncio.sleep(min(longest, 0.05 * 2**attempt))
