"""A city's configuration: offices, districts, agencies and deadlines, read from `deploy/<city>/city.toml`."""

import tomllib
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts.words import AgencyId, DistrictId, OfficeId, ServiceKind


class CityMisconfigured(ValueError):
    """`city.toml` is missing or contradicts itself; the text says where."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OfficeKind(StrEnum):
    REGIONAL = "regional"
    SOZIALZENTRUM = "sozialzentrum"


class Office(_Closed):
    """An office and the days on which it works, both inclusive (None: open)."""

    id: OfficeId
    name: str
    kind: OfficeKind
    districts: tuple[DistrictId, ...]
    since: date | None = None
    until: date | None = None

    def works_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Agency(_Closed):
    id: AgencyId
    name: str
    services: tuple[ServiceKind, ...]


class Deadlines(_Closed):
    """Days after the request (`reminders`, `expiry`), of silence in service, and that a message may be held."""

    reminders: tuple[int, ...] = (3, 9)
    expiry: int = Field(default=14, ge=1)
    silence: int = Field(default=30, ge=1)
    held: int = Field(default=30, ge=1)


class City(_Closed):
    name: str
    timezone: str = "Europe/Berlin"
    caseload_limit: int = Field(default=75, ge=1)
    review_months: int = Field(default=6, ge=1, le=6)
    deadlines: Deadlines = Deadlines()
    agencies: tuple[Agency, ...]
    offices: tuple[Office, ...]

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        for names in ([o.id for o in self.offices], [a.id for a in self.agencies]):
            if len(set(names)) != len(names):
                raise ValueError("an id occurs twice")
        for first in self.offices:
            for other in self.offices:
                if first.id < other.id and set(first.districts) & set(other.districts) and _overlap(first, other):
                    raise ValueError(f"{first.id} and {other.id} are responsible for one district on the same day")
        return self

    @cached_property
    def agency_ids(self) -> tuple[str, ...]:
        return tuple(agency.id for agency in self.agencies)

    @cached_property
    def districts(self) -> frozenset[str]:
        return frozenset(district for office in self.offices for district in office.districts)

    def office(self, office_id: str) -> Office | None:
        return next((o for o in self.offices if o.id == office_id), None)

    def agency(self, agency_id: str) -> Agency | None:
        return next((a for a in self.agencies if a.id == agency_id), None)

    def responsible(self, district: str, on: date) -> Office | None:
        """The one office responsible for an address in `district` on a day (I4)."""
        return next((o for o in self.offices if district in o.districts and o.works_on(on)), None)


def _overlap(first: Office, other: Office) -> bool:
    starts = [office.since or date.min for office in (first, other)]
    ends = [office.until or date.max for office in (first, other)]
    return max(starts) <= min(ends)


def read_city(folder: Path) -> City:
    """The city of a configuration folder. Raises `CityMisconfigured`."""
    path = folder / "city.toml"
    try:
        return City.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CityMisconfigured(f"{path} does not exist: set LOTSE_CONFIG to a folder with a city.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise CityMisconfigured(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'city'}: {e['msg']}" for e in error.errors()[:5])
        raise CityMisconfigured(f"{path}: {found}") from None
