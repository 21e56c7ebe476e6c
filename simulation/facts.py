"""What a city's year is invented from: `deploy/<city>/demo.toml`, beside the configuration that the services read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.city import City, CityMisconfigured, read_city, read_toml
from contracts.words import AgencyId, DistrictId, PlacementKind, ServiceKind, YearMonth


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class YearFacts(_Closed):
    """Recipients at the end of the first and of the last month; DM for the twelve payment runs after the first one."""

    source: str
    first_month: YearMonth
    last_month: YearMonth
    recipients_first: int = Field(ge=1)
    recipients_last: int = Field(ge=1)
    expenditure_dm: int = Field(ge=1)

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.first_month}-01")

    @property
    def last_day(self) -> date:
        last = date.fromisoformat(f"{self.last_month}-28") + timedelta(days=4)
        return last.replace(day=1) - timedelta(days=1)


class Training(_Closed):
    """One more case manager a centre, who begins within so many days after `since`."""

    since: date
    within_days: int = Field(ge=0)


class Staffing(_Closed):
    at_once: int = Field(ge=1)
    trained: tuple[Training, ...] = ()


class DistrictFacts(_Closed):
    """`recipients`: in relation to the other districts."""

    recipients: float = Field(gt=0)
    postcode: Annotated[str, Field(pattern=r"^[0-9]{5}$")]


class Facts(_Closed):
    year: YearFacts
    staffing: Staffing
    districts: Mapping[DistrictId, DistrictFacts]
    outcomes: Mapping[AgencyId, Mapping[ServiceKind, Mapping[PlacementKind, float]]] = {}
    """Shares of the kinds of placement that come of a service at an agency."""

    @cached_property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """Recipients of each district."""
        return tuple((district, facts.recipients) for district, facts in self.districts.items())


@dataclass(frozen=True, slots=True)
class Scene:
    """A city, the facts of its year, and the day on which its centres replace the regional departments."""

    city: City
    facts: Facts
    reorganised_on: date

    @property
    def first_day(self) -> date:
        return self.facts.year.first_day

    @property
    def last_day(self) -> date:
        return self.facts.year.last_day


def read_scene(folder: Path) -> Scene:
    """Raises `CityMisconfigured`."""
    city, path = read_city(folder), folder / "demo.toml"
    facts = read_toml(path, Facts)
    if differing := city.districts ^ facts.districts.keys():
        told = ", ".join(sorted(differing))
        raise CityMisconfigured(
            f"{path}: its districts are not those of city.toml: {told}. Name the same ones in both."
        )
    if unknown := facts.outcomes.keys() - set(city.agency_ids):
        told, known = ", ".join(sorted(unknown)), ", ".join(city.agency_ids)
        raise CityMisconfigured(f"{path}, outcomes: city.toml has no agency {told}. Use one of: {known}.")
    first, since = facts.year.first_day, city.centres_since
    if since is None or since <= first:
        raise CityMisconfigured(
            f"{folder / 'city.toml'}: the demonstration begins on {first} with the files of regional offices, which "
            "hand over to centres. Give the centres a later `since`, or let the year of demo.toml begin earlier."
        )
    return Scene(city, facts, since)
