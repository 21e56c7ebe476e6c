"""How a check, a replay and a trace tell what they found."""

import json

import pytest
import typer
from typer.testing import CliRunner

from contracts.topics import PERSON, REFERRAL
from lotse.asking import Operator
from lotse.check import command
from lotse.check.findings import Findings, Kind
from lotse.cli import command_line
from lotse.replay import Replayed, TableReplayed
from lotse.steps import Step, in_order, step_of
from tests.unit.lotse.log import IN as FROM_AGENCY
from tests.unit.lotse.log import PERSON as SOMEBODY
from tests.unit.lotse.log import REFERRAL as REFERRED
from tests.unit.lotse.log import TWIN, WrittenLog, drafted, protected, received


def test_exit_codes_tell_clean_from_violations_from_not_compared() -> None:
    findings = Findings()
    findings.row("outboxes", "4 services: empty", Kind.OUTBOX)
    assert findings.exit_code == 0
    findings.not_compared("figures", "reporting does not answer")
    assert findings.exit_code == 3
    findings.add(Kind.OUTBOX, "casework", "2 messages are not published")
    assert findings.exit_code == 1


def test_a_replay_that_differs_is_a_violation_for_each_table() -> None:
    findings = Findings()
    tables = (TableReplayed("state", 5, 5, "a", None), TableReplayed("fact", 5, 4, "b", "key-5"))
    command.note_replay(Replayed("casework", False, False, 12, tables), findings)
    assert findings.counts == {Kind.REPLAY: 1}
    assert findings.kept[0].place == "casework: fact"
    assert not Replayed("casework", False, False, 12, tables).well


def test_for_programs_all_is_told_with_stable_names() -> None:
    findings = Findings()
    findings.add(Kind.GAP, "t/0@1", "missing")
    findings.row("t", "1 records", Kind.GAP)
    told = json.loads(json.dumps(command.as_dict(findings, 0.5)))
    assert told["clean"] is False
    assert told["by_kind"] == {"sequence_gap": 1}
    assert told["listed"] == [{"kind": "sequence_gap", "place": "t/0@1", "words": "missing"}]
    assert told["compared"] == [{"name": "t", "compared": "1 records", "violations": 1, "reason": None}]


def test_a_step_shows_coded_facts_and_hides_protection_and_ability() -> None:
    log = WrittenLog()
    step = step_of(PERSON, log.put(PERSON, protected()), REFERRED)
    assert step is not None
    assert step.facts == {"valid_from": "2001-03-01"}
    assert not step.about


def test_a_record_of_another_referral_is_no_step() -> None:
    log = WrittenLog()
    assert step_of(REFERRAL, log.put(REFERRAL, drafted(TWIN)), REFERRED) is None
    own = step_of(REFERRAL, log.put(REFERRAL, drafted()), REFERRED)
    assert own is not None
    assert own.about
    assert (own.partition, own.offset, own.sequence) == (0, 1, 2)
    assert "profile" not in own.facts


def test_an_unreadable_record_is_a_step_with_its_code_alone() -> None:
    log = WrittenLog()
    written = log.append(FROM_AGENCY, REFERRED.encode(), received().model_dump_json().encode(), [])
    step = step_of(FROM_AGENCY, written, REFERRED)
    assert step is not None
    assert (step.type, step.facts) == ("(unreadable)", {"code": "malformed"})


def test_headers_of_an_operator_are_ascii_on_one_line() -> None:
    headers = Operator("jürgen", "repaired\nthe importer").headers
    assert headers["X-Purpose"] == "repaired the importer"
    assert headers["X-Actor"].isascii()


@pytest.mark.parametrize("name", ["check", "replay", "trace", "dlq"])
def test_every_command_documents_its_exit_codes(name: str) -> None:
    wanted = [name, "list", "--help"] if name == "dlq" else [name, "--help"]
    result = CliRunner().invoke(command_line(wanted), wanted, env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "Exit codes: 0" in " ".join(result.output.split())


@pytest.mark.parametrize(
    "arguments",
    [["replay", "payroll"], ["dlq", "redrive"], ["dlq", "redrive", SOMEBODY, "--all"], ["dlq", "discard", SOMEBODY]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    app: typer.Typer = command_line(arguments)
    assert CliRunner().invoke(app, arguments).exit_code == 2


def a_step(name: str, *, on: str, at: int, cause: str | None = None, message: str | None = None) -> Step:
    facts = {} if message is None else {"message_id": message}
    return Step(True, on, None, at, "topic", name, 0, int(name), 1, name, cause, facts)


def test_steps_stand_in_business_time_and_never_before_their_cause() -> None:
    offered = a_step("1", on="2001-03-01", at=10)
    result = a_step("2", on="2001-03-20", at=30)
    reported = a_step("3", on="2001-03-10", at=40, cause="2")
    answer = a_step("4", on="2001-03-19", at=41, message="2")
    backdated = a_step("5", on="2001-03-05", at=50)
    in_circle = a_step("6", on="2001-03-30", at=60, cause="6")
    found = in_order([in_circle, backdated, answer, reported, result, offered])
    assert [step.type for step in found] == ["1", "5", "2", "3", "4", "6"]
