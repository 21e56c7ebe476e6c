"""What the checker finds against domain.md: moves, one open referral, and the protection gate."""

from pathlib import Path

import pytest

from contracts.events import referrals as facts
from contracts.topics import PERSON, REFERRAL
from lotse.check.audit import Audit
from lotse.check.findings import Kind
from tests.unit.lotse.log import (
    AGENCY,
    DAY_1,
    OTHER,
    OUT,
    TWIN,
    WrittenLog,
    accepted,
    cleared,
    day,
    drafted,
    found,
    merged,
    offered,
    protected,
    registered,
    requested,
)
from tests.unit.lotse.log import PERSON as SOMEBODY
from tests.unit.lotse.log import REFERRAL as REFERRED


def referred(
    log: WrittenLog, referral: str = REFERRED, person: str = SOMEBODY, *, sequence: int = 0, on: int = 5
) -> None:
    log.put(REFERRAL, drafted(referral, person, sequence=sequence))
    log.put(REFERRAL, requested(referral, person, on=day(on)))
    log.put(OUT, offered(referral, on=day(on)))


def gated(log: WrittenLog) -> Audit:
    audit = log.audited()
    audit.referrals.close_gate(audit.people)
    return audit


def ended(log: WrittenLog, *, today: int = 20, parked: frozenset[str] = frozenset()) -> Audit:
    audit = log.audited()
    audit.referrals.close_open(audit.people, today=day(today), parked=parked)
    return audit


def test_an_illegal_move_is_found() -> None:
    log = WrittenLog()
    log.put(REFERRAL, drafted())
    log.put(REFERRAL, accepted())
    assert found(log.audited()) == {Kind.MOVE: 1}


def test_a_terminal_referral_that_moves_again_is_found() -> None:
    log = WrittenLog()
    referred(log)
    log.put(REFERRAL, facts.ReferralExpired(occurred_on=DAY_1, person_id=SOMEBODY, referral_id=REFERRED, agency=AGENCY))
    log.put(REFERRAL, accepted())
    assert found(log.audited())[Kind.MOVE] == 1


def test_any_state_may_be_voided() -> None:
    log = WrittenLog()
    referred(log)
    log.put(REFERRAL, facts.ReferralExpired(occurred_on=DAY_1, person_id=SOMEBODY, referral_id=REFERRED, agency=AGENCY))
    log.put(REFERRAL, facts.ReferralVoided(occurred_on=DAY_1, person_id=SOMEBODY, referral_id=REFERRED, agency=AGENCY))
    assert found(log.audited()) == {}


def test_a_second_open_referral_to_an_agency_is_found() -> None:
    log = WrittenLog()
    referred(log)
    referred(log, TWIN)
    assert found(log.audited()) == {Kind.TWINS: 1}


def test_open_twins_of_merged_persons_are_found_at_the_end() -> None:
    log = WrittenLog()
    referred(log)
    referred(log, TWIN, OTHER)
    assert found(ended(log)) == {}
    log.put(PERSON, merged())
    assert found(ended(log)) == {Kind.TWINS: 1}
    assert found(ended(log, parked=frozenset({OTHER}))) == {}


def test_an_offer_that_was_never_requested_is_found() -> None:
    log = WrittenLog()
    log.put(OUT, offered())
    assert found(gated(log)) == {Kind.MOVE: 1}


def test_an_offer_after_a_protection_is_found() -> None:
    log = WrittenLog()
    log.put(PERSON, protected(on=day(4), since=day(4)))
    referred(log, on=5)
    assert found(gated(log)) == {Kind.PROTECTED: 1}


@pytest.mark.parametrize(("sequence", "violations"), [(2, 1), (1, 0)])
def test_on_the_same_day_the_records_that_the_referral_rests_on_decide(sequence: int, violations: int) -> None:
    log = WrittenLog()
    log.put(PERSON, registered())
    log.put(PERSON, protected(on=day(5), since=day(5)))
    referred(log, sequence=sequence, on=5)
    assert found(gated(log)).get(Kind.PROTECTED, 0) == violations


def test_a_protection_backdated_after_the_offer_could_not_be_known() -> None:
    log = WrittenLog()
    log.put(PERSON, protected(on=day(1), since=day(1)), recorded=day(6))
    referred(log, on=5)
    assert found(gated(log)) == {}


def test_a_protection_over_cleared_or_yet_to_come_forbids_nothing() -> None:
    over, ahead, lifted = WrittenLog(), WrittenLog(), WrittenLog()
    over.put(PERSON, protected(since=day(1), until=day(4)))
    ahead.put(PERSON, protected(since=day(6)))
    lifted.put(PERSON, protected(since=day(1)))
    lifted.put(PERSON, cleared(on=day(4)))
    for log in (over, ahead, lifted):
        referred(log, on=5)
        assert found(gated(log)) == {}


def test_a_clearing_told_only_after_the_offer_excuses_nothing() -> None:
    log = WrittenLog()
    log.put(PERSON, protected(since=day(1)))
    log.put(PERSON, cleared(on=day(4)), recorded=day(6))
    referred(log, on=5)
    assert found(gated(log)) == {Kind.PROTECTED: 1}


def test_the_protection_of_a_merged_record_forbids_the_offer_too() -> None:
    log = WrittenLog()
    log.put(PERSON, protected(OTHER, on=day(2), since=day(2)))
    log.put(PERSON, merged(on=day(3)))
    referred(log, on=5)
    assert found(gated(log)) == {Kind.PROTECTED: 1}


def test_an_open_referral_of_a_protected_client_is_found_unless_parked() -> None:
    log = WrittenLog()
    referred(log)
    log.put(PERSON, protected(on=day(7), since=day(7)))
    assert found(ended(log, today=7)) == {Kind.STILL_OPEN: 1}
    assert found(ended(log, today=6)) == {}
    assert found(ended(log, today=7, parked=frozenset({SOMEBODY}))) == {}


def test_every_kind_of_violation_is_planted_by_a_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_check_*.py"))
    assert [kind for kind in Kind if f"Kind.{kind.name}" not in tests] == []
