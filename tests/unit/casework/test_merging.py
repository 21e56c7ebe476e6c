"""One person of two records: whatever is seen first, one open case is kept."""

import pytest

from contracts.events.casework import CaseClosed, CaseOpened, CaseReopened, ReferralRequested
from contracts.words import CaseClosedReason, ReopenReason
from services.casework.domain.casebook import CloseCase, ReopenCase
from services.casework.domain.course import follow
from services.casework.domain.offers import OpenReferral
from tests.unit.casework.given import ANNA, BERTA, DAY, START, Casework, assigned, planned


def two_cases(*, survivor_later: bool) -> Casework:
    casework = Casework()
    first, second = (BERTA, ANNA) if survivor_later else (ANNA, BERTA)
    casework.able_client(first)
    casework.next_day()
    casework.able_client(second)
    casework.next_day()
    return casework


@pytest.mark.parametrize("under", [(ANNA, BERTA), (BERTA, ANNA)])
@pytest.mark.parametrize("survivor_later", [True, False])
def test_the_case_opened_later_is_closed_as_merged(under: tuple[str, str], *, survivor_later: bool) -> None:
    casework = two_cases(survivor_later=survivor_later)
    casework.merges(under=under)
    (closed,) = casework.said(CaseClosed)
    assert (closed.person_id, closed.reason) == (ANNA if survivor_later else BERTA, "merged")
    assert len(casework.person().open_cases) == 1
    casework.next_day(casework.today + 3 * DAY)
    assert len(casework.said(CaseClosed)) == 1


def test_a_case_of_the_loser_is_the_persons_case() -> None:
    casework = Casework()
    casework.able_client(BERTA)
    casework.registers(ANNA)
    casework.merges()
    casework.assesses(ANNA)
    assert len(casework.said(CaseOpened)) == 1
    casework.next_day()
    case = casework.case(BERTA)
    assert case.case_manager is not None
    casework.agree(case.case_id)
    asked = casework.refer(case=case.case_id)
    assert (asked.person_id, asked.intake_sequence) == (BERTA, casework.states[BERTA].intake.sequence)


def test_protection_of_one_record_protects_the_person() -> None:
    casework = planned()
    casework.registers(BERTA)
    casework.protects(BERTA)
    assert not casework.person().protected_on(casework.today)
    casework.merges()
    assert casework.person().protected_on(casework.today)
    assert [one.reason for one in casework.said(CaseClosed)] == ["protected"]


def test_a_protection_of_the_other_record_that_begins_by_date_is_seen_on_its_day() -> None:
    casework = planned()
    casework.registers(BERTA)
    begins = casework.today + 4 * DAY
    casework.protects(BERTA, since=begins, until=begins + 2 * DAY)
    casework.merges()
    casework.next_day(begins + 6 * DAY)
    assert [(one.reason, one.occurred_on) for one in casework.said(CaseClosed)] == [("protected", begins)]
    assert [one.occurred_on for one in casework.said(CaseReopened)] == [begins + 3 * DAY]


def test_aid_of_either_record_keeps_the_case_open() -> None:
    casework = assigned()
    casework.registers(BERTA)
    casework.merges()
    casework.benefit_ends(ANNA)
    assert casework.said(CaseClosed) == []
    casework.benefit_ends(BERTA)
    assert [one.reason for one in casework.said(CaseClosed)] == ["aid_ended"]


def test_the_open_referral_of_one_record_is_the_persons_one_at_that_agency() -> None:
    casework = two_cases(survivor_later=False)
    casework.desks["vahr.fm2"] = casework.case(BERTA).office
    casework.agree(casework.case(ANNA).case_id)
    casework.agree(casework.case(BERTA).case_id)
    casework.refer(case=casework.case(BERTA).case_id)
    casework.merges()
    with pytest.raises(OpenReferral):
        casework.refer(case=casework.case(ANNA).case_id)
    assert len(casework.said(ReferralRequested)) == 1


def test_the_end_of_a_merge_reopens_nothing_by_itself() -> None:
    casework = two_cases(survivor_later=False)
    casework.merges()
    before = len(casework.spoken)
    casework.unmerges()
    casework.next_day(casework.today + 3 * DAY)
    assert casework.names(before) == ["SuggestionMade"]
    casework.command(ReopenCase(case_id=casework.case(BERTA).case_id, reason=ReopenReason.UNMERGED))
    casework.next_day()
    assert casework.case(BERTA).case_manager is not None
    assert casework.case(ANNA).opened_on == START


def test_whoever_had_no_case_before_the_merge_gets_one_after_its_end() -> None:
    casework = assigned()
    casework.registers(BERTA)
    casework.merges()
    casework.assesses(BERTA)
    assert len(casework.said(CaseOpened)) == 1
    casework.unmerges()
    assert [one.person_id for one in casework.said(CaseOpened)] == [ANNA, BERTA]


@pytest.mark.parametrize("ended", [ANNA, BERTA])
def test_what_a_case_manager_closes_stays_closed_although_the_other_records_aid_ended_on_the_same_day(
    ended: str,
) -> None:
    casework = two_cases(survivor_later=False)
    other = BERTA if ended == ANNA else ANNA
    casework.benefit_ends(ended)
    casework.merges()
    casework.command(CloseCase(case_id=casework.case(other).case_id, reason=CaseClosedReason.INTEGRATED))
    casework.next_day(casework.today + 3 * DAY)
    assert casework.said(CaseReopened) == []
    assert follow(casework.person(), casework.context("look")) == ()
