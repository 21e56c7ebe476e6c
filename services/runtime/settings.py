"""How a service process is told where it runs: environment variables with the prefix `LOTSE_`."""

from pathlib import Path
from uuid import UUID

from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.topics import Layout


class Settings(BaseSettings):
    """Times are in seconds, sizes in records. `namespace` is the installation's secret: ids are derived in it."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_", extra="ignore")

    service: str = ""
    kafka: str = "127.0.0.1:19092"
    topic_prefix: str = ""
    """Before every topic's and group's name on the wire, so that several installations can share a broker."""
    database: str
    host: str = "127.0.0.1"
    port: int = 8000
    namespace: UUID
    config: Path = Path("deploy/bremen")
    partitions_person: int = 12
    partitions_partner: int = 3
    batch: int = 1000
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
    def layout(self) -> Layout:
        return Layout(person=self.partitions_person, partner=self.partitions_partner)
