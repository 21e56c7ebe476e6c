"""R6, 8.12: what casework suggests and never does by itself: one work item, until it is settled or has lapsed."""

from typing import Any

import pytest

from contracts.events import referrals
from contracts.events.casework import (
    CaseReopened,
    ReferralRequested,
    ReferralWithdrawalRequested,
    SuggestionMade,
    SuggestionSettled,
)
from contracts.words import CaseClosedReason, PlacementKind, ReopenReason, WithdrawReason
from services.casework.domain.casebook import CloseCase, NoCaseToday, ReopenCase
from services.casework.domain.offers import TakeBack
from services.casework.domain.person import UnknownItem
from services.casework.domain.suggestions import AlreadySettled, Settle
from tests.unit.casework.given import ANNA, ARBEITSAMT, BAG, BERTA, EMPLOYER, VAHR, Casework, planned, uid


def asked(casework: Casework, agency: str, *, person: str = ANNA) -> str:
    """A referral that the agency has."""
    case = next(one for one in casework.states[person].casework.cases if one.open)
    request = casework.refer(agency, case=case.case_id)
    casework.drafted(request)
    casework.referral(referrals.ReferralReceived, request.referral_id, person, message_id=uid(f"{agency} has it"))
    return request.referral_id


def at_both() -> tuple[Casework, str, str]:
    casework = planned()
    return casework, asked(casework, ARBEITSAMT), asked(casework, BAG)


def placed(casework: Casework, referral: str, job: str = "job", *, person: str = ANNA) -> None:
    """A confirmed placement; the referral is completed by it."""
    about: dict[str, Any] = {"placement_id": uid(job), "message_id": uid(f"result of {job}")}
    kind: dict[str, Any] = {"kind": PlacementKind.REGULAR_JOB, "employer_id": EMPLOYER, "hours_per_week": 38}
    casework.referral(referrals.PlacementReported, referral, person, **about, **kind)
    casework.referral(referrals.ReferralCompleted, referral, person, **about)
    confirmed(casework, referral, job, person=person)


def confirmed(casework: Casework, referral: str, job: str = "job", *, person: str = ANNA) -> None:
    casework.referral(referrals.PlacementConfirmed, referral, person, placement_id=uid(job), confirmed_by="start")


def settle(casework: Casework, made: SuggestionMade, *, accept: bool) -> None:
    casework.command(Settle(item_id=made.item_id, accept=accept, settled_by="vahr.fm1"))


class TestAClientPlacedElsewhere:
    def test_the_first_confirmed_placement_offers_to_withdraw_the_other_referral_and_withdraws_nothing(self) -> None:
        casework, first, second = at_both()
        placed(casework, first)
        (made,) = casework.said(SuggestionMade)
        assert (made.kind, made.referral_id, made.placement_id) == ("withdraw_referral", second, uid("job"))
        assert (made.person_id, made.case_id) == (ANNA, casework.case().case_id)
        assert casework.said(ReferralWithdrawalRequested) == []

    def test_accepting_it_withdraws_with_placed_elsewhere(self) -> None:
        casework, first, second = at_both()
        placed(casework, first)
        settle(casework, casework.said(SuggestionMade)[0], accept=True)
        (taken,) = casework.said(ReferralWithdrawalRequested)
        assert (taken.referral_id, taken.reason) == (second, WithdrawReason.PLACED_ELSEWHERE)
        (settled,) = casework.said(SuggestionSettled)
        assert (settled.outcome, settled.settled_by) == ("accepted", "vahr.fm1")
        casework.referral(referrals.ReferralWithdrawn, second, reason=WithdrawReason.PLACED_ELSEWHERE)
        assert len(casework.said(SuggestionSettled)) == 1

    def test_declining_it_leaves_the_referral_and_nothing_is_suggested_twice(self) -> None:
        casework, first, _ = at_both()
        placed(casework, first)
        made = casework.said(SuggestionMade)[0]
        settle(casework, made, accept=False)
        placed(casework, first, "another job")
        assert casework.names().count("SuggestionMade") == 1
        assert casework.said(ReferralWithdrawalRequested) == []
        with pytest.raises(AlreadySettled):
            settle(casework, made, accept=True)
        with pytest.raises(UnknownItem):
            casework.command(Settle(item_id=uid("nobody's"), accept=True, settled_by="vahr.fm1"))

    @pytest.mark.parametrize(
        ("ends", "fields"),
        [
            (
                referrals.ReferralRejected,
                {"message_id": "m", "reason": "waitlist", "declined_by": "partner"},
            ),
            (referrals.ReferralExpired, {}),
            (referrals.ReferralWithdrawn, {"reason": WithdrawReason.PROTECTED}),
            (referrals.ReferralCompleted, {"message_id": "m", "placement_id": uid("its own job")}),
        ],
    )
    def test_it_lapses_when_the_referral_ends_by_itself(self, ends: Any, fields: dict[str, Any]) -> None:
        casework, first, second = at_both()
        placed(casework, first)
        casework.referral(ends, second, **fields)
        (settled,) = casework.said(SuggestionSettled)
        assert (settled.outcome, settled.settled_by) == ("lapsed", None)

    def test_it_lapses_when_it_is_taken_back_by_hand_or_the_job_never_was(self) -> None:
        for ended in ("by hand", "void"):
            casework, first, second = at_both()
            placed(casework, first)
            if ended == "by hand":
                casework.command(TakeBack(referral_id=second, reason=WithdrawReason.PLAN_CHANGED))
            else:
                casework.referral(referrals.PlacementVoided, first, placement_id=uid("job"))
            assert [one.outcome for one in casework.said(SuggestionSettled)] == ["lapsed"]

    def test_it_is_made_again_for_a_corrected_job_but_not_once_it_was_settled(self) -> None:
        for declined in (False, True):
            casework, first, second = at_both()
            placed(casework, first)
            if declined:
                settle(casework, casework.said(SuggestionMade)[0], accept=False)
            casework.referral(referrals.PlacementVoided, first, placement_id=uid("job"), superseded_by=uid("corrected"))
            confirmed(casework, first, "corrected")
            made = [(one.referral_id, one.placement_id) for one in casework.said(SuggestionMade)]
            assert made == [(second, uid("job")), *([] if declined else [(second, uid("corrected"))])]

    def test_without_another_open_referral_there_is_nothing_to_suggest(self) -> None:
        casework, first, second = at_both()
        casework.referral(referrals.ReferralExpired, second)
        placed(casework, first)
        alone = planned()
        placed(alone, asked(alone, BAG))
        assert casework.said(SuggestionMade) == alone.said(SuggestionMade) == []

    def test_the_referral_of_the_persons_other_record_is_suggested_under_that_record(self) -> None:
        casework = planned()
        first = asked(casework, ARBEITSAMT)
        casework.desks["vahr.fm2"] = VAHR
        casework.able_client(BERTA)
        casework.next_day()
        casework.agree(casework.case(BERTA).case_id)
        second = asked(casework, BAG, person=BERTA)
        casework.merges()
        placed(casework, first)
        (made,) = casework.said(SuggestionMade)
        assert (made.person_id, made.referral_id) == (BERTA, second)
        casework.unmerges()
        assert [(one.person_id, one.outcome) for one in casework.said(SuggestionSettled)] == [(BERTA, "lapsed")]


def merged_with_twins() -> tuple[Casework, str]:
    """Anna's case and referral were first; Berta's gave way to them."""
    casework = planned()
    asked(casework, ARBEITSAMT)
    casework.next_day()
    casework.desks["vahr.fm2"] = VAHR
    casework.able_client(BERTA)
    casework.next_day()
    casework.agree(casework.case(BERTA).case_id)
    twin = asked(casework, ARBEITSAMT, person=BERTA)
    casework.merges()
    casework.referral(referrals.ReferralWithdrawn, twin, BERTA, reason=WithdrawReason.DUPLICATE)
    return casework, twin


class TestRecordsPartedAgain:
    def test_unmerging_is_one_item_that_names_the_case_and_the_referral_that_gave_way(self) -> None:
        casework, twin = merged_with_twins()
        casework.unmerges()
        casework.next_day()
        (made,) = casework.said(SuggestionMade)
        assert (made.kind, made.merge_id, made.reopenable) == ("review_unmerge", uid("merge"), True)
        assert (made.person_id, made.case_id) == (BERTA, casework.case(BERTA).case_id)
        assert made.referral_id == twin

    def test_accepting_it_reopens_the_case(self) -> None:
        casework, _ = merged_with_twins()
        casework.unmerges()
        settle(casework, casework.said(SuggestionMade)[0], accept=True)
        assert [(one.person_id, one.reason) for one in casework.said(CaseReopened)] == [(BERTA, "unmerged")]
        assert [one.outcome for one in casework.said(SuggestionSettled)] == ["accepted"]

    def test_what_cannot_be_done_is_refused_and_stays_suggested(self) -> None:
        casework, _ = merged_with_twins()
        casework.benefit_ends(BERTA)
        casework.unmerges()
        made = casework.said(SuggestionMade)[0]
        with pytest.raises(NoCaseToday):
            settle(casework, made, accept=True)
        assert casework.said(SuggestionSettled) == []
        settle(casework, made, accept=False)
        assert [one.outcome for one in casework.said(SuggestionSettled)] == ["declined"]

    def test_it_lapses_when_the_case_is_reopened_otherwise(self) -> None:
        casework, _ = merged_with_twins()
        casework.unmerges()
        casework.command(ReopenCase(case_id=casework.case(BERTA).case_id, reason=ReopenReason.UNMERGED))
        assert [one.outcome for one in casework.said(SuggestionSettled)] == ["lapsed"]

    def test_where_the_case_went_on_accepting_it_asks_for_the_referral_again(self) -> None:
        """Anna's case was closed before the merge: Berta's was the person's, with Anna's referral before hers."""
        casework = planned()
        asked(casework, ARBEITSAMT)
        casework.command(CloseCase(case_id=casework.case().case_id, reason=CaseClosedReason.ERROR))
        casework.next_day()
        casework.able_client(BERTA)
        casework.next_day()
        casework.agree(casework.case(BERTA).case_id)
        twin = asked(casework, ARBEITSAMT, person=BERTA)
        casework.merges()
        casework.referral(referrals.ReferralWithdrawn, twin, BERTA, reason=WithdrawReason.DUPLICATE)
        casework.unmerges()
        (made,) = casework.said(SuggestionMade)
        assert (made.person_id, made.reopenable, made.referral_id) == (BERTA, False, twin)
        settle(casework, made, accept=True)
        again = casework.said(ReferralRequested)[-1]
        assert (again.person_id, again.agency, again.follows) == (BERTA, ARBEITSAMT, twin)

    def test_records_without_any_case_give_nobody_an_item(self) -> None:
        casework = Casework()
        casework.registers(ANNA)
        casework.registers(BERTA)
        casework.merges()
        casework.unmerges()
        assert casework.said(SuggestionMade) == []
