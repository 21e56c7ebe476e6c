"""`python -m lotse.container.secrets`: an installation's secrets as files, made once, each for one account to read.

    postgres/password                         the superuser's, for the database server
    databases/{superuser,<service>}           its DSN and the roles' passwords, for the step that makes them
    <service>/lotse_database, lotse_namespace a service's settings (LOTSE_SECRETS names its folder)

It needs to be root with CAP_CHOWN and no more: a file that was given away cannot be read by it again.
LOTSE_SEED makes the demonstration's namespace instead of a secret one: the same city has the same ids everywhere. It is
kept beside the secrets, and another one is refused: agencies and people would be of one city, and ids of another.
"""

import os
import secrets
import stat
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from lotse.play import namespace_of
from lotse.refusal import Refusal
from lotse.settings import SERVICES

VOLUME: Final = Path("/run/lotse")
MADE: Final = "secrets"
SEED: Final = "seed"
OPERATOR: Final = 10005
ACCOUNTS: Final = {"postgres": 999, "databases": OPERATOR} | {name: 10001 + n for n, name in enumerate(SERVICES)}
"""Who reads which folder: the accounts of the images, the database server's own among them."""


class OtherSeed(Refusal):
    """The secrets that are there were made for another seed."""


def provide(volume: Path, seed: str = "", accounts: Mapping[str, int] = ACCOUNTS) -> bool:
    """Whether secrets were made: those that are there stay, all or none. Raises `OtherSeed`."""
    made = volume / MADE
    if made.exists():
        if (held := (made / SEED).read_text()) != seed:
            raise OtherSeed(
                f"These containers hold the city of seed {held or 'none'}, not of {seed or 'none'}.",
                remedy="Set LOTSE_SEED to it, or take a project of your own: docker compose -p <a new name> …",
            )
        return False
    namespace = namespace_of(int(seed)) if seed else uuid.uuid4()
    new = Path(tempfile.mkdtemp(dir=volume))
    for path, text in _contents(namespace):
        folder = new / path.parent
        folder.mkdir(exist_ok=True)
        _write(new / path, text, accounts[folder.name])
    for folder in new.iterdir():
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        os.chown(folder, accounts[folder.name], accounts[folder.name])
    _write(new / SEED, seed, os.getuid())
    new.chmod(0o755)
    os.sync()
    new.rename(made)
    return True


def _contents(namespace: uuid.UUID) -> Iterator[tuple[Path, str]]:
    superuser = secrets.token_hex(16)
    yield Path("postgres/password"), superuser
    yield Path("databases/superuser"), _dsn("postgres", superuser)
    for service in SERVICES:
        password = secrets.token_hex(16)
        yield Path("databases", service), password
        yield Path(service, "lotse_database"), _dsn(service, password)
        yield Path(service, "lotse_namespace"), str(namespace)


def _dsn(role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@postgres:5432/{role}"


def _write(path: Path, text: str, account: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        os.fchown(descriptor, account, account)


def main() -> int:
    try:
        made = provide(VOLUME, os.environ.get("LOTSE_SEED", ""))
    except OtherSeed as refused:
        print(refused, file=sys.stderr)
        return refused.exit_code
    print("made" if made else "there already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
