"""A city's configuration: offices, districts, agencies and deadlines, read from `deploy/<city>/city.toml`."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Annotated, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from contracts.mistakes import Mistake, mistakes, told
from contracts.topics import SERVICES, Layout
from contracts.words import AgencyId, DistrictId, OfficeId, ServiceKind

T = TypeVar("T", bound=BaseModel)
LAYOUT: Final = Layout()
RESERVED: Final = frozenset({"city", "elsewhere", "unknown"})
"""What tables say where no office or agency is meant."""
PARTS: Final = frozenset(
    {*SERVICES, "calendar", "city", "databases", "jars", "kafka", "migrations", "postgres", "topics"}
)
"""Names of what runs beside the agencies: logs and processes are called so."""


class CityMisconfigured(ValueError):
    """A configuration file is missing or contradicts itself; the text says where, and what to do."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OfficeKind(StrEnum):
    REGIONAL = "regional"
    SOZIALZENTRUM = "sozialzentrum"


class Office(_Closed):
    """An office and the days on which it works, both inclusive (None: open).

    `tile`: column and row on the page's map, from the north-west; without one, offices stand in their order.
    """

    id: OfficeId
    name: str
    kind: OfficeKind
    districts: Annotated[tuple[DistrictId, ...], Field(min_length=1)]
    since: date | None = None
    until: date | None = None
    tile: tuple[Annotated[int, Field(ge=1, le=12)], Annotated[int, Field(ge=1, le=12)]] | None = None

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last one."""
        return self.since or date.min, self.until or date.max

    def works_on(self, day: date) -> bool:
        first, last = self.days
        return first <= day <= last

    def meets(self, other: "Office") -> bool:
        """Whether there is a day on which both work."""
        (first, last), (begins, ends) = self.days, other.days
        return max(first, begins) <= min(last, ends)


class Agency(_Closed):
    id: AgencyId
    name: str
    services: Annotated[tuple[ServiceKind, ...], Field(min_length=1)]


class Deadlines(_Closed):
    """Days after the request (`reminders`, `expiry`), of silence in service, and that a message may be held, at most 30
    (domain.md section 7)."""

    reminders: tuple[Annotated[int, Field(ge=1)], ...] = (3, 9)
    expiry: int = Field(default=14, ge=1, le=366)
    silence: int = Field(default=30, ge=1, le=366)
    held: int = Field(default=30, ge=1, le=30)


class Partitions(_Closed):
    """Of person topics and of an agency's two topics. They count at the first start of an installation only."""

    person: int = Field(default=LAYOUT.person, ge=1, le=120)
    partner: int = Field(default=LAYOUT.partner, ge=1, le=120)


class City(_Closed):
    """`caseload_limit`: cases a case manager who was registered without one of their own; `review_months`: at most;
    `audit_days`: how long it is kept who read or wrote which client's file; `provisional_months`: whether the
    page shows months that are not final, which is not for the public (docs/page)."""

    name: Annotated[str, Field(min_length=1)]
    caseload_limit: int = Field(default=75, ge=1)
    review_months: int = Field(default=6, ge=1, le=6)
    audit_days: int = Field(default=730, ge=1, le=36_500)
    provisional_months: bool = True
    deadlines: Deadlines = Deadlines()
    partitions: Partitions = Partitions()
    agencies: Annotated[tuple[Agency, ...], Field(min_length=1)]
    offices: Annotated[tuple[Office, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = (*_agencies(self), *_deadlines(self.deadlines), *_offices(self), *_districts(self))
        if found:
            raise PydanticCustomError("contradictions", "the city contradicts itself", {"mistakes": found})
        return self

    @cached_property
    def agency_ids(self) -> tuple[str, ...]:
        return tuple(agency.id for agency in self.agencies)

    @property
    def layout(self) -> Layout:
        return Layout(person=self.partitions.person, partner=self.partitions.partner)

    @cached_property
    def districts(self) -> frozenset[str]:
        return frozenset(district for office in self.offices for district in office.districts)

    @cached_property
    def centres_since(self) -> date | None:
        """The first day of the first Sozialzentrum; None if it always was there."""
        return min((o.since or date.min for o in self.offices if o.kind is OfficeKind.SOZIALZENTRUM), default=None)

    def office(self, office_id: str) -> Office | None:
        return next((o for o in self.offices if o.id == office_id), None)

    def agency(self, agency_id: str) -> Agency | None:
        return next((a for a in self.agencies if a.id == agency_id), None)

    def responsible(self, district: str, on: date) -> Office | None:
        """The one office responsible for an address in `district` on a day (I4)."""
        return next((o for o in self.offices if district in o.districts and o.works_on(on)), None)


def _agencies(city: City) -> Iterator[Mistake]:
    known: set[str] = set()
    for number, agency in enumerate(city.agencies):
        place = ("agencies", number)
        if agency.id in known:
            yield Mistake((*place, "id"), f"there is an agency {agency.id} already", "Give this one another id.")
        if agency.id in PARTS:
            yield Mistake((*place, "id"), f"a part of lotse is called {agency.id}", "Give the agency another id.")
        if agency.id in RESERVED:
            yield Mistake((*place, "id"), f"figures say {agency.id} for no agency", "Give the agency another id.")
        if len(set(agency.services)) < len(agency.services):
            yield Mistake((*place, "services"), "a service is named twice", "Name each service once.")
        known.add(agency.id)


def _deadlines(rules: Deadlines) -> Iterator[Mistake]:
    place = ("deadlines", "reminders")
    if late := [day for day in rules.reminders if day >= rules.expiry]:
        what = f"a reminder on day {late[0]} never comes: the referral expires on day {rules.expiry}"
        yield Mistake(place, what, f"Remind before day {rules.expiry}, or let it expire later.")
    if list(rules.reminders) != sorted(set(rules.reminders)):
        yield Mistake(place, "the days are not in order, or one is named twice", "Name each day once, in order.")


def _offices(city: City) -> Iterator[Mistake]:
    known: set[str] = set()
    for number, office in enumerate(city.offices):
        place = ("offices", number)
        if office.id in known:
            yield Mistake((*place, "id"), f"there is an office {office.id} already", "Give this one another id.")
        if office.id in RESERVED:
            yield Mistake((*place, "id"), f"figures say {office.id} for no office", "Give the office another id.")
        if office.since and office.until and office.until < office.since:
            yield Mistake((*place, "until"), "it ends before it begins", f"Use {office.since} or a later day.")
        if len(set(office.districts)) < len(office.districts):
            yield Mistake((*place, "districts"), "a district is named twice", "Name each district once.")
        known.add(office.id)
    for (_, first), (number, other) in combinations(enumerate(city.offices), 2):
        if first.tile and first.tile == other.tile and first.meets(other):
            what = f"{first.id} and {other.id} are on the same tile on the same day"
            yield Mistake(("offices", number, "tile"), what, "Give one of them another column or row.")


def _districts(city: City) -> Iterator[Mistake]:
    """Exactly one office is responsible for each district on every day, from the first day of any office on."""
    numbered = list(enumerate(city.offices))
    for (_, first), (number, other) in combinations(numbered, 2):
        twice = sorted(set(first.districts) & set(other.districts))
        if twice and first.id != other.id and first.meets(other):
            what = f"{first.id} and {other.id} are responsible for {twice[0]} on the same day"
            yield Mistake(("offices", number, "districts"), what, "Take it from one, or give them other days.")
    begin = min(office.days[0] for office in city.offices)
    for district in sorted(city.districts):
        serving = [(number, office.days) for number, office in numbered if district in office.districts]
        if (day := _unserved([days for _, days in serving], begin)) is not None:
            on = "before its first office opens" if day == date.min else f"on {day}"
            remedy = "Give it an office for every day, the last one without `until`."
            place = ("offices", serving[-1][0], "districts")
            yield Mistake(place, f"nobody is responsible for {district} {on}", remedy)


def _unserved(spans: Sequence[tuple[date, date]], begin: date) -> date | None:
    """The first day from `begin` on that is in no span."""
    day = begin
    for first, last in sorted(spans):
        if first > day or last == date.max:
            return day if first > day else None
        day = max(day, last + timedelta(days=1))
    return day


def read_city(folder: Path) -> City:
    """The city of a configuration folder. Raises `CityMisconfigured`."""
    return read_toml(folder / "city.toml", City)


def read_toml(path: Path, model: type[T]) -> T:
    """A file of a configuration folder. Raises `CityMisconfigured`, with every mistake, its line and what to do."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CityMisconfigured(f"{path} does not exist: set LOTSE_CONFIG to a folder with a {path.name}") from None
    except UnicodeDecodeError as error:
        raise CityMisconfigured(f"{path} is not UTF-8: {error}") from None
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CityMisconfigured(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        raise CityMisconfigured(told(path, text, mistakes(error, model))) from None
