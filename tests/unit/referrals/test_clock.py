from datetime import date

import pytest

from contracts.city import Deadlines
from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import RejectionCode, StatusQuestion
from services.referrals.app import service
from services.referrals.views import ReferralView
from tests.unit.referrals.given import (
    ANNA,
    BAG,
    CITY,
    DAY,
    FIRST,
    SECOND,
    SERVICE,
    START,
    Referrals,
    accepted,
    in_service,
    offered,
)


def offered_on(day: date) -> Referrals:
    referrals = Referrals(today=day)
    referrals.client()
    referrals.request()
    return referrals


@pytest.mark.parametrize("start", [date(2001, 2, 20), date(2000, 2, 20), date(2001, 3, 20), date(2001, 12, 24)])
def test_reminders_on_day_3_and_9_and_expiry_on_day_14_each_once(start: date) -> None:
    referrals = offered_on(start)
    referrals.days(start + 40 * DAY)
    reminded = referrals.said(facts.ReferralReminded)
    assert [(one.day, one.occurred_on) for one in reminded] == [(3, start + 3 * DAY), (9, start + 9 * DAY)]
    assert [one.occurred_on for one in referrals.said(facts.ReferralExpired)] == [start + 14 * DAY]
    assert referrals.told() == ["ReferralOffered", "ReferralReminded", "ReferralReminded", "EraseRequested"]
    assert {one.answer_by for one in referrals.to_partner(partners.ReferralReminded)} == {start + 14 * DAY}


def test_the_clock_of_the_decision_runs_on_after_the_receipt() -> None:
    referrals = offered()
    referrals.days(START + 4 * DAY)
    referrals.partner(partners.ReferralReceived)
    referrals.days(START + 14 * DAY)
    assert [one.day for one in referrals.said(facts.ReferralReminded)] == [3, 9]
    assert referrals.state() == "expired"
    assert referrals.referral().received_on == START + 4 * DAY


def test_the_receipt_and_the_acceptance_have_a_date_each() -> None:
    referrals = offered()
    referrals.days(START + 2 * DAY)
    referrals.partner(partners.ReferralReceived)
    assert (referrals.referral().received_on, referrals.referral().accepted_on) == (START + 2 * DAY, None)
    referrals.days(START + 5 * DAY)
    referrals.partner(partners.ReferralAccepted)
    found = referrals.referral()
    assert (found.requested_on, found.received_on, found.accepted_on) == (START, START + 2 * DAY, START + 5 * DAY)
    view = ReferralView.of(referrals.states[ANNA], found)
    assert (view.received_on, view.accepted_on) == (START + 2 * DAY, START + 5 * DAY)
    told = referrals.said(facts.ReferralReceived) + referrals.said(facts.ReferralAccepted)
    assert [one.occurred_on for one in told] == [START + 2 * DAY, START + 5 * DAY]


def test_an_acceptance_alone_is_no_receipt() -> None:
    found = accepted().referral()
    assert (found.received_on, found.accepted_on) == (None, START)


def test_a_decision_on_the_last_day_before_expiry_counts() -> None:
    referrals = offered()
    referrals.days(START + 13 * DAY)
    referrals.partner(partners.ReferralAccepted)
    referrals.days(START + 20 * DAY)
    assert referrals.state() == "accepted"


def test_an_acceptance_that_comes_after_expiry_is_late_whatever_its_date() -> None:
    referrals = offered()
    referrals.days(START + 14 * DAY)
    answer = referrals.partner(partners.ReferralAccepted, on=START + 12 * DAY)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.EXPIRED


def test_a_day_handled_late_catches_up_each_deadline_once() -> None:
    referrals = offered()
    referrals.day(START + 10 * DAY)
    referrals.day(START + 10 * DAY)
    assert [one.day for one in referrals.said(facts.ReferralReminded)] == [3, 9]
    referrals.day(START + 30 * DAY)
    assert len(referrals.said(facts.ReferralExpired)) == 1


def test_a_day_that_is_later_than_expiry_only_expires() -> None:
    referrals = offered()
    referrals.day(START + 15 * DAY)
    assert referrals.said(facts.ReferralReminded) == []
    assert referrals.state() == "expired"


def test_thirty_days_of_silence_in_service_ask_once_until_the_agency_speaks_again() -> None:
    referrals = in_service()
    referrals.days(START + 29 * DAY)
    assert referrals.said(facts.StatusQueried) == []
    referrals.days(START + 70 * DAY)
    assert [one.occurred_on for one in referrals.said(facts.StatusQueried)] == [START + 30 * DAY]
    (asked,) = referrals.to_partner(partners.StatusQueried)
    assert asked.question is StatusQuestion.SILENCE
    referrals.partner(partners.ServiceHeld, review_on=START + 90 * DAY)
    referrals.days(START + 120 * DAY)
    assert len(referrals.said(facts.StatusQueried)) == 1
    referrals.partner(partners.ServiceResumed)
    referrals.days(START + 150 * DAY)
    assert [one.occurred_on for one in referrals.said(facts.StatusQueried)][1:] == [START + 150 * DAY]


def test_any_message_of_the_agency_ends_its_silence() -> None:
    referrals = in_service()
    referrals.days(START + 20 * DAY)
    referrals.partner(partners.ReferralReceived)
    referrals.days(START + 49 * DAY)
    assert referrals.said(facts.StatusQueried) == []
    referrals.day(START + 50 * DAY)
    assert len(referrals.said(facts.StatusQueried)) == 1


def test_an_accepted_referral_has_no_clock() -> None:
    referrals = accepted()
    referrals.days(START + 60 * DAY)
    assert referrals.state() == "accepted"
    assert referrals.said(facts.ReferralReminded) == []


def test_a_withdrawn_referral_reminds_nobody() -> None:
    referrals = offered()
    referrals.protect(since=START + 3 * DAY)
    referrals.days(START + 20 * DAY)
    assert referrals.said(facts.ReferralReminded) == []
    assert referrals.state(FIRST) == "withdrawn"
    assert referrals.states[referrals.referral().person_id].due(referrals.today) is None


def test_a_rebuilt_referral_keeps_the_deadlines_under_which_it_was_requested() -> None:
    referrals = in_service()
    referrals.request(SECOND, agency=BAG)
    changed = Deadlines(reminders=(1, 2, 5), expiry=40, silence=3, held=2)
    rebuilt = service(CITY.model_copy(update={"deadlines": changed}))
    assert rebuilt.initial is not None
    state = rebuilt.initial(ANNA)
    for message in referrals.heard:
        state = rebuilt.evolve(state, message)
    assert state == referrals.states[ANNA]
    assert [one.day for one in referrals.referral(SECOND).reminders] == [3, 9]
    assert referrals.referral(FIRST).query_on == START + 30 * DAY


def test_a_request_from_before_it_told_its_deadlines_has_those_configured() -> None:
    referrals = offered()
    referrals.partner(partners.ReferralAccepted)
    referrals.partner(partners.ServiceStarted)
    assert SERVICE.initial is not None
    state = SERVICE.initial(ANNA)
    for message in referrals.heard:
        if isinstance(message.event, facts.ReferralRequested):
            message = message._replace(  # noqa: PLW2901 - as it was written then
                event=message.event.model_copy(update={"reminder_days": None, "silence_days": None})
            )
        state = SERVICE.evolve(state, message)
    assert state.referrals[0].query_on == START + 30 * DAY
    assert state.referrals[0].silence_days is None
