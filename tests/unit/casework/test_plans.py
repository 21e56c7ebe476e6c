"""C3, C4: the joint plan and its reviews."""

from datetime import date
from typing import Any

import pytest

from contracts.events.casework import CaseReopened, PlanAgreed, PlanRevised, ReviewDue
from contracts.words import CaseClosedReason, ReopenReason
from services.casework.domain.casebook import (
    AGAIN_BY_HAND,
    CaseIsClosed,
    CaseIsOpen,
    CloseCase,
    FactOfIntake,
    IncompletePlan,
    NoCaseToday,
    NotAssigned,
    ReopenCase,
    ReviewOutOfReach,
)
from services.casework.domain.dates import months_after
from services.casework.domain.person import UnknownCase
from services.casework.tables import PlanText
from tests.unit.casework.given import ANNA, DAY, MANAGER, Casework, assigned, planned, uid


@pytest.mark.parametrize(
    "missing",
    [{"strengths": ()}, {"strengths": ("  ",)}, {"goal": None}, {"duties_client": ()}, {"duties_office": ()}],
)
def test_a_plan_without_strengths_goal_and_duties_of_both_sides_cannot_be_agreed(missing: dict[str, Any]) -> None:
    casework = assigned()
    with pytest.raises(IncompletePlan, match=next(iter(missing))):
        casework.agree(**missing)
    assert casework.said(PlanAgreed) == []


def test_an_agreed_plan_is_published_as_codes_and_its_wording_stays_here() -> None:
    casework = assigned()
    outcome = casework.agree(strengths=("reliable",))
    (agreed,) = casework.said(PlanAgreed)
    assert agreed.plan_version == 1
    assert "reliable" not in agreed.model_dump_json()
    (text,) = outcome.rows
    assert isinstance(text, PlanText)
    assert (text.plan_version, text.author, text.strengths) == (1, MANAGER, ["reliable"])


def test_a_further_plan_is_the_next_version() -> None:
    casework = planned()
    casework.agree(goal="vocational_training")
    (revised,) = casework.said(PlanRevised)
    assert (revised.plan_version, revised.goal) == (2, "vocational_training")


def test_a_plan_is_reviewed_after_six_months_unless_earlier_is_agreed() -> None:
    casework = assigned()
    casework.agree()
    casework.agree(review_on=casework.today + 30 * DAY)
    (agreed,), (revised,) = casework.said(PlanAgreed), casework.said(PlanRevised)
    assert agreed.review_on == date(2002, 5, 6)
    assert revised.review_on == date(2001, 12, 6)


@pytest.mark.parametrize("days", [-1, 0, 182])
def test_a_review_is_never_today_or_later_than_six_months(days: int) -> None:
    casework = assigned()
    with pytest.raises(ReviewOutOfReach):
        casework.agree(review_on=casework.today + days * DAY)


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2001, 8, 31), date(2002, 2, 28)),
        (date(2003, 8, 31), date(2004, 2, 29)),
        (date(2001, 3, 1), date(2001, 9, 1)),
        (date(2001, 12, 31), date(2002, 6, 30)),
    ],
)
def test_six_months_after_the_end_of_a_month_is_the_end_of_a_month(day: date, later: date) -> None:
    assert months_after(day, 6) == later


def test_a_review_falls_due_once_on_its_day_and_a_new_version_settles_it() -> None:
    casework = planned()
    due_on = casework.said(PlanAgreed)[0].review_on
    casework.next_day(due_on - DAY)
    assert casework.said(ReviewDue) == []
    casework.next_day(due_on + 20 * DAY)
    (due,) = casework.said(ReviewDue)
    assert (due.occurred_on, due.due_on, due.plan_version) == (due_on, due_on, 1)
    plan = casework.case().plan
    assert plan is not None
    assert plan.overdue
    casework.agree()
    plan = casework.case().plan
    assert plan is not None
    assert not plan.overdue


def test_a_review_that_fell_due_while_the_case_was_closed_is_due_when_it_goes_on() -> None:
    casework = planned()
    casework.protects()
    casework.next_day(date(2002, 7, 1))
    assert casework.said(ReviewDue) == []
    casework.clears()
    assert casework.names()[-2:] == ["CaseReopened", "ReviewDue"]


def test_nobody_plans_in_a_case_that_waits_or_is_closed_or_is_not_there() -> None:
    casework = Casework()
    casework.able_client()
    with pytest.raises(NotAssigned):
        casework.agree()
    casework.protects()
    with pytest.raises(CaseIsClosed):
        casework.agree()
    with pytest.raises(UnknownCase):
        casework.agree(case=uid("nobody's"))
    with pytest.raises(UnknownCase):
        casework.agree(case=ANNA)


def test_a_case_manager_closes_with_what_only_a_case_manager_knows() -> None:
    casework = assigned()
    case_id = casework.case().case_id
    with pytest.raises(FactOfIntake):
        casework.command(CloseCase(case_id=case_id, reason=CaseClosedReason.AID_ENDED))
    casework.command(CloseCase(case_id=case_id, reason=CaseClosedReason.INTEGRATED))
    with pytest.raises(CaseIsClosed):
        casework.command(CloseCase(case_id=case_id, reason=CaseClosedReason.INTEGRATED))


def test_a_case_is_reopened_by_hand_with_its_history_if_there_can_be_one() -> None:
    casework = planned()
    case_id = casework.case().case_id
    again = ReopenCase(case_id=case_id, reason=ReopenReason.CLOSED_IN_ERROR)
    with pytest.raises(CaseIsOpen):
        casework.command(again)
    casework.command(CloseCase(case_id=case_id, reason=CaseClosedReason.ERROR))
    casework.command(again)
    assert [one.reason for one in casework.said(CaseReopened)] == ["closed_in_error"]
    assert casework.case().plan is not None
    casework.protects()
    with pytest.raises(NoCaseToday):
        casework.command(again)


@pytest.mark.parametrize("reason", sorted({*ReopenReason} - AGAIN_BY_HAND))
def test_nobody_reopens_with_what_is_for_intake_to_record(reason: ReopenReason) -> None:
    casework = assigned()
    case_id = casework.case().case_id
    casework.command(CloseCase(case_id=case_id, reason=CaseClosedReason.ERROR))
    with pytest.raises(FactOfIntake):
        casework.command(ReopenCase(case_id=case_id, reason=reason))
    assert not casework.case().open
