"""What a person may set: environment variables with the prefix LOTSE_."""

from pathlib import Path
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES: Final = ("intake", "casework", "referrals", "reporting")
HOST: Final = "127.0.0.1"

Port = int


class Settings(BaseSettings):
    """Where the stack lives and listens. Every listener is on 127.0.0.1."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_", frozen=True)

    home: Path = Path(".lotse")
    cache: Path = Field(default_factory=lambda: Path.home() / ".cache" / "lotse")
    config: Path = Path("deploy/bremen")
    intake_port: Port = Field(default=8001, ge=1, le=65535)
    casework_port: Port = Field(default=8002, ge=1, le=65535)
    referrals_port: Port = Field(default=8003, ge=1, le=65535)
    reporting_port: Port = Field(default=8004, ge=1, le=65535)
    calendar_port: Port = Field(default=8005, ge=1, le=65535)
    kafka_port: Port = Field(default=19092, ge=1, le=65535)
    kafka_controller_port: Port = Field(default=19093, ge=1, le=65535)
    postgres_port: Port = Field(default=15432, ge=1, le=65535)
    partitions: int | None = Field(default=None, ge=1, le=120)
    """Of person topics; None: as the city's configuration says. It counts at the first start of a home only."""
    partner_partitions: int | None = Field(default=None, ge=1, le=120)
    fsync: bool = True
    """False gives up PostgreSQL's durability against a crash of the machine: for tests only."""

    def port(self, part: str) -> int:
        port: int = getattr(self, f"{part}_port")
        return port

    def url(self, part: str) -> str:
        return f"http://{HOST}:{self.port(part)}"

    @property
    def kafka_address(self) -> str:
        return f"{HOST}:{self.kafka_port}"


def setting_of(part: str) -> str:
    """The environment variable that moves a part to another port."""
    return f"LOTSE_{part.upper().replace('-', '_')}_PORT"
