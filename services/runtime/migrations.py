"""Alembic for every service: `python -m services.runtime.migrate <service>`, over the service's own database."""

import asyncio
import importlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine


class Migrating(Protocol):
    """What an `env.py` has as `alembic.context`."""

    @property
    def config(self) -> Config: ...

    def configure(self, *, connection: sa.Connection, transaction_per_migration: bool) -> None: ...

    def begin_transaction(self) -> AbstractContextManager[Any]: ...

    def run_migrations(self) -> None: ...


def run(context: Migrating) -> None:
    """For a service's `env.py`: applies its migrations on the connection that `migrate` opened."""
    connection: sa.Connection = context.config.attributes["connection"]
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def migrate(service: str, database: str, *, schema: str | None = None, revision: str = "head") -> None:
    """Brings a service's database (or one schema of it) to a version. Two at once wait for each other."""
    url = database.replace("postgresql://", "postgresql+asyncpg://", 1)
    settings = {"search_path": schema} if schema else {}
    engine = create_async_engine(url, poolclass=sa.NullPool, connect_args={"server_settings": settings})
    folder = Path(str(importlib.import_module(f"services.{service}").__file__)).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))

    def upgrade(connection: sa.Connection) -> None:
        connection.execute(sa.text("select pg_advisory_lock(hashtext('migrate'))"))
        connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()

    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def run_migrate(service: str, database: str) -> None:
    asyncio.run(migrate(service, database))
