"""The senator's page on a real PostgreSQL: its numbers are the report's, small ones are hidden."""

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from string import Formatter
from typing import Any

import httpx
import pytest

from services.reporting.page.sheet import COLUMNS
from services.reporting.page.texts import LANGUAGES, Tongue, catalogue
from services.runtime.migrations import migrate
from tests.component.reporting_page_world import reporting, told_often
from tests.component.reporting_year import told
from tests.component.runtime.world import CALLER
from tests.component.test_reporting_figures import tell
from tests.conftest import NewDatabase

CLOSED = date(2002, 3, 31)
YEAR = "from=2001-04&to=2002-03"


@asynccontextmanager
async def asking(database: str, city: str = "bremen", *, provisional: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    app = reporting(database, city, provisional=provisional)
    async with app.router.lifespan_context(app):
        yield httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reporting")


@pytest.fixture
async def page_db(new_database: NewDatabase) -> str:
    """The books of a year that was told seven times."""
    database = await new_database()
    await migrate("reporting", database)
    await tell(database, told_often(), today=CLOSED, batch=500)
    return database


@pytest.fixture
async def page(page_db: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(page_db) as client:
        yield client


@pytest.fixture
async def small(new_database: NewDatabase) -> AsyncIterator[httpx.AsyncClient]:
    """The same told once: hardly a count is large enough to be shown."""
    database = await new_database()
    await migrate("reporting", database)
    await tell(database, told(), today=CLOSED, batch=500)
    async with asking(database) as client:
        yield client


async def sheet(client: httpx.AsyncClient, query: str = YEAR) -> dict[tuple[str, str, str, str], dict[str, str]]:
    """The CSV's lines by months, office and figure."""
    answer = await client.get(f"/figures.csv?{query}")
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    return {(row["from"], row["to"], row["office"], row["figure"]): row for row in rows}


def told_on(html: str) -> dict[str, str]:
    """The large numbers, by figure."""
    found = re.findall(r'<dd data-figure="(\w+)" class="big">(.*?)</dd>', html, re.DOTALL)
    return {figure: re.sub(r"<[^>]+>", "", text).strip() for figure, text in found}


async def test_the_large_numbers_are_those_of_the_report(page: httpx.AsyncClient) -> None:
    report: dict[str, Any] = (await page.get(f"/report?{YEAR}&month=2002-03", headers=CALLER)).json()
    found = await sheet(page)
    html = (await page.get(f"/?{YEAR}&lang=en")).text

    stocks = {name: found["2002-03", "2002-03", "", name]["value"] for name in ("recipients", "households")}
    assert stocks == {name: str(report[name]) for name in stocks}
    assert stocks["recipients"] != "0"
    assert Decimal(found["2002-03", "2002-03", "", "change_on_year"]["value"]) == Decimal(str(report["change_on_year"]))
    flows = {name: found["2001-04", "2002-03", "", name]["value"] for name in ("placements", "integrations")}
    assert flows == {name: str(report[name]) for name in flows}
    assert Decimal(found["2001-04", "2002-03", "", "expenditure"]["value"]) * 100 == report["expenditure_dem_minor"]
    sustained = report["sustained_6_months"]
    assert [
        found["2001-04", "2002-03", "", f"{name}_6"]["value"] for name in ("matured", "sustained", "failed", "unknown")
    ] == [str(sustained[name]) for name in ("matured", "sustained", "failed", "unknown")]
    shown = told_on(html)
    assert shown["recipients"] == f"{report['recipients']:,}"
    assert shown["placements"] == str(report["placements"])
    assert shown["change_on_year"] == f"{report['change_on_year']:.2f}\u202f%".replace("-", "\u2212")


async def test_months_and_offices_are_those_of_the_months(page: httpx.AsyncClient) -> None:
    months = (await page.get("/months?from=2001-04&to=2002-03", headers=CALLER)).json()["months"]
    compared = 0
    for office in ("", "groepelingen-walle", "blumenthal"):
        found = await sheet(page, f"{YEAR}&office={office}")
        for month in months:
            told_of = month["offices"].get(office) if office else month["city"]
            for figure in ("recipients", "households", "placements", "integrations"):
                row = found[month["month"], month["month"], office, figure]
                if told_of is not None and row["value"]:
                    assert row["value"] == str(told_of[figure]), (office, month["month"], figure)
                    compared += 1
    assert compared > 90


async def test_nothing_small_is_shown_whatever_is_asked(small: httpx.AsyncClient) -> None:
    queries = ["", YEAR, "from=2002-02&to=2002-03", "from=2001-10&to=2001-10"]
    queries += [f"{YEAR}&office={office}" for office in ("groepelingen-walle", "vahr", "region-west")]
    for query in queries:
        rows = (await sheet(small, query)).values()
        persons = {row["value"] for row in rows if row["unit"] == "count"}
        assert not persons & {"1", "2", "-1", "-2"}, query
        assert any(row["reason"] == "small_cells" and not row["value"] for row in rows), query


async def test_no_number_comes_with_its_reason_and_never_as_nought(page: httpx.AsyncClient) -> None:
    html = (await page.get(f"/?{YEAR}&lang=de&office=vahr")).text
    found = await sheet(page, f"{YEAR}&office=vahr")

    change = found["2002-03", "2002-03", "vahr", "change_on_year"]
    assert (change["value"], change["reason"]) == ("", "office_closed")
    assert found["2001-09", "2001-09", "vahr", "recipients"]["reason"] == "office_closed"
    assert told_on(html)["change_on_year"] == "k. A."
    assert "Die Dienststelle arbeitete da noch nicht" in html
    assert found["2001-04", "2002-03", "vahr", "rate_6"]["reason"] == "city_only"


async def test_the_running_month_is_not_told_of(new_database: NewDatabase) -> None:
    database = await new_database()
    await migrate("reporting", database)
    await tell(database, told_often(), today=date(2002, 4, 15), batch=500)
    async with asking(database) as client:
        by_default = await client.get("/?lang=en")
        found = await sheet(client, "from=2002-03&to=2002-04")

    assert "As of 31 March 2002." in by_default.text
    assert found["2002-04", "2002-04", "", "recipients"]["reason"] == "month_not_over"
    assert found["2002-04", "2002-04", "", "recipients"]["value"] == ""
    assert found["2002-03", "2002-03", "", "recipients_year_before"]["value"] == "49"


async def test_a_day_that_starts_shows_at_once_and_facts_of_a_day_within_a_minute(new_database: NewDatabase) -> None:
    database = await new_database()
    await migrate("reporting", database)
    await tell(database, [], today=date(2002, 3, 30))
    async with asking(database) as client:
        assert "No month is over yet." in (await client.get("/?lang=en")).text
        await tell(database, told_often(), today=date(2002, 3, 30), batch=500)
        kept = (await client.get("/?lang=en")).text
        await tell(database, [], today=CLOSED)
        after = (await client.get("/?lang=en")).text

    assert "No month is over yet." in kept
    assert "As of 31 March 2002." in after


async def test_without_a_day_the_page_says_so(new_database: NewDatabase) -> None:
    database = await new_database()
    await migrate("reporting", database)
    async with asking(database) as client:
        answer = await client.get("/?lang=en")

    assert answer.status_code == 200
    assert "No month is over yet." in answer.text
    assert set(told_on(answer.text).values()) == {"n/a"}


async def test_both_languages_write_numbers_their_own_way(page: httpx.AsyncClient) -> None:
    german, english = [(await page.get(f"/?{YEAR}&lang={lang}")).text for lang in LANGUAGES]

    assert '<html lang="de">' in german
    assert '<html lang="en">' in english
    assert "\u221214,29\u202f%" in german
    assert "\u221214.29\u202f%" in english
    assert "Sozialzentrum" in english
    assert "20.556" in german  # 20,555.99 DM: seven times 2,936.57
    assert "20,556" in english


@pytest.mark.parametrize("number", [46_560, 0, -1_234_567])
def test_thousands_are_grouped(number: int) -> None:
    german, english = (Tongue(lang).integer(number) for lang in LANGUAGES)

    assert english.replace("\u2212", "-") == f"{number:,}"
    assert german == english.replace(",", ".")


def test_every_text_is_there_in_both_languages_and_takes_the_same_values() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for key, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key
        assert fields(texts["de"]) == fields(texts["en"]), key


async def test_money_is_converted_once_from_the_sum(page: httpx.AsyncClient) -> None:
    report = (await page.get(f"/report?{YEAR}&month=2002-03", headers=CALLER)).json()
    paid = {currency: sum(kinds.values()) for currency, kinds in report["expenditure"].items()}
    euro = await sheet(page, f"{YEAR}&currency=EUR")

    expected = paid["EUR"] + (Decimal(paid["DEM"]) / Decimal("1.95583")).quantize(Decimal(1))
    row = euro["2001-04", "2002-03", "", "expenditure"]
    assert (row["unit"], Decimal(row["value"]) * 100) == ("EUR", expected)


async def test_the_page_needs_no_caller_and_the_figures_do(page: httpx.AsyncClient) -> None:
    assert (await page.get("/")).status_code == 200
    assert (await page.get("/figures.csv")).status_code == 200
    assert (await page.get("/report")).status_code == 400
    assert (await page.get("/months")).status_code == 400


async def test_the_page_lets_nothing_in_from_elsewhere_and_is_kept_for_a_minute(page: httpx.AsyncClient) -> None:
    answer = await page.get("/")
    again = await page.get("/", headers={"If-None-Match": answer.headers["etag"]})

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|//(?!www\.w3\.org/)", answer.text)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert (again.status_code, again.content) == (304, b"")
    sheet_address = re.search(r'<link rel="stylesheet" href="([^"]+)"', answer.text)
    assert sheet_address
    assert "immutable" in (await page.get(sheet_address[1])).headers["cache-control"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("office=atlantis", "mistake_office"),
        ("from=2002-03&to=2001-04", "mistake_order"),
        ("from=1990-01&to=2002-03", "mistake_long"),
        ("from=%3Cb%3E", "mistake_month"),
    ],
)
async def test_a_wrong_wish_is_told_beside_what_can_be_shown(page: httpx.AsyncClient, query: str, said: str) -> None:
    answer = await page.get(f"/?lang=en&{query}")

    assert answer.status_code == 422
    assert catalogue()[said]["en"] in answer.text
    assert told_on(answer.text)["recipients"] == "42"
    assert answer.headers["cache-control"] == "no-store"
    assert "<b>" not in answer.text


async def test_the_csv_is_as_rfc_4180_says(page: httpx.AsyncClient) -> None:
    answer = await page.get(f"/figures.csv?{YEAR}")

    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    lines = answer.content.decode("utf-8").split("\r\n")
    assert lines[0] == ",".join(COLUMNS)
    assert lines[-1] == ""
    assert all(line.count(",") == len(COLUMNS) - 1 for line in lines[:-1])


@pytest.mark.parametrize("city", ["bremen", "neuwerder"])
async def test_a_city_without_tiles_has_its_offices_in_a_grid(new_database: NewDatabase, city: str) -> None:
    database = await new_database()
    await migrate("reporting", database)
    await tell(database, told_often(), today=CLOSED, batch=500)
    async with asking(database, city) as client:
        html = (await client.get("/?lang=en")).text

    places = re.findall(r'<li class="(c\d+ r\d+) shade', html)
    assert len(places) == len(set(places)) == (12 if city == "bremen" else 3)
    assert ("roughly as the centres do" in html) == (city == "bremen")
    if city == "neuwerder":
        assert places == ["c1 r1", "c2 r1", "c3 r1"]
