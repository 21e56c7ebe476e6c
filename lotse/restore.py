"""`lotse restore`: databases from a backup, brought by the topics to where their services stood."""

import asyncio
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.console import Console

from lotse.backup import SECRETS, BackupRefused, Folder, dump_of, installation_of, run, verify
from lotse.home_asked import Demo, asked
from lotse.replay import replay_service
from lotse.served import served
from lotse.settings import SERVICES, Settings
from lotse.stack import postgres
from lotse.stack.databases import provide
from lotse.stack.home import Home, Installation


def register(app: typer.Typer) -> None:
    app.command("restore")(restore)


def restore(
    folder: Folder,
    services: Annotated[list[str], typer.Argument(metavar="SERVICE...", help=", ".join(SERVICES))],
    *,
    demo: Demo = False,
) -> None:
    """Put back databases of stopped services, then bring them to where the topics say that they stood.

    Exit codes: 0 restored · 1 refused, nothing was changed · 3 a database could not be put back.
    """
    if unknown := sorted(set(services) - set(SERVICES)):
        raise typer.BadParameter(f"{', '.join(unknown)}: no service; there are {', '.join(SERVICES)}")
    verify(folder)
    asyncio.run(_restore(asked(demo=demo), folder, services))


async def _restore(settings: Settings, folder: Path, services: list[str]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if (holder := Home(settings.home).holder()) is not None:
        raise BackupRefused(
            f"A lotse runs on {settings.home} (process {holder}): its databases cannot be replaced under it.",
            remedy="Stop it; the servers are started for this where nothing runs.",
        )
    async with served(settings) as there:
        installation = installation_of(there)
        if Installation.model_validate_json((folder / SECRETS).read_bytes()).namespace != installation.namespace:
            raise BackupRefused(
                f"{folder} is another installation's.", remedy="Its ids would not be those of the topics."
            )
        for service in services:
            await _empty(there, installation, service)
            source = str(dump_of(folder, service))
            options = ("--no-owner", "--exit-on-error", "--dbname", service)
            await asyncio.to_thread(run, there, installation, "pg_restore", service, *options, source)
            found = await asyncio.to_thread(replay_service, there, installation, service, restore=True)
            console.print(f"{service}: restored, {found.events:,} events folded", markup=False)


async def _empty(settings: Settings, installation: Installation, service: str) -> None:
    """An empty database in place of the service's. Raises what PostgreSQL refuses: somebody still uses it."""
    superuser, password = postgres.SUPERUSER, installation.superuser_password
    address = postgres.dsn(settings, role=superuser, password=password, database="postgres")
    admin = await asyncpg.connect(address, timeout=10)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {service}")
    except asyncpg.ObjectInUseError:
        raise BackupRefused(f"Somebody is connected to the database of {service}.", remedy="End that first.") from None
    finally:
        await admin.close()
    await provide(settings, superuser_password=password, passwords=installation.passwords)
