from datetime import date, timedelta
from typing import Any

import pytest

from contracts.event import Event
from contracts.events import partners
from contracts.events import referrals as facts
from contracts.events.intake import DisclosureBasisRevoked
from contracts.words import ConfirmedBy, RejectionCode, StatusQuestion, Sustainment
from services.referrals.domain import offers
from services.referrals.domain.commands import AlreadyConfirmed, ConfirmPlacement, NoSuchPlacement, PlacementOver
from services.referrals.domain.placement import months_after
from services.referrals.domain.turn import Turn
from services.runtime.decision import Addressed
from tests.unit.referrals.given import (
    ANNA,
    BAG,
    DAY,
    EMPLOYER,
    FIRST,
    SECOND,
    START,
    Referrals,
    accepted,
    in_service,
    offered,
    result,
    uid,
)

OTHER_EMPLOYER = "87654321"


def ends(referrals: Referrals, on: date, *, result_id: str = "result-1", message_id: str | None = None) -> Event:
    return referrals.partner(
        partners.PlacementEnded, message_id=message_id, result_id=result_id, end_date=on, reason="employer_ended"
    )


def corrected(
    referrals: Referrals, *, result_id: str = "result-1", message_id: str | None = None, **fields: Any
) -> Event:
    given: dict[str, Any] = {
        "kind": "regular_job",
        "employer_id": EMPLOYER,
        "start_date": referrals.today,
        "hours_per_week": 38,
    }
    return referrals.partner(partners.ResultCorrected, message_id=message_id, result_id=result_id, **given | fields)


def status(referrals: Referrals, *, insured: bool, result_id: str = "result-1") -> Event:
    return referrals.partner(partners.PlacementStatusReported, result_id=result_id, insured=insured)


def placed(start: date = START) -> Referrals:
    referrals = in_service()
    result(referrals, start=start)
    return referrals


def codes(*answers: Event) -> list[str]:
    return [one.code if isinstance(one, partners.MessageRejected) else type(one).__name__ for one in answers]


def checks(referrals: Referrals) -> list[tuple[int, Sustainment]]:
    return [(one.months, one.outcome) for one in referrals.said(facts.SustainmentChecked)]


def test_a_result_completes_the_referral_and_a_start_that_has_come_confirms_it() -> None:
    referrals = placed()
    (placement,) = referrals.placements
    assert referrals.referral().placement_id == placement.placement_id
    assert placement.confirmed_by is ConfirmedBy.START
    names = [type(event).__name__ for event in referrals.spoken[-4:]]
    assert names == ["PlacementReported", "ReferralCompleted", "PlacementConfirmed", "MessageApplied"]


def test_a_start_to_come_confirms_on_its_day() -> None:
    referrals = placed(START + 5 * DAY)
    referrals.days(START + 4 * DAY)
    assert referrals.said(facts.PlacementConfirmed) == []
    referrals.days(START + 9 * DAY)
    (confirmed,) = referrals.said(facts.PlacementConfirmed)
    assert (confirmed.occurred_on, confirmed.confirmed_by) == (START + 5 * DAY, ConfirmedBy.START)


def test_a_case_manager_may_confirm_before_and_the_start_does_not_again() -> None:
    referrals = placed(START + 5 * DAY)
    placement_id = referrals.placements[0].placement_id
    assert referrals.command(ConfirmPlacement(placement_id=placement_id)) == {"placement_id": placement_id}
    with pytest.raises(AlreadyConfirmed):
        referrals.command(ConfirmPlacement(placement_id=placement_id))
    (refused,) = referrals.said(facts.MoveRefused)
    assert (refused.placement_id, refused.state, refused.move) == (placement_id, "confirmed", "confirm")
    referrals.days(START + 9 * DAY)
    assert [one.confirmed_by for one in referrals.said(facts.PlacementConfirmed)] == [ConfirmedBy.CASE_MANAGER]


def test_what_was_taken_back_or_never_was_cannot_be_confirmed() -> None:
    referrals = placed(START + 5 * DAY)
    referrals.partner(partners.ResultCorrected, result_id="result-1", void=True)
    with pytest.raises(PlacementOver):
        referrals.command(ConfirmPlacement(placement_id=referrals.placements[0].placement_id))
    assert [one.state for one in referrals.said(facts.MoveRefused)] == ["voided"]
    for name in (uid("unknown"), FIRST):
        with pytest.raises(NoSuchPlacement):
            referrals.command(ConfirmPlacement(placement_id=name))


def test_a_result_before_the_acceptance_implies_it_and_the_acceptance_after_it_is_a_repeat() -> None:
    referrals = offered()
    result(referrals)
    (acceptance,) = referrals.said(facts.ReferralAccepted)
    assert acceptance.implied
    assert referrals.state() == "completed"
    assert isinstance(referrals.partner(partners.ReferralAccepted), partners.MessageDuplicate)
    assert "ContactReleased" not in referrals.told()


def test_a_result_after_withdrawal_counts_for_the_person_with_one_work_item() -> None:
    referrals = accepted()
    referrals.withdraw()
    assert codes(result(referrals)) == [RejectionCode.WITHDRAWN]
    assert referrals.state() == "withdrawn"
    assert [one.credited for one in referrals.said(facts.PlacementReported)] == [False]
    assert len(referrals.said(facts.PartnerMessageRejected)) == 1
    assert referrals.placements[0].confirmed_by is ConfirmedBy.START
    result(referrals)
    result(referrals, message_id="result-2")
    assert len(referrals.placements) == 1
    assert len(referrals.said(facts.PartnerMessageRejected)) == 1


def test_the_same_result_under_a_new_event_id_is_a_duplicate() -> None:
    referrals = placed()
    assert codes(result(referrals, message_id="result-2")) == ["MessageDuplicate"]
    assert codes(result(referrals, message_id="result-3", hours_per_week=20)) == ["MessageDuplicate"]
    assert len(referrals.placements) == 1


def test_what_follows_may_name_a_result_by_its_repeat() -> None:
    referrals = placed()
    result(referrals, message_id="result-2")
    assert codes(status(referrals, insured=True, result_id="result-2")) == ["MessageApplied"]
    referrals.days(START + 20 * DAY)
    assert codes(ends(referrals, START + 20 * DAY, result_id="result-2")) == ["MessageApplied"]
    assert [one.ended_on for one in referrals.placements] == [START + 20 * DAY]
    assert codes(result(referrals, message_id="result-2")) == ["MessageDuplicate"]
    assert len(referrals.said(facts.ResultRepeated)) == 1


def test_what_was_held_for_a_repeat_is_applied_when_that_comes() -> None:
    referrals = placed()
    held = ends(referrals, START + 20 * DAY, result_id="result-2")
    assert isinstance(held, partners.MessageHeld)
    result(referrals, message_id="result-2")
    assert [one.ended_on for one in referrals.placements] == [START + 20 * DAY]
    assert referrals.referral().held == ()


def test_a_result_told_again_after_its_correction_is_a_duplicate_and_leads_to_the_correction() -> None:
    referrals = placed()
    corrected(referrals, message_id="correction", start_date=START + 10 * DAY)
    assert codes(result(referrals, message_id="result-2")) == ["MessageDuplicate"]
    assert codes(corrected(referrals, message_id="correction-2", start_date=START + 10 * DAY)) == ["MessageDuplicate"]
    for name in ("result-2", "correction-2"):
        assert codes(status(referrals, insured=True, result_id=name)) == ["MessageApplied"]
    assert [one.state for one in referrals.placements] == ["voided", "reported"]


def test_a_result_told_again_after_it_was_taken_back_is_a_new_one() -> None:
    referrals = in_service()
    referrals.withdraw()
    result(referrals)
    referrals.partner(partners.ResultCorrected, result_id="result-1", void=True)
    result(referrals, message_id="result-2")
    assert [one.state for one in referrals.placements] == ["voided", "confirmed"]


def test_another_result_of_a_completed_referral_is_refused() -> None:
    referrals = placed()
    later = result(referrals, message_id="result-2", start=START + 9 * DAY)
    assert codes(later) == [RejectionCode.ILLEGAL_TRANSITION]


@pytest.mark.parametrize(
    ("start", "fine"),
    [
        (START - 60 * DAY, True),
        (START - 61 * DAY, False),
        (date(2003, 3, 1), True),
        (date(2003, 3, 2), False),
        (date.min, False),
        (date.max, False),
    ],
)
def test_a_start_long_before_the_offer_or_years_ahead_is_implausible(start: date, *, fine: bool) -> None:
    answer = result(in_service(), start=start)
    assert codes(answer) == ["MessageApplied" if fine else RejectionCode.IMPLAUSIBLE_DATE]


@pytest.mark.parametrize(
    ("kind", "fine"),
    [("self_employment", True), ("vocational_training", True), ("regular_job", False), ("job_scheme", False)],
)
def test_only_the_self_employed_and_trainees_have_no_employer(kind: str, *, fine: bool) -> None:
    answer = result(in_service(), kind=kind, employer_id=None)
    assert codes(answer) == ["MessageApplied" if fine else RejectionCode.MALFORMED]


def test_an_end_is_dated_on_the_first_day_without() -> None:
    referrals = placed()
    referrals.days(START + 10 * DAY)
    assert codes(ends(referrals, START + 8 * DAY)) == ["MessageApplied"]
    (ended,) = referrals.said(facts.PlacementEnded)
    assert ended.occurred_on == START + 8 * DAY
    again, other = ends(referrals, START + 8 * DAY), ends(referrals, START + 9 * DAY)
    assert codes(again, other) == ["MessageDuplicate", RejectionCode.ILLEGAL_TRANSITION]


def test_an_end_before_the_start_is_implausible() -> None:
    assert codes(ends(placed(), START - DAY)) == [RejectionCode.IMPLAUSIBLE_DATE]


def test_a_placement_that_ends_on_its_start_never_begins() -> None:
    referrals = placed(START + 5 * DAY)
    ends(referrals, START + 5 * DAY)
    referrals.days(START + 400 * DAY)
    assert referrals.said(facts.PlacementConfirmed) == []
    assert checks(referrals) == []


def test_an_end_before_its_result_is_held_and_applied_when_that_comes() -> None:
    referrals = in_service()
    held = ends(referrals, START + 20 * DAY, message_id="end")
    assert isinstance(held, partners.MessageHeld)
    assert held.held_until == START + 30 * DAY
    assert codes(ends(referrals, START + 20 * DAY, message_id="end")) == ["MessageDuplicate"]
    referrals.days(START + 2 * DAY)
    before = len(referrals.spoken)
    result(referrals)
    answers = [one for one in referrals.spoken[before:] if isinstance(one, partners.Answer)]
    assert [(type(one).__name__, one.offset) for one in answers] == [
        ("MessageApplied", held.offset + 2),
        ("MessageApplied", held.offset),
    ]
    assert answers[1].message_id == "end"
    assert referrals.placements[0].ended_on == START + 20 * DAY
    referrals.days(START + 60 * DAY)
    assert [one for one in referrals.spoken if isinstance(one, partners.Answer) and one.offset == held.offset][1:] == [
        answers[1]
    ]


def test_a_held_message_whose_result_never_comes_is_rejected_after_thirty_days() -> None:
    referrals = in_service()
    held = corrected(referrals, message_id="correction")
    assert isinstance(held, partners.MessageHeld)
    referrals.days(START + 29 * DAY)
    assert referrals.said(partners.MessageRejected) == []
    referrals.days(START + 40 * DAY)
    (rejected,) = referrals.said(partners.MessageRejected)
    assert (rejected.code, rejected.offset, rejected.occurred_on) == (
        RejectionCode.NO_SUCH_RESULT,
        held.offset,
        START + 30 * DAY,
    )
    assert [one.code for one in referrals.said(facts.PartnerMessageRejected)] == [RejectionCode.NO_SUCH_RESULT]
    assert codes(corrected(referrals, message_id="correction")) == [RejectionCode.NO_SUCH_RESULT]


def test_what_is_held_has_its_final_answer_before_the_client_is_erased() -> None:
    referrals = in_service()
    held = ends(referrals, START + 20 * DAY)
    assert isinstance(held, partners.MessageHeld)
    turn = Turn(referrals._clients({ANNA}), referrals._context("erasure"))
    offers.let_go(turn, ANNA)
    told = [one.event for one in turn.publications if isinstance(one, Addressed)]
    (answer,) = [one for one in told if isinstance(one, partners.Answer)]
    assert (type(answer), answer.offset, answer.message_id) == (partners.MessageRejected, held.offset, held.message_id)


def test_a_chain_of_held_messages_is_applied_in_order() -> None:
    referrals = in_service()
    ends(referrals, START + 20 * DAY, result_id="correction")
    corrected(referrals, message_id="correction", hours_per_week=20)
    result(referrals)
    first, second = referrals.placements
    assert (first.voided, second.hours_per_week, second.ended_on) == (True, 20, START + 20 * DAY)
    assert referrals.referral().held == ()
    final = [one for one in referrals.spoken if isinstance(one, partners.MessageApplied)]
    assert sorted(one.offset for one in final) == [1, 2, 3, 4, 5]


def test_two_held_messages_that_take_the_result_back_both_get_an_answer() -> None:
    referrals = in_service()
    for message_id in ("void-1", "void-2"):
        referrals.partner(partners.ResultCorrected, message_id=message_id, result_id="result-1", void=True)
    result(referrals)
    assert len(referrals.said(partners.MessageDuplicate)) == 1
    assert [placement.state for placement in referrals.placements] == ["voided"]


def test_held_for_a_late_result_is_applied_too() -> None:
    referrals = in_service()
    ends(referrals, START + 20 * DAY, message_id="end")
    referrals.withdraw()
    assert codes(result(referrals)) == [RejectionCode.WITHDRAWN]
    assert referrals.placements[0].ended_on == START + 20 * DAY


def test_a_correction_supersedes_by_reference() -> None:
    referrals = placed()
    assert codes(corrected(referrals, message_id="c", kind="minor_job")) == ["MessageApplied"]
    first, second = referrals.placements
    assert (first.state, first.superseded_by) == ("voided", second.placement_id)
    assert (second.state, second.kind) == ("confirmed", "minor_job")
    assert referrals.said(facts.PlacementReported)[1].supersedes == first.placement_id
    assert referrals.state() == "completed"
    ends(referrals, START + 30 * DAY)
    assert referrals.placements[1].ended_on == START + 30 * DAY


def test_a_correction_that_changes_nothing_is_a_duplicate() -> None:
    assert codes(corrected(placed())) == ["MessageDuplicate"]


def test_a_correction_without_all_fields_is_malformed() -> None:
    referrals = placed()
    answer = referrals.partner(partners.ResultCorrected, result_id="result-1", hours_per_week=20)
    assert codes(answer) == [RejectionCode.MALFORMED]


def test_a_correction_keeps_the_end_and_the_checks_that_are_still_true() -> None:
    referrals = placed()
    day = months_after(START, 6)
    referrals.days(day)
    status(referrals, insured=True)
    referrals.day(day + DAY)
    ends(referrals, day + DAY)
    corrected(referrals, start_date=START, hours_per_week=20)
    second = referrals.placements[1]
    assert (second.ended_on, [one.months for one in second.checked]) == (day + DAY, [6])
    referrals.days(day + 60 * DAY)
    assert len(referrals.to_partner(partners.StatusQueried)) == 1


def test_a_result_taken_back_is_no_such_result_any_more() -> None:
    referrals = placed()
    taken_back = referrals.partner(partners.ResultCorrected, result_id="result-1", void=True)
    again = referrals.partner(partners.ResultCorrected, result_id="result-1", void=True)
    assert codes(taken_back, again) == ["MessageApplied", "MessageDuplicate"]
    gone = (ends(referrals, START + DAY), corrected(referrals, hours_per_week=1), status(referrals, insured=True))
    assert codes(*gone) == [RejectionCode.NO_SUCH_RESULT] * 3


def test_a_status_of_an_unknown_result_is_refused() -> None:
    assert codes(status(placed(), insured=True, result_id="unknown")) == [RejectionCode.NO_SUCH_RESULT]


@pytest.mark.parametrize(
    ("start", "six", "twelve"),
    [
        (date(2001, 8, 31), date(2002, 2, 28), date(2002, 8, 31)),
        (date(1999, 8, 31), date(2000, 2, 29), date(2000, 8, 31)),
        (date(2000, 2, 29), date(2000, 8, 29), date(2001, 2, 28)),
        (date(2001, 3, 25), date(2001, 9, 25), date(2002, 3, 25)),
        (date(2001, 12, 31), date(2002, 6, 30), date(2002, 12, 31)),
    ],
)
def test_the_agency_is_asked_after_six_and_twelve_months_exactly_once(start: date, six: date, twelve: date) -> None:
    referrals = Referrals(today=start)
    referrals.client()
    referrals.request()
    referrals.partner(partners.ReferralAccepted)
    result(referrals)
    referrals.days(twelve + 100 * DAY)
    asked = referrals.to_partner(partners.StatusQueried)
    assert [(one.question, one.occurred_on, one.result_id) for one in asked] == [
        (StatusQuestion.MONTHS_6, six, "result-1"),
        (StatusQuestion.MONTHS_12, twelve, "result-1"),
    ]
    checked = referrals.said(facts.SustainmentChecked)
    assert [(one.months, one.outcome, one.occurred_on) for one in checked] == [
        (6, Sustainment.UNKNOWN, six + 30 * DAY),
        (12, Sustainment.UNKNOWN, twelve + 30 * DAY),
    ]


@pytest.mark.parametrize(("insured", "outcome"), [(True, Sustainment.SUSTAINED), (False, Sustainment.FAILED)])
def test_an_answer_decides_at_once_and_only_once(outcome: Sustainment, *, insured: bool) -> None:
    referrals = placed()
    referrals.days(months_after(START, 6) + 3 * DAY)
    assert codes(status(referrals, insured=insured)) == ["MessageApplied"]
    assert checks(referrals) == [(6, outcome)]
    status(referrals, insured=insured)
    referrals.days(months_after(START, 6) + 60 * DAY)
    assert checks(referrals) == [(6, outcome)]


def test_a_status_before_the_question_is_noted_and_does_not_answer_it() -> None:
    referrals = placed()
    referrals.days(START + 90 * DAY)
    status(referrals, insured=True)
    referrals.days(months_after(START, 6))
    assert len(referrals.to_partner(partners.StatusQueried)) == 1
    assert len(referrals.said(facts.InsuranceReported)) == 1
    assert checks(referrals) == []


def test_who_is_known_to_have_left_is_not_asked_about() -> None:
    referrals = placed()
    referrals.days(START + 90 * DAY)
    ends(referrals, START + 80 * DAY)
    referrals.days(START + 400 * DAY)
    assert referrals.to_partner(partners.StatusQueried) == []
    assert checks(referrals) == [(6, Sustainment.FAILED), (12, Sustainment.FAILED)]


def test_broken_off_and_placed_again_fails_at_six_months_and_may_succeed_at_twelve() -> None:
    referrals = placed()
    referrals.days(START + 40 * DAY)
    ends(referrals, START + 40 * DAY)
    referrals.days(START + 130 * DAY)
    referrals.request(SECOND, agency=BAG)
    referrals.partner(
        partners.PlacementResultReported,
        SECOND,
        agency=BAG,
        message_id="again",
        kind="regular_job",
        employer_id=OTHER_EMPLOYER,
        start_date=referrals.today,
        hours_per_week=38,
    )
    referrals.days(months_after(START, 12))
    first = [one for one in referrals.said(facts.SustainmentChecked) if one.referral_id == FIRST]
    assert [(one.months, one.outcome) for one in first] == [(6, Sustainment.FAILED), (12, Sustainment.SUSTAINED)]


def test_another_job_within_the_same_month_keeps_six_months_sustained() -> None:
    referrals = placed()
    referrals.days(START + 40 * DAY)
    ends(referrals, START + 40 * DAY)
    referrals.request(SECOND, agency=BAG)
    referrals.partner(
        partners.PlacementResultReported,
        SECOND,
        agency=BAG,
        kind="regular_job",
        employer_id=OTHER_EMPLOYER,
        start_date=START + 45 * DAY,
        hours_per_week=38,
    )
    referrals.days(months_after(START, 6))
    assert checks(referrals) == [(6, Sustainment.SUSTAINED)]


def test_questions_go_on_after_aid_has_ended_but_not_without_a_legal_basis() -> None:
    referrals = placed()
    referrals.days(START + 90 * DAY)
    referrals.hears(DisclosureBasisRevoked, basis_id=uid("basis"))
    referrals.days(months_after(START, 6))
    assert referrals.to_partner(partners.StatusQueried) == []
    assert checks(referrals) == [(6, Sustainment.UNKNOWN)]


def test_months_end_where_the_calendar_lets_them() -> None:
    assert months_after(date(2001, 8, 31), 6) == date(2002, 2, 28)
    assert months_after(date(2001, 1, 31), 1) == date(2001, 2, 28)
    assert months_after(date(2001, 12, 15), 1) == date(2002, 1, 15)
    assert months_after(date(2001, 6, 30), 0) == date(2001, 6, 30)


def test_a_minor_job_is_no_insured_work_that_keeps_another_alive() -> None:
    referrals = placed()
    referrals.days(START + 40 * DAY)
    ends(referrals, START + 40 * DAY)
    referrals.request(SECOND, agency=BAG)
    referrals.partner(
        partners.PlacementResultReported,
        SECOND,
        agency=BAG,
        kind="minor_job",
        employer_id=OTHER_EMPLOYER,
        start_date=START + timedelta(days=45),
        hours_per_week=10,
    )
    referrals.days(months_after(START, 6))
    assert [one.outcome for one in referrals.said(facts.SustainmentChecked) if one.referral_id == FIRST] == [
        Sustainment.FAILED
    ]
