"""PostgreSQL for the write side: a pool, rows in bulk, and which faults pass by themselves.

Hot paths write with `unnest` or COPY, made from the SQLModel tables; SQLModel's own sessions serve queries (web.py).
"""

import asyncio
import contextlib
import functools
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
    """A pool of autocommit connections. A plan cached while a table was small would be kept: it never is."""
    return await asyncpg.create_pool(
        settings.database,
        min_size=1,
        max_size=settings.pool,
        timeout=5,
        command_timeout=settings.transaction_timeout,
        connection_class=connection_class,
        init=_setup,
        reset=_nothing_to_reset,
        server_settings=session_settings(settings) | ({"search_path": schema} if schema else {}),
    )


@contextlib.asynccontextmanager
async def transaction(
    pool: asyncpg.Pool, *, isolation: Literal["read_committed", "repeatable_read"] = "read_committed"
) -> AsyncIterator[asyncpg.Connection]:
    """A transaction on a connection of the pool. The only place where one is opened."""
    async with pool.acquire(timeout=5) as db, db.transaction(isolation=isolation):
        yield cast(asyncpg.Connection, db)


def session_settings(settings: Settings) -> dict[str, str]:
    return {
        "application_name": settings.service,
        "idle_in_transaction_session_timeout": f"{int(settings.relay_idle_timeout * 1000)}",
        "lock_timeout": f"{int(settings.transaction_timeout * 500)}",
        "plan_cache_mode": "force_custom_plan",
        "random_page_cost": "1.1",  # what is touched lies in memory: a table that grew is not read whole for 500 keys
        "jit": "off",
        "timezone": "UTC",
    }


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


async def upsert(db: asyncpg.Connection, model: type[SQLModel], rows: Iterable[Sequence[Any]]) -> None:
    """Upserts whole rows, given as values in the order of the table's columns; of rows with one key the last wins."""
    form = bulk(model)
    last = {form.key_of(row): row for row in rows}
    if not last:
        return
    ordered = [last[key] for key in sorted(last)]
    # A list in a JSON column would be taken for a dimension of the array: such values go as text.
    arrays = [
        [None if value is None else _json(value) for value in column] if is_json else list(column)
        for column, is_json in zip(zip(*ordered, strict=True), form.json, strict=True)
    ]
    await db.execute(form.upsert, *arrays)


async def upsert_models(db: asyncpg.Connection, rows: Iterable[SQLModel]) -> None:
    """Upserts SQLModel rows, tables in order of their names."""
    tables: dict[type[SQLModel], list[SQLModel]] = {}
    for row in rows:
        tables.setdefault(type(row), []).append(row)
    for model in sorted(tables, key=lambda found: found.__name__):
        await upsert(db, model, [values_of(row)[1] for row in tables[model]])


def values_of(row: SQLModel) -> tuple[type[SQLModel], list[Any]]:
    """A row's table and its values in the order of the table's columns: what two equal rows have in common."""
    model = type(row)
    return model, list(map(row.__dict__.get, bulk(model).names))


async def backoff(attempt: int, *, longest: float = 2.0) -> None:
    """Waits before the next attempt of something that is away: 0.1 s, doubling."""
    await asyncio.sleep(min(longest, 0.05 * 2**attempt))
