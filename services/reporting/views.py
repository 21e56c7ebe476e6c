"""The report and the months as JSON: numbers where there are any, else null and the reason."""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from services.reporting.period import Reason

DEFINITIONS: Final = (
    "Defined by today's German law for the successor system (ordinance on key figures under § 48a SGB II; statistics "
    "of the Federal Employment Agency), which is later than 2002. Not a release: small cells are not suppressed."
)
Expenditure = dict[str, dict[str, int]]
"""Currency -> kind -> minor units."""


class Sustained(BaseModel):
    """Integrations of the period whose six or twelve months are over. `rate`: per cent of the known outcomes."""

    matured: int
    sustained: int
    failed: int
    unknown: int
    rate: float | None
    reason: Reason | None


class Covered(BaseModel):
    """The days of the asked period that the books cover, both inclusive."""

    since: date
    until: date


class Report(BaseModel):
    """Stocks are of `reference_day` in `month`, flows of the months `from` to `to`. `reasons` explains a null."""

    model_config = ConfigDict(populate_by_name=True)

    from_month: str = Field(serialization_alias="from")
    to_month: str = Field(serialization_alias="to")
    month: str
    office: str | None
    as_of: date | None
    reference_day: date | None
    complete: bool
    """Whether the month, and the last month of the period, are over."""
    covered: Covered | None
    recipients: int | None
    households: int | None
    recipients_year_before: int | None
    change_on_year: float | None
    """Per cent, two decimals."""
    cases_open: int | None
    clients_registered: int | None
    referrals: dict[str, int] | None
    expenditure_dem_minor: int | None
    expenditure: Expenditure | None
    placements: int | None
    integrations: int | None
    sustained_6_months: Sustained | None
    sustained_12_months: Sustained | None
    events: int
    parked: int
    reasons: dict[str, Reason]
    definitions: str = DEFINITIONS


class MonthFigures(BaseModel):
    recipients: int
    households: int
    cases_open: int
    clients_registered: int
    referrals: dict[str, int]
    expenditure_dem_minor: int
    expenditure: Expenditure
    placements: int
    integrations: int


class Month(BaseModel):
    """`city` is null of a month of which nothing can be said, with the reason, and where one office was asked for."""

    month: str
    reference_day: date | None
    complete: bool
    reason: Reason | None
    city: MonthFigures | None
    offices: dict[str, MonthFigures]


class Months(BaseModel):
    as_of: date | None
    months: list[Month]
    definitions: str = DEFINITIONS
