"""The faults are what they say: forged mail is what its name says, and a run's record counts what was injected."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import orjson
import pytest

from contracts import topics
from contracts.envelope import Envelope, Headers, MalformedEnvelope, midnight, read
from contracts.events.partners import ReferralReceived
from contracts.topics import Undecodable
from lotse.check.findings import Findings, Kind
from lotse.replay import Replayed, TableReplayed
from lotse.settings import SERVICES
from tests.chaos import run, verdict
from tests.chaos.disks import CannotMount, Disk
from tests.chaos.faults import POINTS, _reached, process_faults
from tests.chaos.page import PAGE, filled
from tests.chaos.post import (
    SHEAF,
    Forge,
    Written,
    absences,
    badly_headed,
    duplicated,
    harmful_post,
    harmless_post,
    misdated,
    oversized,
    poisoned,
    reordered,
)
from tests.chaos.record import Record
from tests.chaos.town import NotHealed, NotReached, Reached, Town
from tests.chaos.verdict import Verdict, differing

IN = topics.partner_in("arbeitsamt")
DAY = date(2001, 10, 9)


@dataclass(frozen=True)
class Sent:
    key: bytes
    value: bytes
    headers: Headers


def _sent(number: int) -> Sent:
    message = ReferralReceived(referral_id=f"00000000-0000-4000-8000-{number:012d}", occurred_on=DAY)
    envelope = Envelope(f"m-{number}", "agency/arbeitsamt", message.type_name(), message.subject, midnight(DAY))
    return Sent(message.subject.encode(), message.model_dump_json().encode(), envelope.headers())


SENT = [_sent(number) for number in range(50)]


def _made(forge: Forge) -> list[Written]:
    return forge(random.Random(7), SENT)  # type: ignore[arg-type]  # records as far as a forge looks at them


def _readable(written: Written) -> bool:
    key, value, headers = written
    try:
        envelope = read(headers)
        return (key or b"").decode() == envelope.subject == IN.decode(envelope.type, value).subject
    except (MalformedEnvelope, Undecodable, UnicodeDecodeError):
        return False


def test_duplicates_are_what_was_sent_byte_for_byte() -> None:
    sent = {(one.key, one.value, tuple(one.headers)) for one in SENT}
    assert len(_made(duplicated)) == SHEAF
    assert {(key, value, tuple(headers)) for key, value, headers in _made(duplicated)} <= sent


@pytest.mark.parametrize("forge", [poisoned, oversized, badly_headed])
def test_what_nobody_can_read_concerns_nobody_whom_we_know(forge: Forge) -> None:
    made = _made(forge)
    assert made
    assert not {key for key, _, _ in made} & {one.key for one in SENT}
    assert not any(_readable(one) for one in made)


@pytest.mark.parametrize("forge", [reordered, misdated])
def test_what_people_must_look_at_is_readable_and_has_an_id_of_its_own(forge: Forge) -> None:
    made = _made(forge)
    assert made
    assert all(_readable(one) for one in made)
    assert not {read(headers).id for _, _, headers in made} & {f"m-{number}" for number in range(50)}


def test_a_wrong_clock_is_wrong_by_weeks() -> None:
    days = {date.fromisoformat(orjson.loads(value or b"")["occurred_on"]) for _, value, _ in _made(misdated)}
    assert all(abs((day - DAY).days) >= 30 for day in days)


@pytest.mark.parametrize("together", [False, True])
def test_every_service_is_killed_and_no_fault_is_there_twice(*, together: bool) -> None:
    faults = [*process_faults(1, {}, together=together), *harmless_post(1), *harmful_post(1)]
    places = [(fault.kind, fault.target) for fault in faults]
    assert len(set(places)) == len(places)
    killed = {service for places in POINTS.values() for service, _ in places}
    assert killed == {"intake", "casework", "referrals", "reporting"}


def test_a_record_counts_faults_and_says_what_was_found_after_which() -> None:
    fault = next(iter(process_faults(1, {})))
    record = Record(seed=1, scale=0.01)
    record.note(fault, 3, Verdict(recovery=2.0))
    record.note(fault, 3, Verdict(recovery=4.0, violations=["outbox_not_empty at intake: 1 message"]))
    said = record.as_dict()
    assert said["faults"] == {fault.kind: 6}
    assert said["violations"] == 1
    assert said["recovery_seconds"] == {fault.kind: {"median": 3.0, "worst": 4.0}}
    assert said["violations_found"][0]["after"] == f"{fault.kind} {fault.target}"


def test_figures_that_differ_are_named_and_what_was_only_answered_is_none() -> None:
    peace: dict[str, object] = {"recipients": 10, "placements": 3, "events": 100}
    found: Sequence[str] = differing(peace, {"recipients": 10, "placements": 4, "events": 120})
    assert found == ["figure placements: 4, undisturbed 3"]


def _replayed(service: str, digest: str, *, differs: str | None = None) -> Replayed:
    table = TableReplayed("state", 3, 3, digest, differs)
    return Replayed(service, differs is None, False, 10, (table,))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([("a", None), ("a", None)], []),
        ([("a", None), ("b", None)], ["two replays of {0} differ"]),
        ([("a", "anna"), ("a", "anna")], ["replay of {0}: state differs at anna"] * 2),
    ],
)
async def test_what_two_replays_say_otherwise_is_a_violation(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[str, str | None]], told: list[str]
) -> None:
    left = {service: iter(answers) for service in SERVICES}

    def replay_service(_: object, __: object, service: str) -> Replayed:
        digest, differs = next(left[service])
        return _replayed(service, digest, differs=differs)

    monkeypatch.setattr(verdict, "replay_service", replay_service)
    town = cast("Town", SimpleNamespace(settings=None, installation=None))
    assert await verdict.replayed(town) == [one.format(service) for service in SERVICES for one in told]


def test_violations_and_what_could_not_be_compared_are_told_alike() -> None:
    findings = Findings()
    findings.add(Kind.OUTBOX, "intake", "1 message")
    findings.not_compared("offsets", "the broker is away")
    findings.notes += ["2 clients are parked in casework", "30 days are kept"]
    assert verdict.told(findings) == [
        "outbox_not_empty at intake: 1 message",
        "not compared: offsets: the broker is away",
        "parked: 2 clients are parked in casework",
    ]


def test_some_that_were_not_reached_take_no_count_and_hide_no_error() -> None:
    reached, not_reached = Reached("casework", "sent", 1), NotReached("referrals did not pass")
    assert _reached([reached, not_reached]) == 1
    with pytest.raises(NotReached):
        _reached([not_reached, not_reached])
    with pytest.raises(NotHealed):
        _reached([reached, not_reached, NotHealed("casework")])


def test_without_root_both_full_disks_are_named_as_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(_: Path) -> dict[str, Disk]:
        raise CannotMount("needs root")

    monkeypatch.setattr(run, "disks", refused)
    record = Record(seed=1, scale=0.01)
    assert run._disks(tmp_path, record) == {}
    assert record.not_run == {"full_disk_kafka": "needs root", "full_disk_postgres": "needs root"}


def test_the_page_shows_what_the_run_recorded() -> None:
    fault = next(iter(process_faults(1, {})))
    record = Record(seed=1, scale=0.01, events=12_345)
    record.note(fault, 3, Verdict(recovery=2.0))
    page = PAGE.read_text()
    shown = filled(page, record.as_dict())
    assert f"| {fault.kind} | 3 | 2.0 | 2.0 |" in shown
    assert "12,345 records" in shown
    assert filled(shown, record.as_dict()) == shown


def test_the_page_explains_every_fault() -> None:
    faults = [*process_faults(1, {}), *harmless_post(1), *harmful_post(1), *absences(["arbeitsamt"])]
    told = PAGE.read_text()
    kinds = {fault.kind.removeprefix("partner_messages") for fault in faults}
    assert [kind for kind in sorted(kinds) if f"{kind}`" not in told] == []


def test_the_machines_own_disk_is_never_filled(tmp_path: Path) -> None:
    disk = Disk.__new__(Disk)
    disk._folder, disk._size, disk._ballast = tmp_path, 1 << 20, tmp_path / "ballast"
    with pytest.raises(CannotMount):
        disk.fill()
    assert not (tmp_path / "ballast").exists()
