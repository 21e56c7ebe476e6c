"""Rates and two-way tables on a real PostgreSQL, against ten persons counted by hand (reporting_rates.txt)."""

from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.figures import progress
from services.reporting.period import Reason
from services.reporting.rates import Rates, rates
from services.reporting.report import report
from services.reporting.tables import tables
from services.runtime.migrations import migrate
from tests.component.reporting_year import told
from tests.component.test_reporting_figures import reading, tell
from tests.conftest import NewDatabase

TEN = Path(__file__).with_name("reporting_rates.txt")
Cells = dict[tuple[str, str, str], dict[tuple[str, str], int]]
"""By month, figure and dimension: numbers by office and value."""


@pytest.fixture
async def ten(new_database: NewDatabase) -> AsyncIterator[AsyncConnection]:
    address = await new_database()
    await migrate("reporting", address)
    await tell(address, told(TEN))
    async with reading(address) as found:
        yield found


async def of_year(db: AsyncConnection, *, first: str = "2001-04", last: str = "2002-03", **asked: Any) -> Rates:
    return await rates(db, await progress(db), first=first, last=last, office=asked.get("office"))


async def test_every_table_is_as_counted_by_hand(ten: AsyncConnection) -> None:
    by_hand: Cells = defaultdict(dict)
    for line in TEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            month, office, figure, place, number = (part.strip() for part in line[1:].split("|"))
            dimension, value = ("" if word == "-" else word for word in place.split())
            by_hand[month, figure, dimension][office, value] = int(number)
    found = defaultdict[tuple[str, str, str], dict[tuple[str, str], int]](dict)
    together = await tables(ten, (await progress(ten)).books, sorted({month for month, _, _ in by_hand}))
    for month, cells in together.items():
        for cell in cells:
            found[month, cell.figure, cell.dimension][cell.office, cell.value] = cell.number

    assert {key: found[key] for key in by_hand} == by_hand


async def test_a_job_told_after_the_referral_ended_counts_for_no_agency(ten: AsyncConnection) -> None:
    found = (await tables(ten, (await progress(ten)).books, ["2002-03"]))["2002-03"]

    integrations = [(cell.office, cell.dimension, cell.value) for cell in found if cell.figure == "integrations"]
    assert ("vahr", "", "") in integrations
    assert "agency" not in {dimension for _, dimension, _ in integrations}


async def test_sexes_and_ages_add_up_to_the_offices_totals(ten: AsyncConnection) -> None:
    books = (await progress(ten)).books
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for cell in (await tables(ten, books, ["2002-02"]))["2002-02"]:
        sums[cell.office, cell.figure, cell.dimension] += cell.number

    totals = {key[:2]: number for key, number in sums.items() if not key[2]}
    assert totals
    for dimension in ("sex", "age_band"):
        assert {key[:2]: number for key, number in sums.items() if key[2] == dimension} == totals


async def test_the_rates_are_as_counted_by_hand(ten: AsyncConnection) -> None:
    found = await of_year(ten)

    assert found.distinct_recipients == 10
    assert found.integration
    assert (found.integration.numerator, found.integration.denominator, found.integration.rate) == (5, 6.75, 74.07)
    assert found.acceptance
    assert (found.acceptance.numerator, found.acceptance.denominator, found.acceptance.rate) == (2, 4, 50.0)
    assert found.declined_by_client == 1
    assert found.loop_closure
    assert (found.loop_closure.numerator, found.loop_closure.denominator, found.loop_closure.rate) == (3, 5, 60.0)
    assert found.waiting
    assert (found.waiting.plans, found.waiting.median_days, found.waiting.never_referred.rate) == (6, 4.0, 16.67)
    assert found.entries == {"job_schemes": 2, "minor_jobs": 1, "qualification_measures": 0, "jobs_beside_aid": 1}
    months = {one.month: one for one in found.months}
    march, december = months["2002-03"], months["2001-12"]
    assert march.exits
    assert (march.exits.numerator, march.exits.denominator, march.exits.rate) == (1, 7, 14.29)
    assert march.activation
    assert (march.activation.numerator, march.activation.denominator, march.activation.rate) == (2, 4, 50.0)
    assert december.activation
    assert december.activation.rate == 33.33


async def test_the_report_counts_integrations_by_the_same_rule(ten: AsyncConnection) -> None:
    found = await report(ten, await progress(ten), first="2001-04", last="2002-03", month="2002-03", office=None)

    assert (found.integrations, found.placements) == (5, 9)
    assert found.sustained_6_months
    assert (found.sustained_6_months.matured, found.sustained_6_months.rate) == (1, 100.0)
    assert found.sustained_12_months
    assert (found.sustained_12_months.matured, found.sustained_12_months.failed) == (1, 1)


async def test_an_office_has_rates_of_its_own(ten: AsyncConnection) -> None:
    found = await of_year(ten, office="blumenthal")

    assert found.distinct_recipients == 5
    assert found.acceptance
    assert (found.acceptance.numerator, found.acceptance.denominator, found.acceptance.rate) == (0, 2, 0.0)
    assert found.declined_by_client == 0


async def test_what_cannot_be_divided_is_no_zero(ten: AsyncConnection) -> None:
    early = await of_year(ten, first="2001-03", last="2001-03")
    future = await of_year(ten, first="2003-01", last="2003-02")

    assert early.integration is None
    assert early.reasons == {"integration": Reason.BEFORE_RECORDS}
    assert early.months[0].exits is None
    assert early.acceptance
    assert (early.acceptance.rate, early.acceptance.reason) == (None, Reason.ZERO_DENOMINATOR)
    assert future.acceptance is None
    assert set(future.reasons.values()) == {Reason.NOT_STARTED}
