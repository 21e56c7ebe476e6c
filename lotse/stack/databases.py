"""A database and a role for each service; nobody reaches another's."""

from collections.abc import Mapping

import asyncpg

from lotse.settings import Settings
from lotse.stack.postgres import SUPERUSER, dsn


async def provide(settings: Settings, *, superuser_password: str, passwords: Mapping[str, str]) -> None:
    """Make what is missing in the embedded server. A role may connect to the database of its name only."""
    await provide_at(dsn(settings, role=SUPERUSER, password=superuser_password, database="postgres"), passwords)


async def provide_at(superuser: str, passwords: Mapping[str, str]) -> None:
    """The same at any server, by its superuser's DSN."""
    admin = await asyncpg.connect(superuser, timeout=10)
    try:
        await admin.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        there = {row["rolname"] for row in await admin.fetch("SELECT rolname FROM pg_roles")}
        for service, password in passwords.items():
            if service not in there:
                await admin.execute(f"CREATE ROLE {service} LOGIN PASSWORD '{password}'")
        made = {row["datname"] for row in await admin.fetch("SELECT datname FROM pg_database")}
        for service in passwords:
            if service not in made:
                await admin.execute(f"CREATE DATABASE {service} OWNER {service}")
            await admin.execute(f"REVOKE ALL ON DATABASE {service} FROM PUBLIC")
    finally:
        await admin.close()
