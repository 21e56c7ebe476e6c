"""What goes wrong on its way, and how the contracts judge it."""

import uuid
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts import envelope
from contracts.envelope import Envelope, MalformedEnvelope, midnight
from contracts.events import partners
from contracts.events.partners import ReferralOffered
from contracts.profile import Profile
from contracts.topics import Undecodable, partner_in
from contracts.words import Mobility, PlacementKind, Qualification, ServiceKind
from simulation.agency import hearsay
from simulation.agency.conduct import script
from simulation.agency.habits import Habits
from simulation.agency.line import Line
from simulation.agency.slips import SLIPS, among
from simulation.agency.spoiling import Spoiling, spoil
from simulation.facts import read_scene

ASKED = date(2001, 10, 15)
CITY = read_scene(Path("deploy/bremen")).city
HABITS = Habits("arbeitsamt", 1, CITY.deadlines, neighbour="bremer-arbeit")
OTHERS = Habits("bremer-arbeit", 1, CITY.deadlines)
TOPIC = partner_in("arbeitsamt")


def _profile(number: int) -> Profile:
    return Profile(
        qualification=Qualification.VOCATIONAL,
        languages=("de",),
        hours_per_week=38,
        mobility=Mobility.CITY,
        work_permit=True,
        earliest_start=ASKED - timedelta(days=number),
    )


def _offer(number: int, space: int = 0) -> ReferralOffered:
    return ReferralOffered(
        referral_id=str(uuid.UUID(int=space * 100_000 + number)),
        occurred_on=ASKED,
        service=ServiceKind.JOB_PLACEMENT,
        profile=_profile(number),
        answer_by=ASKED + timedelta(days=14),
    )


SCRIPTS = [script(HABITS, _offer(number)) for number in range(3000)]
SAID = [tuple(among(HABITS, lines)) for lines in SCRIPTS]


def _slips() -> list[Line]:
    known = {line for lines in SCRIPTS for line in lines}
    return [line for lines in SAID for line in lines if line not in known]


def test_every_slip_of_the_table_befalls_somebody() -> None:
    found = Counter(line.name.rpartition(", ")[2] for line in _slips())
    assert found.keys() >= {slip.name for slip in SLIPS if slip.name != "newer field"}
    assert any(line.spoilt is Spoiling.NEWER_FIELD for line in _slips())


def test_what_was_said_wrong_is_said_right_on_the_same_day() -> None:
    for clean, said in zip(SCRIPTS, SAID, strict=True):
        right = {(line.on, line.name) for line in said if line.spoilt in {None, Spoiling.NEWER_FIELD}}
        assert {(line.on, line.name) for line in clean} <= right


def test_slips_are_few() -> None:
    assert len(_slips()) < 0.08 * sum(map(len, SCRIPTS))


def test_into_the_neighbours_box_goes_only_what_has_a_neighbour() -> None:
    boxes = {line.box for line in _slips()}
    assert boxes == {None, "bremer-arbeit"}
    assert not [line for lines in SCRIPTS for line in among(OTHERS, lines) if line.box]


def _spoilt(how: Spoiling) -> tuple[str, bytes]:
    event = partners.ReferralReceived(referral_id=str(uuid.UUID(int=1)), occurred_on=ASKED)
    headers = Envelope(
        id="m", source="agency/a", type=event.type_name(), subject=event.subject, time=midnight(ASKED)
    ).headers()
    headers, value = spoil(how, headers, event.model_dump_json().encode())
    return envelope.read(headers).type, value


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (Spoiling.CUT_OFF, "malformed"),
        (Spoiling.BROKEN_TEXT, "malformed"),
        (Spoiling.NEWER_TYPE, "unknown_type"),
        (Spoiling.TOO_LARGE, "too_large"),
    ],
)
def test_what_is_spoilt_cannot_be_decoded_for_the_reason_meant(how: Spoiling, code: str) -> None:
    with pytest.raises(Undecodable) as refused:
        TOPIC.decode(*_spoilt(how))
    assert refused.value.code == code


def test_a_record_without_an_envelope_has_none() -> None:
    with pytest.raises(MalformedEnvelope):
        _spoilt(Spoiling.NO_ENVELOPE)


def test_a_field_that_the_contracts_do_not_know_is_tolerated() -> None:
    assert isinstance(TOPIC.decode(*_spoilt(Spoiling.NEWER_FIELD)), partners.ReferralReceived)


def test_both_agencies_tell_of_one_job_that_a_client_found() -> None:
    both = 0
    for number in range(1500):
        mine, theirs = (_own(habits, _offer(number, space)) for space, habits in ((1, HABITS), (2, OTHERS)))
        if mine and theirs and mine.start_date == theirs.start_date:
            both += 1
            assert mine.employer_id == theirs.employer_id
            assert mine.referral_id != theirs.referral_id
    assert both > 10


def _own(habits: Habits, offer: ReferralOffered) -> partners.PlacementResultReported | None:
    """A job that begins on the first of a month, told before."""
    for line in script(habits, offer):
        if line.name == "result" and isinstance(line.message, partners.PlacementResultReported):
            job = hearsay.found(habits.seed, offer.profile, offer.occurred_on)
            if job and (job.start_date, job.employer_id) == (line.message.start_date, line.message.employer_id):
                assert line.message.kind is PlacementKind.REGULAR_JOB
                assert line.on < job.start_date
                return line.message
    return None
