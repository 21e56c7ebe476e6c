"""What an agency says, over many referrals, given an offer, the city's interruptions and a day."""

import itertools
import uuid
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.events import partners
from contracts.events.partners import ReferralOffered
from contracts.profile import Profile
from contracts.words import Mobility, Qualification, ServiceKind, StatusQuestion
from simulation.agency.conduct import script
from simulation.agency.day import Agency, Said
from simulation.agency.file import Files
from simulation.agency.habits import Habits
from simulation.agency.line import Line
from simulation.facts import read_scene

ASKED = date(2001, 10, 15)
PROFILE = Profile(
    qualification=Qualification.VOCATIONAL,
    languages=("de",),
    hours_per_week=38,
    mobility=Mobility.CITY,
    work_permit=True,
    earliest_start=ASKED,
)
YEAR = [ASKED + timedelta(days=n) for n in range(300)]
BREMEN = read_scene(Path("deploy/bremen"))
HABITS = Habits("arbeitsamt", 1, BREMEN.city.deadlines, BREMEN.facts.outcomes["arbeitsamt"])
AGENCY = Agency(HABITS, (ServiceKind.JOB_PLACEMENT,))


def _offer(number: int) -> ReferralOffered:
    return ReferralOffered(
        referral_id=str(uuid.UUID(int=number)),
        occurred_on=ASKED + timedelta(days=number % 5),
        service=ServiceKind.JOB_PLACEMENT,
        profile=PROFILE,
        answer_by=ASKED + timedelta(days=14 + number % 5),
    )


OFFERS = [_offer(number) for number in range(1500)]
SCRIPTS = [(offer, script(HABITS, offer)) for offer in OFFERS]


def _said(files: Files, days: list[date] = YEAR) -> list[Said]:
    return [said for day in days for said in AGENCY.day(files, day)]


def _files(*offers: ReferralOffered) -> Files:
    files = Files()
    for offer in offers:
        files.note(offer, offer.occurred_on)
    return files


def _with_result() -> tuple[ReferralOffered, Line]:
    return next(
        (offer, line)
        for offer, lines in SCRIPTS
        for line in lines
        if isinstance(line.message, partners.PlacementResultReported) and len(lines) >= 4
    )


def test_nothing_is_said_on_a_day_on_which_a_timer_of_the_request_fires() -> None:
    days = {(line.on - offer.occurred_on).days for offer, lines in SCRIPTS for line in lines}
    assert not days & {0, *HABITS.city_days}


def test_no_message_comes_exactly_thirty_days_after_the_one_before() -> None:
    for _, lines in SCRIPTS:
        days = [line.on for line in lines if not line.name.startswith(("result again", "correction", "placement"))]
        assert not any((later - earlier).days == 30 for earlier, later in itertools.pairwise(days))


def test_agencies_rest_on_weekends() -> None:
    assert all(line.on.weekday() < 5 for _, lines in SCRIPTS for line in lines)


def test_an_acceptance_comes_within_the_fortnight_but_for_the_late_ones() -> None:
    late = [
        offer
        for offer, lines in SCRIPTS
        for line in lines
        if line.name == "accepted" and (line.on - offer.occurred_on).days > 14
    ]
    assert 0 < len(late) < 0.06 * len(OFFERS)


def test_every_kind_of_message_that_an_offer_can_lead_to_occurs() -> None:
    found = {type(line.message) for _, lines in SCRIPTS for line in lines}
    assert found == {
        partners.ReferralReceived,
        partners.ReferralAccepted,
        partners.ReferralRejected,
        partners.ServiceStarted,
        partners.ServiceHeld,
        partners.ServiceResumed,
        partners.ServiceDiscontinued,
        partners.PlacementResultReported,
        partners.PlacementEnded,
        partners.ResultCorrected,
    }


def test_some_offers_are_met_with_silence() -> None:
    assert any(not lines for _, lines in SCRIPTS)


def test_some_results_are_corrected_before_they_are_reported() -> None:
    names = [[line.name for line in lines] for _, lines in SCRIPTS]
    early = [n for n in names if "correction" in n and "result" in n and n.index("correction") < n.index("result")]
    assert early


def test_a_repeat_has_the_same_id_or_the_same_content() -> None:
    counted: Counter[str] = Counter()
    for _, lines in SCRIPTS:
        results = [line for line in lines if isinstance(line.message, partners.PlacementResultReported)]
        if len(results) == 2:
            first, again = results
            counted["same id" if first.name == again.name else "new id"] += 1
            assert first.message == again.message.model_copy(update={"occurred_on": first.message.occurred_on})
    assert counted["same id"]
    assert counted["new id"]


def test_the_same_offer_leads_to_the_same_messages_in_another_process() -> None:
    script.cache_clear()
    assert [said.id for said in _said(_files(*OFFERS[:50]))] == [said.id for said in _said(_files(*OFFERS[:50]))]


def test_the_citys_answers_change_nothing() -> None:
    offer, line = _with_result()
    files = _files(offer)
    before = _said(files)
    answer = partners.MessageApplied(
        occurred_on=line.on,
        key=offer.referral_id,
        topic="partners.arbeitsamt.in.v1",
        partition=0,
        offset=0,
        message_id="m",
    )
    files.note(answer, line.on)
    files.note(
        partners.ReferralReminded(referral_id=offer.referral_id, occurred_on=line.on, answer_by=line.on), line.on
    )
    assert _said(files) == before


def test_a_withdrawal_ends_what_was_to_come_but_for_crossing_mail_and_some_results() -> None:
    late = 0
    for offer in OFFERS[:400]:
        files = _files(offer)
        withdrawn_on = offer.occurred_on + timedelta(days=4)
        files.note(partners.ReferralWithdrawn(referral_id=offer.referral_id, occurred_on=withdrawn_on), withdrawn_on)
        later = [day for day in YEAR if day > withdrawn_on + timedelta(days=3)]
        after = [said.message for said in _said(files, later)]
        about_it = [m for m in after if not isinstance(m, partners.CapacityAnnounced | partners.AgencyResyncRequested)]
        assert all(isinstance(message, partners.PlacementResultReported) for message in about_it)
        late += len(about_it)
    assert late


def test_a_status_query_is_answered_once() -> None:
    asked_on = date(2002, 4, 17)
    answered = 0
    for offer in OFFERS[:40]:
        files = _files(offer)
        query = partners.StatusQueried(
            referral_id=offer.referral_id, occurred_on=asked_on, question=StatusQuestion.MONTHS_6, result_id="r"
        )
        files.note(query, asked_on)
        files.note(query, asked_on)
        found = [s for s in _said(files) if isinstance(s.message, partners.PlacementStatusReported)]
        assert len(found) <= 1
        answered += len(found)
    assert answered > 20


@pytest.mark.parametrize("asked_on", [ASKED + timedelta(days=n) for n in range(14)])
def test_an_erasure_is_confirmed_on_a_monday_whichever_of_two_days_the_city_dates_it(asked_on: date) -> None:
    found = []
    for told_on in (asked_on, asked_on - timedelta(days=1)):
        files = _files(_offer(3))
        files.note(partners.EraseRequested(referral_id=_offer(3).referral_id, occurred_on=told_on), told_on)
        found.append([s.message.occurred_on for s in _said(files) if isinstance(s.message, partners.EraseConfirmed)])
    if asked_on.weekday() < 5:
        assert found[0] == found[1]
    assert all(len(days) == 1 and days[0].weekday() == 0 and days[0] > asked_on for days in found)


def test_capacity_is_announced_on_the_first_working_day_of_a_month() -> None:
    found = [s.message.occurred_on for s in _said(Files()) if isinstance(s.message, partners.CapacityAnnounced)]
    assert found[:3] == [date(2001, 11, 1), date(2001, 12, 3), date(2002, 1, 1)]


def test_every_service_of_every_agency_has_its_outcomes() -> None:
    for agency in BREMEN.city.agencies:
        habits = Habits(agency.id, 1, outcomes=BREMEN.facts.outcomes.get(agency.id, {}))
        for service in agency.services:
            offers = [offer.model_copy(update={"service": service}) for offer in OFFERS[:200]]
            kinds = {
                line.message.kind
                for offer in offers
                for line in script(habits, offer)
                if isinstance(line.message, partners.PlacementResultReported)
            }
            assert len(kinds) >= 2
