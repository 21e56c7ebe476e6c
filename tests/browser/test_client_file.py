"""The client's file as people meet it: for axe, on a narrow screen, on paper."""

from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from contracts.city import read_city
from contracts.words import (
    Ability,
    CaseClosedReason,
    Goal,
    Mobility,
    PlacementKind,
    Qualification,
    RejectionCode,
    ServiceKind,
    Step,
    SuggestionKind,
)
from services.casework.domain.referrals import ReferralState
from services.casework.file.content import ClientFile, FiledCase
from services.casework.file.printed import render
from services.casework.views import AssessmentView, CaseLine, ContactView, PlacementView, PlanTextView, ReferralView
from services.casework.work_views import EntryView, ItemView, SuggestionView

CITY = read_city(Path("deploy/bremen"))
DAY = date(2001, 11, 5)
ID = "0f3a91bc-0000-4000-8000-000000000000"
LONG = "Sucht mit uns einen Ausbildungsplatz als Anlagenmechanikerin in der Sanitär-, Heizungs- und Klimatechnik"
REFERRAL = ReferralView(
    referral_id=ID,
    agency="bremer-arbeit",
    service=ServiceKind.JOB_SCHEME,
    state=ReferralState.WITHDRAWN,
    requested_on=DAY,
    reason="placed_elsewhere",
    withdrawal=None,
)
PLACEMENT = PlacementView(
    placement_id=ID,
    referral_id=ID,
    kind=PlacementKind.QUALIFICATION_MEASURE,
    start=DAY,
    confirmed=True,
    credited=True,
    ended_on=None,
)
CASE = CaseLine(
    case_id=ID,
    person_id=ID,
    office="groepelingen-walle",
    case_manager="vahr.fm2",
    instead_of="vahr.fm1",
    state="closed",
    opened_on=DAY,
    assigned_on=DAY,
    queued_on=None,
    closed_on=DAY,
    closed_reason=CaseClosedReason.AID_ENDED,
    plan_version=1,
    review_on=DAY,
    review_overdue=False,
    ability=Ability.ABLE,
    protected=False,
    referrals=[REFERRAL],
    placements=[PLACEMENT],
)
PLAN = PlanTextView(
    plan_version=1,
    agreed_on=DAY,
    review_on=DAY,
    goal=Goal.VOCATIONAL_TRAINING,
    steps=[*Step],
    author="vahr.fm1",
    strengths=["zuverlässig", LONG],
    duties_client=[LONG],
    duties_office=[LONG],
)
FILE = ClientFile(
    printed_on=DAY,
    file_number="0F3A-91BC",
    records=[ID, ID],
    client=ContactView(
        given_name="Maximiliane-Friederike",
        family_name="von Schmidt-Wellingerode",
        birth_date=DAY,
        street="Schwachhauser Heerstraße",
        house_number="12a",
        postcode="28209",
        phone=None,
    ),
    office="groepelingen-walle",
    assessment=AssessmentView(
        since=DAY,
        ability=Ability.ABLE,
        qualification=Qualification.NONE,
        languages=["de", "tr"],
        hours_per_week=38,
        mobility=Mobility.REGION,
        work_permit=True,
        earliest_start=DAY,
    ),
    cases=[FiledCase(case=CASE, plans=[PLAN]), FiledCase(case=CASE, plans=[])],
    referrals=[REFERRAL] * 3,
    placements=[PLACEMENT] * 2,
    reconciliation=[
        ItemView(
            item_id=ID,
            case_id=ID,
            person_id=ID,
            referral_id=ID,
            message_id="m",
            code=RejectionCode.ILLEGAL_TRANSITION,
            opened_on=DAY,
            resolved_on=DAY,
            resolved_by="vahr.fm1",
        )
    ],
    suggestions=[
        SuggestionView(
            item_id=ID,
            case_id=ID,
            person_id=ID,
            kind=SuggestionKind.REVIEW_UNMERGE,
            referral_id=None,
            placement_id=None,
            merge_id=ID,
            reopenable=True,
            made_on=DAY,
            settled_on=None,
            outcome=None,
            settled_by=None,
        )
    ],
    story=[
        EntryView(
            event_id=ID,
            occurred_on=DAY,
            topic="casework.case.v1",
            type="CaseOpened",
            referral_id=None,
            agency=None,
            data={},
            words={"de": LONG, "en": LONG},
        )
    ]
    * 40,
)


@pytest.fixture(scope="module")
def address() -> str:
    """Nowhere: the file is given to the browser as it is."""
    return "about:blank"


def opened(browser: Browser, language: str, *, width: int = 900) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_content(render(FILE, CITY, language))
    return page


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_in_the_clients_file(browser: Browser, language: str, width: int) -> None:
    found = Axe().run(opened(browser, language, width=width))
    assert found.response["violations"] == [], found.generate_report()
    assert len(found.response["passes"]) > 15


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_clients_file_overflows_on_no_screen(browser: Browser, language: str, width: int) -> None:
    assert opened(browser, language, width=width).evaluate("document.documentElement.scrollWidth") == width


def test_the_clients_file_is_whole_on_paper(browser: Browser) -> None:
    page = opened(browser, "de", width=670)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") == 670
    assert page.get_by_role("row").count() == 1 + 3 + 1 + 2 + 1 + 2 + 1 + 40
    assert page.locator("main").evaluate("one => getComputedStyle(one).visibility") == "visible"
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") >= 3
