"""How a service process is told where it runs: environment variables with the prefix `LOTSE_`.

What must not be seen in an environment may be a file instead, named like the variable in small letters, in the folder
that LOTSE_SECRETS names: `lotse_database`, `lotse_namespace`. A variable goes before a file.
"""

import os
import re
import socket
from pathlib import Path
from uuid import UUID

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from contracts.city import City
from contracts.topics import Layout


class DatabaseSettings(BaseSettings):
    """Where a service's database is, password included; all that its migration has to know."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_", extra="ignore")

    database: str

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The folder is looked up when settings are read; the library's own option is fixed at import."""
        _ = dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, os.environ.get("LOTSE_SECRETS"))


class Settings(DatabaseSettings):
    """Times are in seconds, sizes in records. `namespace` is the installation's secret: ids are derived in it."""

    service: str = ""
    kafka: str = "127.0.0.1:19092"
    topic_prefix: str = ""
    """Before every topic's and group's name on the wire, so that several installations can share a broker."""
    host: str = "127.0.0.1"
    port: int = 8000
    instance: str = ""
    """This replica's name, which it keeps when it is started again; by default its host's and its port."""
    namespace: UUID
    config: Path = Path("deploy/bremen")
    partitions_person: int = 12
    partitions_partner: int = 3
    batch: int = 1000
    lanes: int = 2
    """Transactions of the consumer at a time: while the database works for one, the other's messages are decided."""
    relay_batch: int = 2000
    pool: int = 8
    session_timeout: float = 6.0
    transaction_timeout: float = 30.0
    """A statement, and a transaction left idle by a stopped process, end after this long."""
    relay_idle_timeout: float = 5.0
    behind_after: float = 60.0
    stop_within: float = 10.0
    log_level: str = "INFO"

    def wire(self, name: str) -> str:
        """A topic's or group's name at the broker."""
        return f"{self.topic_prefix}{name}"

    @property
    def member(self) -> str:
        """Our name in consumer groups: who comes back under it within `session_timeout` has its partitions at once."""
        return re.sub(r"[^A-Za-z0-9._-]", "-", self.instance or f"{socket.gethostname()}.{self.port}")[:249]

    def in_city(self, city: City) -> "Settings":
        """Partitions that nobody named are as the city's configuration says."""
        said = {"partitions_person": city.partitions.person, "partitions_partner": city.partitions.partner}
        return self.model_copy(update={name: n for name, n in said.items() if name not in self.model_fields_set})

    @property
    def layout(self) -> Layout:
        return Layout(person=self.partitions_person, partner=self.partitions_partner)
