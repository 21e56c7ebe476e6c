from datetime import date

import pytest

from contracts.events import intake, partners
from contracts.events import referrals as facts
from contracts.topics import PERSON
from contracts.words import DepartureReason, RefusalCode, WithdrawReason
from tests.unit.referrals.given import (
    ANNA,
    ARBEITSAMT,
    BAG,
    BERTA,
    DAY,
    FIRST,
    SECOND,
    START,
    Referrals,
    accepted,
    in_service,
    offered,
    uid,
)


def test_a_request_is_drafted_and_offered_with_a_pseudonymous_profile() -> None:
    referrals = offered()
    (offer,) = referrals.to_partner(partners.ReferralOffered)
    assert offer.referral_id == FIRST
    assert offer.answer_by == date(2001, 3, 15)
    assert [type(event).__name__ for event in referrals.spoken] == [
        "ReferralDrafted",
        "ReferralRequested",
        "ReferralOffered",
    ]
    assert ANNA not in offer.model_dump_json()


def test_an_offer_waits_until_as_much_of_intake_is_known_as_the_case_manager_knew() -> None:
    referrals = Referrals()
    referrals.client()
    referrals.request(sequence=3)
    assert referrals.state() == "draft"
    referrals.protect()
    assert referrals.state() == "void"
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.PROTECTED
    assert referrals.told() == []


def test_an_offer_waits_while_intake_is_behind_and_leaves_when_it_is_not() -> None:
    referrals = Referrals(behind=frozenset({PERSON.name}))
    referrals.client()
    referrals.request()
    assert referrals.told() == []
    referrals.behind = frozenset()
    referrals.day(START + DAY)
    assert referrals.said(facts.ReferralRequested)[0].occurred_on == START + DAY
    assert referrals.referral().answer_by == date(2001, 3, 16)


def test_a_draft_is_due_until_it_is_decided() -> None:
    referrals = Referrals(behind=frozenset({PERSON.name}))
    referrals.client()
    referrals.request()
    assert referrals.states[ANNA].due(START) == START


def test_without_a_legal_basis_for_that_agency_nothing_leaves() -> None:
    referrals = Referrals()
    referrals.client(sequence_only=True)
    referrals.basis(agency=BAG)
    referrals.request()
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.NO_BASIS
    referrals.request(SECOND, agency=BAG)
    assert referrals.told(ARBEITSAMT) == []
    assert referrals.told(BAG) == ["ReferralOffered"]


@pytest.mark.parametrize(("since", "until"), [(START + DAY, None), (START - 10 * DAY, START - DAY)])
def test_a_basis_counts_only_within_its_validity(since: date, until: date | None) -> None:
    referrals = Referrals()
    referrals.client(sequence_only=True)
    referrals.basis(valid_from=since, valid_until=until)
    referrals.request()
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.NO_BASIS


def test_a_client_who_has_departed_is_not_offered() -> None:
    referrals = Referrals()
    referrals.client()
    referrals.hears(intake.ClientDeparted, reason=DepartureReason.LEFT_CITY)
    referrals.request()
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.DEPARTED


def test_a_second_offer_to_one_agency_is_refused_and_one_to_the_other_is_not() -> None:
    referrals = offered()
    referrals.request(SECOND)
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.OPEN_TWIN
    referrals.request(uid("third"), agency=BAG)
    assert referrals.told(BAG) == ["ReferralOffered"]


def test_after_a_terminal_referral_a_new_one_may_follow() -> None:
    referrals = offered()
    referrals.partner(partners.ReferralRejected, reason="no_capacity", declined_by="partner")
    referrals.request(SECOND)
    assert referrals.state(SECOND) == "requested"


def test_the_same_request_twice_is_one_referral() -> None:
    referrals = offered()
    referrals.request()
    assert len(referrals.said(facts.ReferralDrafted)) == 1


def test_an_agency_that_does_not_exist_gets_nothing() -> None:
    referrals = Referrals()
    referrals.client()
    referrals.request(agency="nobody")
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.NO_BASIS


@pytest.mark.parametrize("make", [offered, accepted, in_service])
def test_protection_withdraws_without_a_reason_and_asks_to_erase(make: type[Referrals]) -> None:
    referrals = make()
    before = len(referrals.told())
    referrals.protect()
    assert referrals.said(facts.ReferralWithdrawn)[0].reason is WithdrawReason.PROTECTED
    assert referrals.told()[before:] == ["ReferralWithdrawn", "EraseRequested"]
    (told,) = referrals.to_partner(partners.ReferralWithdrawn)
    assert set(told.model_dump()) == {"occurred_on", "referral_id"}


def test_a_withdrawal_for_protection_looks_like_any_other() -> None:
    protected, changed = offered(), offered()
    protected.protect()
    changed.withdraw()
    assert protected.to_partner(partners.ReferralWithdrawn) == changed.to_partner(partners.ReferralWithdrawn)
    assert protected.told() == changed.told()


def test_protection_that_begins_later_withdraws_on_its_day() -> None:
    referrals = offered()
    referrals.protect(since=START + 2 * DAY)
    referrals.day(START + DAY)
    assert referrals.state() == "requested"
    referrals.day(START + 2 * DAY)
    assert referrals.state() == "withdrawn"


def test_backdated_protection_withdraws() -> None:
    referrals = offered()
    referrals.day(START + DAY)
    referrals.protect(since=START - 30 * DAY)
    assert referrals.state() == "withdrawn"


def test_protection_that_ended_before_the_offer_withdraws_nothing() -> None:
    referrals = offered()
    referrals.protect(since=START - 30 * DAY, until=START - DAY)
    assert referrals.state() == "requested"


def test_clearing_a_protection_refers_nobody_and_allows_a_new_offer() -> None:
    referrals = offered()
    referrals.protect()
    referrals.day(START + DAY)
    cleared = uid(f"protection {START} None")
    referrals.hears(intake.ProtectionCleared, protection_id=cleared, author="m.weber")
    assert referrals.state() == "withdrawn"
    referrals.request(SECOND)
    assert referrals.state(SECOND) == "requested"


def test_protection_cleared_before_it_begins_withdraws_nothing() -> None:
    referrals = offered()
    begins = START + 5 * DAY
    referrals.protect(since=begins)
    referrals.hears(intake.ProtectionCleared, protection_id=uid(f"protection {begins} None"), author="m.weber")
    referrals.days(begins)
    assert referrals.state() == "requested"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (DepartureReason.LEFT_CITY, WithdrawReason.MOVED_AWAY),
        (DepartureReason.DEATH, WithdrawReason.AID_ENDED),
        (DepartureReason.VOID, WithdrawReason.ERROR),
    ],
)
def test_who_departs_is_withdrawn_on_that_day(reason: DepartureReason, told: WithdrawReason) -> None:
    referrals = offered()
    referrals.hears(intake.ClientDeparted, reason=reason, on=START + DAY)
    assert referrals.state() == "requested"
    referrals.day(START + DAY)
    assert referrals.said(facts.ReferralWithdrawn)[0].reason is told


def test_a_revoked_basis_withdraws() -> None:
    referrals = in_service()
    referrals.hears(intake.DisclosureBasisRevoked, basis_id=uid("basis"))
    assert referrals.said(facts.ReferralWithdrawn)[0].reason is WithdrawReason.BASIS_REVOKED


def test_a_revoked_basis_beside_a_valid_one_withdraws_nothing() -> None:
    referrals = offered()
    referrals.basis(name="other")
    referrals.hears(intake.DisclosureBasisRevoked, basis_id=uid("basis"))
    assert referrals.state() == "requested"


def test_a_basis_that_lapses_withdraws_on_the_day_after() -> None:
    referrals = Referrals()
    referrals.client(sequence_only=True)
    referrals.basis(valid_until=START + 2 * DAY)
    referrals.request()
    referrals.days(START + 2 * DAY)
    assert referrals.state() == "requested"
    referrals.day(START + 3 * DAY)
    assert referrals.state() == "withdrawn"


def test_when_all_aid_has_ended_the_referral_is_withdrawn() -> None:
    referrals = offered()
    for name in ("hlu", "hbl"):
        money = {"minor": 50000, "currency": "DEM"}
        referrals.hears(intake.BenefitStarted, benefit_id=uid(name), kind=name, monthly=money)
    referrals.hears(intake.BenefitEnded, benefit_id=uid("hlu"), reason="work")
    assert referrals.state() == "requested"
    referrals.hears(intake.BenefitEnded, benefit_id=uid("hbl"), reason="work", on=START + DAY)
    assert referrals.state() == "requested"
    referrals.day(START + DAY)
    assert referrals.said(facts.ReferralWithdrawn)[0].reason is WithdrawReason.AID_ENDED


def test_a_move_to_another_office_leaves_referral_and_clock_as_they_are() -> None:
    referrals = offered()
    before = referrals.referral()
    referrals.hears(intake.OfficeChanged, office="vahr", previous_office="findorff", district="vahr", reason="move")
    assert referrals.referral() == before


def test_a_case_manager_withdraws_a_draft_before_it_leaves() -> None:
    referrals = Referrals(behind=frozenset({PERSON.name}))
    referrals.client()
    referrals.request()
    referrals.withdraw()
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.WITHDRAWN
    assert referrals.told() == []


def test_withdrawing_what_has_ended_is_refused_with_an_event() -> None:
    referrals = offered()
    referrals.withdraw()
    referrals.withdraw()
    (refused,) = referrals.said(facts.MoveRefused)
    assert (refused.state, refused.move) == ("withdrawn", "withdraw")
    assert referrals.told() == ["ReferralOffered", "ReferralWithdrawn", "EraseRequested"]


def test_contact_is_released_only_after_acceptance() -> None:
    referrals = offered()
    assert "ContactReleased" not in referrals.told()
    referrals.partner(partners.ReferralAccepted)
    (contact,) = referrals.to_partner(partners.ContactReleased)
    assert (contact.given_name, contact.street) == ("Anna", "Am Wall")


def test_contact_waits_for_a_late_identity_and_is_released_once() -> None:
    referrals = Referrals()
    referrals.client(sequence_only=True)
    referrals.basis()
    referrals.request()
    referrals.partner(partners.ReferralAccepted)
    assert referrals.to_partner(partners.ContactReleased) == []
    referrals.identity()
    referrals.identity(street="Neustadtswall")
    assert [one.street for one in referrals.to_partner(partners.ContactReleased)] == ["Am Wall"]


@pytest.mark.parametrize("under", [(ANNA, BERTA), (BERTA, ANNA)])
@pytest.mark.parametrize("survivor", [ANNA, BERTA])
def test_merging_withdraws_the_later_twin_whichever_record_comes_first(under: tuple[str, str], survivor: str) -> None:
    referrals = offered(referral=SECOND)
    referrals.client(BERTA)
    referrals.day(START + DAY)
    referrals.request(FIRST, person=BERTA)
    referrals.merge(survivor=survivor, loser=BERTA if survivor == ANNA else ANNA, under=under)
    assert (referrals.state(SECOND), referrals.state(FIRST)) == ("requested", "withdrawn")
    (withdrawn,) = referrals.said(facts.ReferralWithdrawn)
    assert (withdrawn.person_id, withdrawn.reason) == (BERTA, WithdrawReason.DUPLICATE)


@pytest.mark.parametrize("first", [ANNA, BERTA])
def test_of_twins_of_one_day_the_one_with_the_higher_id_gives_way(first: str) -> None:
    other = BERTA if first == ANNA else ANNA
    referrals = offered(person=first, referral=SECOND)
    referrals.client(other)
    referrals.request(FIRST, person=other)
    referrals.merge()
    assert (referrals.state(FIRST), referrals.state(SECOND)) == ("requested", "withdrawn")


def test_a_merged_twin_is_seen_by_the_gate() -> None:
    referrals = offered()
    referrals.client(BERTA)
    referrals.merge()
    referrals.request(SECOND, person=BERTA)
    assert referrals.said(facts.ReferralRefused)[0].code is RefusalCode.OPEN_TWIN


@pytest.mark.parametrize("protected", [ANNA, BERTA])
def test_protection_of_one_record_protects_the_merged_person(protected: str) -> None:
    referrals = Referrals()
    referrals.client(ANNA)
    referrals.client(BERTA)
    referrals.merge()
    referrals.protect(protected)
    for number, person in enumerate((ANNA, BERTA)):
        referrals.request(uid(f"referral {number}"), person=person)
    assert {refused.code for refused in referrals.said(facts.ReferralRefused)} == {RefusalCode.PROTECTED}
    assert referrals.told() == []


def test_protection_dated_ahead_in_another_record_withdraws_on_its_day() -> None:
    referrals = offered(person=BERTA)
    referrals.client(ANNA)
    referrals.merge()
    referrals.protect(ANNA, since=START + 3 * DAY)
    referrals.days(START + 2 * DAY)
    assert referrals.state() == "requested"
    referrals.day(START + 3 * DAY)
    assert referrals.state() == "withdrawn"


def test_unmerging_reopens_nothing() -> None:
    referrals = offered(referral=SECOND)
    referrals.client(BERTA)
    referrals.request(FIRST, person=BERTA)
    referrals.merge()
    before = len(referrals.spoken)
    for key in (ANNA, BERTA):
        referrals.hears(intake.ClientsUnmerged, key, merge_id=uid("merge"), survivor_id=ANNA, loser_id=BERTA)
    assert len(referrals.spoken) == before
    assert referrals.states[BERTA].canonical == BERTA


def test_a_draft_waits_until_both_records_of_a_merge_are_here() -> None:
    """A merge is told under each key, and either record may come first: what the loser is must count by then."""
    referrals = Referrals(behind=frozenset({PERSON.name}))
    referrals.client(ANNA)
    referrals.client(BERTA)
    referrals.protect(BERTA)
    referrals.request(FIRST, person=ANNA)
    referrals.behind = frozenset()
    referrals.merge(survivor=ANNA, loser=BERTA, under=(ANNA,))
    referrals.request(SECOND, person=ANNA, agency=BAG)
    assert (referrals.state(FIRST), referrals.state(SECOND)) == ("draft", "draft")
    referrals.merge(survivor=ANNA, loser=BERTA, under=(BERTA,))
    assert (referrals.referral(FIRST).reason, referrals.referral(SECOND).reason) == ("protected", "protected")
    assert not referrals.said(partners.ReferralOffered)


@pytest.mark.parametrize("first", [ANNA, BERTA])
def test_the_later_twin_gives_way_as_soon_as_one_record_tells_of_the_merge(first: str) -> None:
    referrals = offered(person=ANNA, referral=FIRST)
    referrals.client(BERTA)
    referrals.request(SECOND, person=BERTA)
    referrals.merge(survivor=ANNA, loser=BERTA, under=(first,))
    assert (referrals.state(FIRST), referrals.state(SECOND)) == ("requested", "withdrawn")


def test_merging_leaves_referrals_to_different_agencies_open() -> None:
    referrals = offered(person=ANNA, referral=FIRST)
    referrals.client(BERTA)
    referrals.request(SECOND, person=BERTA, agency=BAG)
    referrals.merge()
    assert (referrals.state(FIRST), referrals.state(SECOND)) == ("requested", "requested")


def test_after_a_merge_was_undone_each_record_is_offered_again() -> None:
    referrals = Referrals()
    referrals.client(ANNA)
    referrals.client(BERTA)
    referrals.merge()
    for key in (BERTA, ANNA):
        referrals.hears(intake.ClientsUnmerged, key, merge_id=uid("merge"), survivor_id=ANNA, loser_id=BERTA)
    referrals.request(FIRST, person=ANNA)
    referrals.request(SECOND, person=BERTA)
    assert (referrals.state(FIRST), referrals.state(SECOND)) == ("requested", "requested")


def test_a_death_told_of_one_record_ends_the_merged_person() -> None:
    referrals = offered()
    referrals.client(BERTA)
    referrals.merge()
    referrals.hears(intake.ClientDeparted, BERTA, reason=DepartureReason.DEATH)
    assert (referrals.state(), referrals.referral().reason) == ("withdrawn", "aid_ended")
    referrals.request(SECOND)
    assert referrals.referral(SECOND).reason == RefusalCode.DEPARTED


def test_a_protection_that_is_told_when_it_is_over_withdraws_what_was_open_on_its_days() -> None:
    referrals = offered()
    referrals.days(START + 5 * DAY)
    referrals.protect(since=START + 2 * DAY, until=START + 3 * DAY)
    assert (referrals.state(), referrals.referral().reason) == ("withdrawn", "protected")


def test_a_record_voided_after_a_merge_does_not_end_the_person() -> None:
    referrals = offered()
    referrals.client(BERTA)
    referrals.merge()
    referrals.hears(intake.ClientDeparted, BERTA, reason=DepartureReason.VOID)
    assert referrals.state() == "requested"


def test_a_withdrawal_asked_for_under_the_survivors_key_reaches_the_losers_referral() -> None:
    referrals = offered(person=BERTA)
    referrals.client(ANNA)
    referrals.merge()
    referrals.withdraw(person=ANNA)
    assert referrals.said(facts.ReferralWithdrawn)[0].person_id == BERTA
