"""What the checker finds in the topics themselves: every kind of violation is planted once, and found."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.event import PersonEvent
from contracts.topics import CASE, DAY, PERSON, REFERRAL
from lotse.check.findings import KEPT, Findings, Kind
from tests.unit.lotse.log import (
    AGENCY,
    DAY_1,
    IN,
    OTHER,
    OUT,
    TWIN,
    WrittenLog,
    applied,
    benefit,
    case_opened,
    day,
    day_started,
    drafted,
    found,
    held,
    offered,
    paid,
    received,
    registered,
    requested,
    taken_back,
    uuid,
)
from tests.unit.lotse.log import PERSON as SOMEBODY
from tests.unit.lotse.log import REFERRAL as REFERRED


def test_a_sound_log_has_no_violation() -> None:
    log = WrittenLog()
    log.put(DAY, day_started(DAY_1), sequence=DAY_1.toordinal())
    log.put(DAY, day_started(day(2)), sequence=day(2).toordinal())
    log.put(PERSON, registered())
    log.put(PERSON, benefit(10))
    log.put(CASE, case_opened())
    log.put(REFERRAL, drafted())
    log.put(REFERRAL, requested())
    log.put(OUT, offered())
    log.put(IN, received(), event_id="m-0")
    log.put(OUT, applied(0, message_id="m-0"))
    audit = log.audited()
    audit.referrals.close_gate(audit.people)
    audit.referrals.close_open(audit.people, today=day(2), parked=frozenset())
    audit.answers[AGENCY].close(today=day(2), queued=set())
    assert found(audit) == {}
    assert audit.last_day == day(2)
    assert audit.folded == 5


def test_a_missing_sequence_is_a_gap_with_its_place() -> None:
    log = WrittenLog()
    log.put(PERSON, registered())
    log.put(PERSON, benefit(10), sequence=4)
    audit = log.audited()
    assert found(audit) == {Kind.GAP: 2}
    assert audit.findings.kept[0].place == "intake.person.v1/0@1"


def test_a_first_record_that_is_not_number_one_is_a_gap() -> None:
    log = WrittenLog()
    log.put(PERSON, registered(), sequence=2)
    assert found(log.audited()) == {Kind.GAP: 1}


def test_a_skipped_day_is_a_gap_although_days_begin_anywhere() -> None:
    log = WrittenLog()
    for number in (1, 3):
        log.put(DAY, day_started(day(number)), sequence=day(number).toordinal())
    assert found(log.audited()) == {Kind.GAP: 1}


def test_a_first_occurrence_after_a_later_one_is_out_of_order_and_no_gap() -> None:
    log = WrittenLog()
    log.put(PERSON, registered(), sequence=1)
    log.put(PERSON, benefit(10), sequence=3)
    log.put(PERSON, benefit(11), sequence=2)
    assert found(log.audited()) == {Kind.DISORDER: 1}


def test_a_repeat_of_the_relay_is_legal_and_counted_once() -> None:
    log = WrittenLog()
    log.repeat(PERSON, log.put(PERSON, registered()))
    audit = log.audited()
    assert found(audit) == {}
    assert audit.sequences[PERSON.name].repeats == 1
    assert audit.folded == 1


def test_another_event_under_a_used_sequence_is_found() -> None:
    log = WrittenLog()
    log.put(PERSON, registered())
    log.put(PERSON, benefit(10), sequence=1)
    assert found(log.audited()) == {Kind.REUSED: 1}


def test_the_same_event_under_two_sequences_is_found() -> None:
    log = WrittenLog()
    log.put(PERSON, benefit(10), event_id="twice")
    log.put(PERSON, benefit(10), event_id="twice")
    assert found(log.audited()) == {Kind.TWICE: 1}


def test_a_subject_in_two_partitions_is_found() -> None:
    log = WrittenLog()
    log.put(PERSON, registered(), partition=0)
    log.put(PERSON, benefit(10), partition=1)
    assert found(log.audited()) == {Kind.MOVED: 1}


def test_a_log_kept_for_ever_that_begins_late_was_cut_and_says_no_more() -> None:
    log = WrittenLog()
    log.put(PERSON, registered(), sequence=7)
    assert found(log.audited(begins={0: 6}))[Kind.LOG_CUT] == 5
    assert Kind.GAP not in found(log.audited(begins={0: 6}))


def test_records_that_are_no_messages_of_their_topic_are_found() -> None:
    log = WrittenLog()
    log.put(PERSON, registered(), value=b"{}")
    log.put(PERSON, registered(OTHER), value=registered().model_dump_json().encode())
    log.append(PERSON, b"somebody", b"{}", [])
    log.append(PERSON, None, None, log.put(PERSON, registered(uuid(50))).headers)
    assert found(log.audited()) == {Kind.UNREADABLE: 4}


def test_a_partners_record_without_a_final_answer_is_found() -> None:
    log = WrittenLog()
    log.put(IN, received(), event_id="m-0")
    audit = log.audited()
    audit.answers[AGENCY].close(today=DAY_1, queued=set())
    assert found(audit) == {Kind.UNANSWERED: 1}


def test_a_partners_record_that_is_parked_may_wait() -> None:
    log = WrittenLog()
    log.put(IN, received(), event_id="m-0")
    audit = log.audited()
    assert "1 parked" in audit.answers[AGENCY].close(today=DAY_1, queued={(0, 0)})
    assert found(audit) == {}


def test_a_second_distinct_final_answer_is_found_and_a_repeated_one_is_not() -> None:
    log = WrittenLog()
    log.put(IN, received(), event_id="m-0")
    log.repeat(OUT, log.put(OUT, applied(0, message_id="m-0")))
    assert found(log.audited()) == {}
    log.put(OUT, applied(0, message_id="m-0"))
    assert found(log.audited()) == {Kind.ANSWERED_TWICE: 1}


def test_a_held_message_needs_its_final_answer_in_time() -> None:
    log = WrittenLog()
    log.put(IN, received(), event_id="m-0")
    log.put(OUT, held(0, message_id="m-0", until=day(10)))
    in_time, late = log.audited(), log.audited()
    in_time.answers[AGENCY].close(today=day(10), queued=set())
    late.answers[AGENCY].close(today=day(11), queued=set())
    assert found(in_time) == {}
    assert found(late) == {Kind.HELD: 1}


def test_answers_to_nothing_or_with_another_key_or_id_are_found() -> None:
    log = WrittenLog()
    log.put(IN, received(), event_id="m-0")
    log.put(OUT, applied(5, message_id="m-0"))
    log.put(OUT, applied(0, message_id="m-1"))
    log.put(OUT, applied(0, message_id="m-0", key=TWIN))
    assert found(log.audited()) == {Kind.ANSWER: 3, Kind.ANSWERED_TWICE: 1}


def test_an_unreadable_partner_record_is_answered_under_what_can_be_read_of_it() -> None:
    log = WrittenLog()
    log.append(IN, b"\xff\xfe", b"nonsense", [])
    answer = applied(0, message_id="x", key="").model_copy(update={"message_id": None})
    log.put(OUT, answer)
    audit = log.audited()
    audit.answers[AGENCY].close(today=DAY_1, queued=set())
    assert found(audit) == {}


def test_an_answer_to_a_record_that_retention_has_taken_is_counted_and_not_judged() -> None:
    log = WrittenLog()
    for _ in range(3):
        log.put(IN, received())
    log.records[IN.name] = log.records[IN.name][2:]
    log.put(OUT, applied(0, message_id="m-0"))
    log.put(OUT, held(1, message_id="m-1", until=DAY_1))
    audit = log.audited(begins={0: 2})
    words = audit.answers[AGENCY].close(today=day(2), queued=set(), since=audit.answered_since(AGENCY))
    assert "1 records, 0 final answers" in words
    assert "2 answers to records beyond retention" in words
    assert found(audit)[Kind.UNANSWERED] == 1
    assert Kind.ANSWER not in found(audit)


def test_an_answer_taken_by_retention_is_not_asked_for() -> None:
    log = WrittenLog()
    log.put(IN, received(), event_id="m-0")
    answers = log.audited().answers[AGENCY]
    assert "1 beyond" in answers.close(today=DAY_1, queued=set(), since=5_000)


def test_a_tombstone_is_counted_and_no_violation_with_or_without_a_number() -> None:
    log = WrittenLog()
    first = log.put(PERSON, registered())
    log.append(PERSON, first.key, None, [])
    log.append(PERSON, first.key, None, first.headers)
    second = log.put(PERSON, benefit(10))
    log.records[PERSON.name][-1] = replace(second, value=None)
    log.put(PERSON, benefit(11))
    audit = log.audited()
    assert found(audit) == {}
    assert audit.folded == 2
    compared = next(row.compared for row in audit.findings.rows if row.name == PERSON.name)
    assert ", 3 tombstones" in compared


def test_a_tombstone_hides_no_gap() -> None:
    log = WrittenLog()
    first = log.put(PERSON, registered())
    log.append(PERSON, first.key, None, [])
    log.put(PERSON, benefit(10), sequence=3)
    assert found(log.audited()) == {Kind.GAP: 1}


def test_a_second_open_case_is_found() -> None:
    log = WrittenLog()
    log.put(CASE, case_opened())
    log.put(CASE, case_opened(uuid(60)))
    assert found(log.audited()) == {Kind.CASES: 1}


def test_a_month_paid_twice_is_found() -> None:
    log = WrittenLog()
    log.put(PERSON, paid())
    log.put(PERSON, paid("2001-04"))
    log.put(PERSON, paid())
    assert found(log.audited()) == {Kind.PAID_TWICE: 1}


def test_a_month_may_be_paid_again_once_its_payment_was_taken_back() -> None:
    log = WrittenLog()
    for event in (paid(), taken_back(), paid(minor=40_000)):
        log.put(PERSON, event)
    audit = log.audited()
    assert found(audit) == {}
    assert audit.books.month("2001-03", date(2001, 4, 30))["expenditure"] == {"DEM": {"hlu": 40_000}}


@pytest.mark.parametrize("told", [(taken_back(),), (paid(), taken_back(), taken_back())])
def test_what_was_not_paid_is_not_taken_back(told: tuple[PersonEvent, ...]) -> None:
    log = WrittenLog()
    for event in told:
        log.put(PERSON, event)
    assert found(log.audited()) == {Kind.PAID_TWICE: 1}


def test_of_many_violations_the_first_are_kept_and_all_are_counted() -> None:
    findings = Findings()
    for _ in range(KEPT + 5):
        findings.add(Kind.GAP, "here", "missing")
    findings.row("first", "all", Kind.GAP)
    findings.add(Kind.GAP, "there", "missing")
    findings.row("second", "all", Kind.GAP)
    assert len(findings.kept) == KEPT
    assert [row.violations for row in findings.rows] == [KEPT + 5, 1]
    assert findings.exit_code == 1


def test_a_place_never_shows_what_a_partner_wrote_into_a_key() -> None:
    log = WrittenLog()
    log.put(OUT, applied(0, message_id="m-0", key="Erika Mustermann"), sequence=2)
    told = [one.words for one in log.audited().findings.kept]
    assert told
    assert not any("Mustermann" in words for words in told)
    assert SOMEBODY != REFERRED
