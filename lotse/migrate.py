"""`python -m lotse.migrate`: brings every service's database to its newest version, in one process.

One start of Python and of the libraries instead of four. LOTSE_DATABASES holds `<service>=<DSN>`, separated by blanks.
"""

import asyncio
import os

from services.runtime.migrations import migrate


async def migrate_all(databases: str) -> None:
    """One after the other: Alembic knows one migration at a time. The first that fails ends it."""
    for entry in databases.split():
        service, dsn = entry.split("=", 1)
        await migrate(service, dsn)


if __name__ == "__main__":
    asyncio.run(migrate_all(os.environ["LOTSE_DATABASES"]))
