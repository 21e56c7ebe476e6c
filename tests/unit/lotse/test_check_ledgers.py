"""What the checker finds between the databases and the topics."""

from contracts.topics import PERSON
from lotse.check.findings import Findings, Kind
from lotse.check.ledgers import (
    ConsumerLedger,
    SourceLedger,
    Stand,
    compare_day,
    compare_offsets,
    compare_outbox,
)
from lotse.check.quiet import Moment
from lotse.check.sequences import Sequences
from tests.unit.lotse.log import DAY_1, OTHER, OUT, day
from tests.unit.lotse.log import PERSON as SOMEBODY


def topic_with(findings: Findings, **subjects: int) -> Sequences:
    """Two subjects' records, without a gap."""
    seen = Sequences(PERSON, findings, {0: 0})
    offset = 0
    for subject, last in ((SOMEBODY, subjects["somebody"]), (OTHER, subjects["other"])):
        for sequence in range(1, last + 1):
            seen.see(subject, sequence, f"{subject}/{sequence}", partition=0, offset=offset)
            offset += 1
    seen.close()
    return seen


def source(*rows: tuple[str, int]) -> Findings:
    findings = Findings()
    ledger = SourceLedger(topic_with(findings, somebody=3, other=2), findings)
    for row in rows:
        ledger.row(*row)
    ledger.close()
    return findings


def consumer(*rows: tuple[str, int], queued: dict[str, set[int]] | None = None) -> Findings:
    findings = Findings()
    ledger = ConsumerLedger("casework", topic_with(findings, somebody=3, other=2), findings, queued or {})
    for row in rows:
        ledger.row(*row)
    ledger.close()
    return findings


def test_equal_ledgers_agree() -> None:
    assert source((SOMEBODY, 3), (OTHER, 2), ("locked-only", 0)).violations == 0
    assert consumer((SOMEBODY, 3), (OTHER, 2)).violations == 0


def test_a_source_that_sent_more_less_or_nothing_is_found() -> None:
    assert source((SOMEBODY, 4), (OTHER, 2)).counts == {Kind.SOURCE: 1}
    assert source((SOMEBODY, 2), (OTHER, 2)).counts == {Kind.SOURCE: 1}
    assert source((SOMEBODY, 3)).counts == {Kind.SOURCE: 1}
    assert source((SOMEBODY, 3), (OTHER, 2), ("never seen", 1)).counts == {Kind.SOURCE: 1}


def test_what_retention_took_whole_is_not_asked_for() -> None:
    findings = Findings()
    ledger = SourceLedger(Sequences(OUT, findings, {0: 10}), findings)
    ledger.row(SOMEBODY, 3)
    ledger.close()
    assert findings.violations == 0


def test_a_consumer_that_heard_less_more_or_nothing_is_found() -> None:
    assert consumer((SOMEBODY, 2), (OTHER, 2)).counts == {Kind.CONSUMER: 1}
    assert consumer((SOMEBODY, 4), (OTHER, 2)).counts == {Kind.CONSUMER: 1}
    assert consumer((OTHER, 2)).counts == {Kind.CONSUMER: 1}


def test_a_parked_client_may_be_behind_by_what_is_in_the_queue() -> None:
    assert consumer((SOMEBODY, 1), (OTHER, 2), queued={SOMEBODY: {2, 3}}).violations == 0
    assert consumer((OTHER, 2), queued={SOMEBODY: {1, 2, 3}}).violations == 0


def test_a_parked_client_whose_queue_lacks_a_record_is_found() -> None:
    assert consumer((SOMEBODY, 1), (OTHER, 2), queued={SOMEBODY: {3}}).counts == {Kind.CONSUMER: 1}
    assert consumer((SOMEBODY, 3), (OTHER, 1), queued={SOMEBODY: {3}}).counts == {Kind.CONSUMER: 1}


def test_a_stored_offset_behind_or_beyond_the_end_is_found() -> None:
    findings = Findings()
    stand = Stand("casework", offsets={("t", 0): 5, ("t", 1): 3, ("t", 2): 9})
    assert compare_offsets(stand, {("t", 0): 5, ("t", 1): 4, ("t", 2): 8, ("t", 3): 0, ("t", 4): 1}, findings) == 5
    assert findings.counts == {Kind.OFFSET: 3}


def test_an_outbox_that_is_not_empty_is_found() -> None:
    findings = Findings()
    compare_outbox(Stand("casework"), findings)
    assert findings.violations == 0
    compare_outbox(Stand("casework", outbox=2), findings)
    assert findings.counts == {Kind.OUTBOX: 1}


def test_another_business_day_than_the_calendars_is_found() -> None:
    findings = Findings()
    compare_day(Stand("casework", today=DAY_1), DAY_1, findings)
    assert findings.violations == 0
    compare_day(Stand("casework", today=DAY_1), day(2), findings)
    assert findings.counts == {Kind.DAY: 1}


def test_a_moment_is_settled_when_nobody_has_anything_to_send_or_to_read() -> None:
    offsets = {(PERSON.name, 0): 7}
    assert Moment(offsets, {"casework": Stand("casework", offsets=offsets)}).settled([])
    assert not Moment(offsets, {"casework": Stand("casework", offsets=offsets, outbox=1)}).settled([])
    assert not Moment(offsets, {"casework": Stand("casework")}).settled([])
    assert Moment(offsets, {"intake": Stand("intake")}).settled([]), "intake does not consume its own topic"
