"""`lotse backup`: the services' databases in a folder, from which `lotse restore` puts them back.

A backup holds what is in no topic: texts of plans, idempotency keys, queues of parked clients, and the installation's
secrets. It may be taken while everything runs; each database is consistent in itself, and that is enough.
"""

import asyncio
import hashlib
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from lotse.home_asked import Demo, asked
from lotse.refusal import Refusal
from lotse.served import served
from lotse.settings import HOST, SERVICES, Settings
from lotse.stack import postgres
from lotse.stack.home import Home, Installation

MANIFEST: Final = "manifest.json"
SECRETS: Final = "installation.json"
Folder = Annotated[Path, typer.Argument(help="The backup's folder.", file_okay=False)]


class BackupRefused(Refusal):
    """Nothing was changed."""


class ProgramFailed(Refusal):
    exit_code = 3


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)


def backup(folder: Folder, *, demo: Demo = False) -> None:
    """Dump every service's database into a new folder, with digests. Lotse may run; else its servers are started.

    The folder holds personal data and the installation's secrets: keep it as closed as the databases.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty.", remedy="Name a new folder: a backup never overwrites another.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(_backup(asked(demo=demo), folder))
    Console(highlight=False, soft_wrap=True).print(f"{folder}: {', '.join(SERVICES)}", markup=False)


def verify(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are as they were written. Raises `BackupRefused`."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        changed = [name for name, digest in manifest["sha256"].items() if _digest(folder / name) != digest]
    except (OSError, ValueError, KeyError):
        raise BackupRefused(
            f"{folder} is no backup: {MANIFEST} or a file that it names is missing.", remedy="lotse backup <folder>"
        ) from None
    if changed:
        raise BackupRefused(
            f"{', '.join(changed)} in {folder} is not what was backed up.", remedy="Use another backup."
        )
    return manifest


async def _backup(settings: Settings, folder: Path) -> None:
    async with served(settings) as there:
        installation = installation_of(there)
        for service in SERVICES:
            target = str(dump_of(folder, service))
            await asyncio.to_thread(run, there, installation, "pg_dump", service, "--format=custom", "--file", target)
        secrets = folder / SECRETS
        secrets.touch(mode=0o600)
        secrets.write_text(installation.model_dump_json(indent=2))
    files = [dump_of(folder, service).name for service in SERVICES] + [SECRETS]
    taken = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {"taken": taken, "sha256": {name: _digest(folder / name) for name in files}}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def run(settings: Settings, installation: Installation, program: str, service: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs on a service's database, as its role."""
    there = ("--host", HOST, "--port", str(settings.postgres_port), "--username", service)
    database = (service,) if program == "pg_dump" else ()
    ended = subprocess.run(
        [str(postgres.binary(program)), *there, *arguments, *database],
        env=os.environ | {"PGPASSWORD": installation.passwords[service]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise ProgramFailed(
            f"{program} of {service} failed: {ended.stderr.strip().splitlines()[-1] if ended.stderr else 'no words'}",
            remedy="`lotse doctor` checks the usual causes; run the same command again.",
        )


def installation_of(settings: Settings) -> Installation:
    found = Home(settings.home).read()
    if found is None:
        raise BackupRefused(f"{settings.home} holds no installation.", remedy="LOTSE_HOME names its folder.")
    return found


def dump_of(folder: Path, service: str) -> Path:
    return folder / f"{service}.dump"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
