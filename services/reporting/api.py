"""Figures over HTTP. Reading only: reporting takes no commands."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from contracts.city import City, Office
from contracts.words import OfficeId, YearMonth
from services.reporting.figures import Progress, progress
from services.reporting.period import month_of, shift
from services.reporting.report import months, report
from services.reporting.views import Months, Report
from services.runtime.batch import NoBusinessDay
from services.runtime.decision import NotFound, Refusal
from services.runtime.web import Reads, caller

LONGEST = 60
"""Months of a period."""

router = APIRouter(dependencies=[Depends(caller)])


class UnknownOffice(NotFound):
    code = "unknown_office"


class UnusablePeriod(Refusal):
    code = "unusable_period"
    status = 422


class Offices(BaseModel):
    """Every office of the city's configuration, with the days on which it works, both inclusive."""

    offices: list[Office]


def city_of(request: Request) -> City:
    city: City = request.app.state.runtime.city
    return city


def office_asked(city: Annotated[City, Depends(city_of)], office: OfficeId | None = None) -> str | None:
    if office is not None and city.office(office) is None:
        raise UnknownOffice(f"no office is called {office}: GET /offices lists them")
    return office


InCity = Annotated[City, Depends(city_of)]
OfOffice = Annotated[str | None, Depends(office_asked)]
FromMonth = Annotated[YearMonth | None, Query(alias="from", description="First month of the period.")]
ToMonth = Annotated[YearMonth | None, Query(alias="to", description="Last month of the period.")]


@router.get("/report")
async def show_report(
    reads: Reads,
    office: OfOffice,
    first: FromMonth = None,
    last: ToMonth = None,
    month: YearMonth | None = None,
) -> Report:
    """The press release's figures. Without months: the twelve up to the one that today is in."""
    db = await reads.connection()
    known = await progress(db)
    month = month or last or _this_month(known)
    first, last = _period(first, last or month, span=12)
    return await report(db, known, first=first, last=last, month=month, office=office)


@router.get("/months")
async def show_months(reads: Reads, office: OfOffice, first: FromMonth = None, last: ToMonth = None) -> Months:
    """Figures by month and office. Without months: the thirteen up to the one that today is in."""
    db = await reads.connection()
    known = await progress(db)
    first, last = period_asked(known, first, last, span=13)
    return await months(db, known, first=first, last=last, office=office)


@router.get("/offices")
async def show_offices(city: InCity) -> Offices:
    return Offices(offices=list(city.offices))


def period_asked(known: Progress, first: str | None, last: str | None, *, span: int) -> tuple[str, str]:
    """The months asked for; without them, as many up to the one that today is in. Raises `UnusablePeriod`."""
    return _period(first, last or _this_month(known), span=span)


def _this_month(known: Progress) -> str:
    if known.books.as_of is None:
        raise NoBusinessDay
    return month_of(known.books.as_of)


def _period(first: str | None, last: str, *, span: int) -> tuple[str, str]:
    first = first or shift(last, 1 - span)
    if first > last:
        raise UnusablePeriod(f"the period from {first} to {last} ends before it begins")
    if first < shift(last, 1 - LONGEST):
        raise UnusablePeriod(f"a period has at most {LONGEST} months")
    return first, last
