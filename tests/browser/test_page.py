"""The senator's page as people meet it: with and without scripts, wide and narrow, by keyboard, and for axe."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.component.runtime.world import CALLER

YEAR = "from=2001-04&to=2002-03"
WISHES = ("", f"{YEAR}&office=vahr&currency=EUR", "office=atlantis")
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """A page at an address; whatever it asks of another origin, and whatever it complains of, fails the test."""
    with opening(browser) as opened:
        yield opened


@contextmanager
def opening(browser: Browser) -> Iterator[Open]:
    contexts, foreign, complaints = [], list[str](), list[str]()

    def opened(address: str, query: str = "", *, width: int = 1280, script: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: None if asked.url.startswith(address) else foreign.append(asked.url))
        page.on("console", lambda said: complaints.append(said.text) if "status of 422" not in said.text else None)
        page.goto(f"{address}/?{query}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert foreign == []
    assert complaints == []


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.parametrize("wish", WISHES)
def test_axe_finds_nothing(open_page: Open, address: str, lang: str, wish: str) -> None:
    page = open_page(address, f"lang={lang}&{wish}")
    for summary in page.locator("summary").all():
        summary.click()

    found = Axe().run(page)  # the debugger brings it in, whom the page's policy does not bind

    assert found.response["violations"] == [], found.generate_report()
    assert len(found.response["passes"]) > 20


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("lang", ["de", "en"])
def test_nothing_overflows_sideways(open_page: Open, address: str, lang: str, width: int) -> None:
    page = open_page(address, f"lang={lang}&{YEAR}", width=width)
    for summary in page.locator("summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_form_works_without_scripts(open_page: Open, address: str) -> None:
    page = open_page(address, "lang=en", script=False)
    expect(page.locator("h2.place")).to_contain_text("The whole city")
    page.get_by_label("Office", exact=True).select_option("groepelingen-walle")
    page.get_by_label("From", exact=True).select_option("2001-10")
    page.get_by_label("Currency", exact=True).select_option("EUR")
    page.get_by_role("button", name="Show").click()

    expect(page.locator("h2.place")).to_contain_text("Sozialzentrum Gröpelingen / Walle")
    expect(page.locator("h2.place")).to_contain_text("October 2001 to March 2002")
    expect(page.get_by_label("Currency", exact=True)).to_have_value("EUR")
    expect(page.locator("[data-figure=recipients]")).to_have_text("21")

    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("h2.place")).to_contain_text("Oktober 2001 bis März 2002")
    page.get_by_text("Tabelle: Ausgaben im Monat").click()
    expect(page.get_by_role("table", name="Ausgaben im Monat")).to_be_visible()


def test_the_numbers_are_those_of_the_report(open_page: Open, address: str) -> None:
    report = asked(f"{address}/report?{YEAR}&month=2002-03")
    page = open_page(address, f"lang=en&{YEAR}")

    def shown(figure: str) -> str:
        return (page.locator(f"[data-figure={figure}]").text_content() or "").strip()

    assert shown("recipients") == f"{report['recipients']:,}"
    assert shown("households") == f"{report['households']:,}"
    assert shown("placements") == f"{report['placements']:,}"
    assert shown("change_on_year") == f"{report['change_on_year']}\u202f%".replace("-", "\u2212")
    assert shown("expenditure") == f"{round(report['expenditure_dem_minor'] / 100):,} DM"
    assert shown("sustained_6") == f"{report['sustained_6_months']['rate']:.2f}\u202f%"


def asked(address: str) -> dict[str, Any]:
    with urlopen(Request(address, headers=CALLER), timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = orjson.loads(answer.read())
    return found


def test_the_csv_of_the_page_has_what_the_page_shows(open_page: Open, address: str) -> None:
    page = open_page(address, f"lang=de&{YEAR}&office=groepelingen-walle")
    with page.expect_download() as download:
        page.get_by_role("link", name="Diese Zahlen als CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))

    recipients = next(row for row in rows if row["figure"] == "recipients")
    assert recipients["office"] == "groepelingen-walle"
    assert page.locator("[data-figure=recipients]").text_content() == recipients["value"]


def test_every_table_is_reached_and_opened_by_keyboard(open_page: Open, address: str) -> None:
    page = open_page(address, f"lang=en&{YEAR}", width=390)
    opened, scrolled = 0, 0
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.className")
        if here.startswith("SUMMARY"):
            page.keyboard.press("Enter")
            opened += 1
        scrolled += here == "DIV scroll"
        if here == "BODY ":
            break

    tables = page.locator("table").count()
    assert (opened, scrolled) == (tables - 1, tables) == (4, 5)
    assert all(table.is_visible() for table in page.locator("table").all())


def test_every_chart_says_what_it_is(open_page: Open, address: str) -> None:
    page = open_page(address, f"lang=en&{YEAR}")

    for name in ("Recipients and the year before", "Expenditure by month", "Placements and integrations"):
        expect(page.get_by_role("img", name=name)).to_have_count(1)
        expect(page.get_by_role("img", name=name)).to_be_visible()


def test_on_paper_the_tables_are_open_and_the_form_is_gone(open_page: Open, address: str) -> None:
    page = open_page(address, f"lang=de&{YEAR}")
    page.emulate_media(media="print")

    expect(page.get_by_role("form")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    assert [table.is_visible() for table in page.locator("table").all()] == [True] * 5
