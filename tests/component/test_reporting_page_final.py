"""Final months on the senator's page are as they were released; a page for the public tells nothing else."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import httpx
import pytest

from contracts import topics
from contracts.events import intake
from contracts.words import BenefitKind, Currency, Money
from services.reporting.period import months_from
from services.runtime.decision import Message
from services.runtime.migrations import migrate
from tests.component.reporting_page_world import release, told_often
from tests.component.runtime.world import CALLER
from tests.component.test_reporting_figures import tell
from tests.component.test_reporting_page import YEAR, asking, sheet
from tests.conftest import NewDatabase

CLOSED: Final = date(2002, 4, 1)
FINAL: Final = months_from("2001-03", "2001-12")
PERIOD: Final = months_from("2001-04", "2002-03")
CHARTS: Final = 4
"""Each has a table with a row a month."""


@pytest.fixture
async def database(new_database: NewDatabase) -> str:
    """A year that was told seven times, ten months of it final."""
    found = await new_database()
    await migrate("reporting", found)
    await tell(found, told_often(), today=CLOSED, batch=500)
    assert len(await release(found, CLOSED)) == len(FINAL)
    return found


def late(persons: int) -> Iterator[Message]:
    """So many people of whom it is told afterwards that they were on benefit since December."""
    one = next(message for message in told_often() if isinstance(message.event, intake.ClientRegistered))
    day = date(2001, 12, 3)
    for number in range(persons):
        person = f"00000000-0000-4000-8000-{number:012}"
        benefit = intake.BenefitStarted(
            person_id=person,
            occurred_on=day,
            benefit_id=f"00000000-0000-4000-9000-{number:012}",
            kind=BenefitKind.HLU,
            monthly=Money(minor=50000, currency=Currency.DEM),
        )
        registered = one.event.model_copy(update={"person_id": person, "occurred_on": day})
        for sequence, event in enumerate((registered, benefit), 1):
            yield Message(topics.PERSON, event, person, f"late/{person}/{sequence}", sequence)


async def file_of(client: httpx.AsyncClient, month: str) -> dict[tuple[str, str], int]:
    """A release's totals by figure and place."""
    found: dict[str, Any] = json.loads((await client.get(f"/releases/{month}.json")).text)
    return {(one["figure"], one["offices"]): one["number"] for one in found["figures"] if "by" not in one}


async def test_final_months_are_linked_and_all_others_are_provisional(database: str) -> None:
    async with asking(database) as client:
        page = (await client.get(f"/?{YEAR}")).text

    assert re.findall(r'<a href="/releases/([0-9-]+)[.]csv"', page) == list(FINAL)
    assert page.count("vorläufig") == CHARTS * len([month for month in PERIOD if month not in FINAL])


async def test_a_final_month_stays_as_it_was_released_whatever_is_told_later(database: str) -> None:
    async with asking(database) as client:
        before = await sheet(client)
    await tell(database, late(2), today=CLOSED)
    async with asking(database) as client:
        after = await sheet(client)
        counted = (await client.get("/months?from=2001-12&to=2002-02", headers=CALLER)).json()

    final, open_month = (("2001-12",) * 2, ("2002-02",) * 2)
    assert after[*final, "", "recipients"] == before[*final, "", "recipients"]
    assert counted["months"][0]["city"]["recipients"] == int(before[*final, "", "recipients"]["value"]) + 2
    assert int(after[*open_month, "", "recipients"]["value"]) == counted["months"][2]["city"]["recipients"]


async def test_a_restatement_is_shown_once_it_is_told(database: str) -> None:
    await tell(database, late(9), today=CLOSED)
    assert [json.loads(file)["release"]["month"] for file in await release(database, CLOSED)] == ["2001-12"]
    async with asking(database) as client:
        shown = await sheet(client)
        told = await file_of(client, "2001-12")

    assert shown["2001-12", "2001-12", "", "recipients"]["value"] == str(told["recipients", "city"])


async def test_a_page_for_the_public_tells_what_releases_tell_and_nothing_else(database: str) -> None:
    async with asking(database, provisional=False) as client:
        shown = await sheet(client, f"{YEAR}&currency=DEM")
        page = (await client.get(f"/?{YEAR}&lang=en")).text
        by_default = await sheet(client, "")
        files = {month: await file_of(client, month) for month in FINAL}

    assert "Final months are shown, as they were released." in page
    assert "provisional" not in page
    assert max(month for _, month, _, _ in by_default) == FINAL[-1]
    figures = {"recipients", "households", "placements", "integrations"}
    compared = 0
    for (first, last, office, figure), row in shown.items():
        if first != last or figure == "recipients_year_before":
            continue
        if last not in FINAL:
            assert row["value"] == "", row
            assert row["reason"] in {"not_final", "office_closed"}, row
        elif figure in figures and row["value"]:
            assert int(row["value"]) == files[last].get((figure, office or "city"), 0), row
            compared += 1
        elif figure in {"pending", "active", "completed", "ended"}:
            assert (row["value"], row["reason"]) == ("", "not_released"), row
        elif figure == "expenditure" and row["value"]:
            assert round(float(row["value"]) * 100) == files[last]["paid_dem", office or "city"], row
    assert compared > len(FINAL)


async def test_readings_of_a_public_page_do_not_differ_by_one_person(database: str) -> None:
    async with asking(database, provisional=False) as client:
        before = (await client.get(f"/figures.csv?{YEAR}")).text
    await tell(database, late(1), today=CLOSED)
    await release(database, CLOSED)
    async with asking(database, provisional=False) as client:
        assert (await client.get(f"/figures.csv?{YEAR}")).text == before


async def test_a_public_page_tells_outcomes_once_they_are_released(database: str) -> None:
    await release(database, date(2002, 8, 1))
    async with asking(database, provisional=False) as client:
        later = await sheet(client, "from=2001-03&to=2001-12")
        documents = [json.loads((await client.get(f"/releases/{month}.json")).text) for month in FINAL]

    told = sum(
        one["number"]
        for document in documents
        for one in document["figures"]
        if (one.get("by"), one.get("value"), one["offices"]) == ("after_6_months", "sustained", "city")
    )
    assert told > 0
    assert int(later["2001-03", "2001-12", "", "sustained_6"]["value"]) == told
