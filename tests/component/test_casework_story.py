"""One client's whole story from `GET /cases/{id}/timeline` alone, and the file that is printed for the client."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import httpx
import pytest
import pytest_asyncio

from contracts import topics
from contracts.events import referrals
from contracts.events.intake import BenefitPaid, ClientErased, PaymentReversed
from tests.component.casework_story import TRAINING, Story, whole_story
from tests.component.casework_world import PLAN, casework_on
from tests.component.runtime.world import CALLER

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOPICS = (topics.PERSON, topics.CASE, topics.REFERRAL)
RAW = re.compile(r"[a-z]+_[a-z]+|[{}]|None|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What no reader should meet: a bare code, a placeholder, a date as machines write it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[Story]:
    database = await asyncio.to_thread(new_module_database)
    async with casework_on(date(2001, 10, 2), broker, database) as world:
        yield await whole_story(world)


async def timeline(story: Story) -> list[dict[str, Any]]:
    _, entries = await story.world.get(f"/cases/{story.case_id}/timeline")
    found: list[dict[str, Any]] = entries
    return found


async def test_every_kind_of_thing_that_can_happen_is_in_the_story(story: Story) -> None:
    kinds = {
        (topic.name, one.__name__) for topic in (topics.PERSON, topics.CASE, topics.REFERRAL) for one in topic.events
    }
    untold = {(topics.PERSON.name, kind.__name__) for kind in (BenefitPaid, ClientErased, PaymentReversed)}
    entries = await timeline(story)
    assert kinds - {(one["topic"], one["type"]) for one in entries} == untold
    codes = {one["data"]["code"] for one in entries if one["type"] == "ReconciliationOpened"}
    assert {"malformed", "expired"} <= codes


async def test_the_story_is_told_in_order(story: Story) -> None:
    entries = await timeline(story)
    assert [one["occurred_on"] for one in entries] == sorted(one["occurred_on"] for one in entries)
    heard = [one["type"] for one in entries if one["topic"] == topics.REFERRAL.name]
    assert heard == [kind for kind in story.heard if hasattr(referrals, kind)]
    place = {one["event_id"]: number for number, one in enumerate(entries)}
    assert len(place) == len(entries)
    for earlier, later in (
        ("AbilityAssessed", "CaseOpened"),
        ("CaseOpened", "CaseQueued"),
        ("CaseQueued", "CaseAssigned"),
        ("CaseAssigned", "PlanAgreed"),
        ("PlanAgreed", "ReviewDue"),
        ("ReviewDue", "PlanRevised"),
        ("PlanRevised", "ReferralDrafted"),
        ("PartnerMessageRejected", "ReconciliationOpened"),
        ("ReconciliationOpened", "ReconciliationResolved"),
        ("PlacementConfirmed", "SuggestionMade"),
        ("SuggestionMade", "SuggestionSettled"),
        ("OfficeChanged", "CaseTransferred"),
        ("ProtectionSet", "CaseClosed"),
        ("CaseClosed", "CaseReopened"),
        ("ClientsMerged", "ClientsUnmerged"),
        ("ClientsUnmerged", "ClientDeparted"),
    ):
        first = [number for number, one in enumerate(entries) if one["type"] == earlier]
        then = [number for number, one in enumerate(entries) if one["type"] == later]
        assert min(first) < min(then), (earlier, later)


async def test_the_story_is_told_in_plain_words_of_both_languages_and_names_nobody(story: Story) -> None:
    entries = await timeline(story)
    for one in entries:
        assert set(one["words"]) == {"de", "en"}
        for text in one["words"].values():
            assert not RAW.search(text), text
            assert "Musterfrau" not in text
    told = {one["type"]: one["words"] for one in entries}
    assert told["PartnerMessageHeld"]["de"].startswith("Eine Nachricht von Arbeitsamt Bremen wartet")
    assert told["CaseTransferred"]["en"] == (
        "The case goes from Sozialzentrum Vahr to Sozialzentrum Gröpelingen / Walle. Reason: move."
    )
    deputies = [one["words"]["de"] for one in entries if one["data"].get("instead_of")]
    assert deputies == ["Der Fall ist in Vertretung bei vahr.fm2, solange vahr.fm1 abwesend ist."]


async def test_the_end_of_the_merge_is_on_the_story_of_whoever_had_given_way(story: Story) -> None:
    twin = await story.world.case_of(story.twin_id)
    _, entries = await story.world.get(f"/cases/{twin['case_id']}/timeline")
    names = [one["type"] for one in entries]
    assert names[names.index("CaseClosed") :] == ["CaseClosed", "ClientsUnmerged", "SuggestionMade"]
    assert "ReferralRequested" not in names


async def _file(story: Story, query: str) -> httpx.Response:
    return await story.world.http.get(f"{story.world.url}/cases/{story.case_id}/file?{query}", headers=CALLER)


async def test_the_clients_file_holds_everything_that_is_kept_on_them(story: Story) -> None:
    answer = await _file(story, "format=json")
    file, entries = answer.json(), await timeline(story)
    assert file["client"]["family_name"] == "Musterfrau"
    (filed,) = file["cases"]
    assert [plan["strengths"] for plan in filed["plans"]] == [PLAN["strengths"], TRAINING["strengths"]]
    _, case = await story.world.get(f"/cases/{story.case_id}")
    assert (file["referrals"], file["placements"]) == (case["referrals"], case["placements"])
    assert len(file["referrals"]) == 8
    assert {one["code"] for one in file["reconciliation"]} >= {"malformed", "expired"}
    assert [one["outcome"] for one in file["suggestions"]] == ["accepted"]
    assert file["story"] == entries
    assert file["assessment"]["ability"] == "able"


@pytest.mark.parametrize(("language", "title"), [("de", "Ihre Akte"), ("en", "Your file")])
async def test_the_clients_file_can_be_printed_in_both_languages(story: Story, language: str, title: str) -> None:
    answer = await _file(story, "" if language == "de" else "lang=en")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    page = answer.text
    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1>" in page
    for text in (*PLAN["duties_client"], *TRAINING["strengths"], "Musterfrau", "Sozialzentrum Vahr", "28195 Bremen"):
        assert text in page
    entries = await timeline(story)
    shown = re.sub(r"&#39;", "'", page)
    assert all(one["words"][language] in shown for one in entries)
    body = re.sub(r"<[^>]*>|style>.*</style", " ", page.partition("<body>")[2])
    assert not re.search(r"\b[a-z]+_[a-z]+\b|\bNone\b", body)
    assert (await _file(story, "lang=fr")).status_code == 422


async def test_a_replay_tells_the_same_story(story: Story) -> None:
    found = await story.world.replayed()
    assert found["identical"], found["tables"]
