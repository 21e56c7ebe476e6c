"""One folder holds everything an installation keeps: LOTSE_HOME.

installation.json   secrets and what is fixed at the first start (0600)
supervisor.lock     held while a lotse runs on this home
ports.json          where its parts listen
processes.json      what that lotse started, so that the next can end what a crash left
kafka/ postgres/    the servers' data
logs/<part>.log
"""

import fcntl
import json
import os
import secrets
import stat
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.city import City, CityMisconfigured, read_city
from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings

LOG_LIMIT: Final = 20 * 1024 * 1024
"""Bytes of a part's log above which it is set aside as `<part>.log.1` at the next start."""


class ClockKind(StrEnum):
    """`real` publishes a day at midnight, Berlin time; `simulated` when the calendar is told to."""

    REAL = "real"
    SIMULATED = "simulated"


class HomeTaken(Refusal):
    exit_code = 3


class HomeDamaged(Refusal):
    exit_code = 3


class Installation(BaseModel):
    """Fixed at the first start. `namespace` is secret: ids of clients are derived from it."""

    model_config = ConfigDict(frozen=True)

    namespace: uuid.UUID
    cluster_id: str
    clock: ClockKind
    start: date | None
    """First day of a simulated clock."""
    partitions_person: int
    partitions_partner: int
    superuser_password: str
    passwords: dict[str, str]
    """Of the database roles, by service."""
    city: str | None = None
    """Whose it is, by its configuration's name; None: of before it was kept."""


class Home:
    """The folder, its layout, and the lock on it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.kafka = self.path / "kafka"
        self.postgres = self.path / "postgres"
        self.logs = self.path / "logs"
        self.ledger = self.path / "processes.json"
        self._lock = self.path / "supervisor.lock"
        self._ports = self.path / "ports.json"
        self._installation = self.path / "installation.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the home for one supervisor. Raises `HomeTaken`. The lock ends with the process, however it ends."""
        self._make()
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._taken() from None
            self._ports.unlink(missing_ok=True)  # of an earlier one
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def holder(self) -> int | None:
        """The process id of the lotse that runs on this home, if one does."""
        try:
            with self._lock.open("r") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read() or 0)
        except FileNotFoundError:
            pass
        return None

    def listens(self, ports: Mapping[str, int]) -> None:
        """Say by part where the lotse that holds this home listens, for commands that are not told."""
        new = self._ports.with_suffix(".new")
        new.write_text(json.dumps(dict(ports), indent=1))
        new.replace(self._ports)

    def listening(self) -> dict[str, int]:
        """Where the parts of the lotse that runs on this home listen; empty if none runs."""
        if self.holder() is None:
            return {}
        try:
            found: dict[str, int] = json.loads(self._ports.read_text())
        except FileNotFoundError:
            return {}
        return found

    def log_of(self, part: str) -> Path:
        """Where a part writes; a log that grew too large is set aside first."""
        path = self.logs / f"{part}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path

    def read(self) -> Installation | None:
        """The installation, or None before the first start. Raises `HomeDamaged`."""
        try:
            return Installation.model_validate_json(self._installation.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) or "the file" for e in error.errors())
            raise HomeDamaged(
                f"{self._installation} cannot be read: {fields}.",
                remedy="Restore the file from a backup, or start anew in another LOTSE_HOME.",
            ) from None

    def install(
        self, settings: Settings, *, clock: ClockKind, start: date | None, namespace: uuid.UUID | None = None
    ) -> Installation:
        """The installation of this home; made at the first start and never changed after. The home must be held.

        A `namespace` that is given makes two homes' ids alike, for a city that invents its clients.
        """
        city = configured(settings)
        found = self.read()
        if found is None:
            found = _new(settings, city, clock, start, namespace or uuid.uuid4())
            self._write(found)
        self.require(found, city, settings)
        if found.clock != clock:
            raise HomeTaken(
                f"{self.path} was made with a {found.clock} clock; a {clock} clock was asked for.",
                remedy="A home keeps its clock for ever: choose another LOTSE_HOME.",
            )
        return found

    def require(self, found: Installation, city: City, settings: Settings) -> None:
        """Raises `HomeTaken` if the installation is another city's than the configuration."""
        if found.city not in {None, city.name}:
            raise HomeTaken(
                f"{self.path} is {found.city}'s; {settings.config / 'city.toml'} is {city.name}'s.",
                remedy=f"Set LOTSE_CONFIG to {found.city}'s folder, or LOTSE_HOME to a home of {city.name}'s own.",
            )

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise HomeTaken(
                f"{self.path} cannot be used: {error.strerror}.",
                remedy="Set LOTSE_HOME to a folder that you may write.",
            ) from None
        if os.geteuid() != 0:
            self.path.chmod(stat.S_IRWXU)

    def _taken(self) -> HomeTaken:
        pid = self.holder()
        return HomeTaken(
            f"A lotse already runs on {self.path}{f' (process {pid})' if pid else ''}.",
            remedy=f"Stop it first{f': kill {pid}' if pid else ''}; or use another LOTSE_HOME and other ports.",
        )

    def _write(self, installation: Installation) -> None:
        part = self._installation.with_suffix(".new")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(descriptor, "w") as file:
            file.write(installation.model_dump_json(indent=2))
            file.flush()
            os.fsync(descriptor)
        part.replace(self._installation)


def configured(settings: Settings) -> City:
    """The city of LOTSE_CONFIG. Raises a `Refusal`."""
    try:
        return read_city(settings.config)
    except CityMisconfigured as error:
        raise Refusal(str(error), remedy="LOTSE_CONFIG names the folder of a city's configuration.") from None


def _new(settings: Settings, city: City, clock: ClockKind, start: date | None, namespace: uuid.UUID) -> Installation:
    return Installation(
        namespace=namespace,
        cluster_id=f"L{secrets.token_urlsafe(16)[1:]}",
        clock=clock,
        start=start,
        partitions_person=settings.partitions or city.partitions.person,
        partitions_partner=settings.partner_partitions or city.partitions.partner,
        superuser_password=secrets.token_hex(16),
        passwords={service: secrets.token_hex(16) for service in SERVICES},
        city=city.name,
    )
