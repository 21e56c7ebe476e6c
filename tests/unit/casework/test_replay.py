"""A state is a product of folds: in whatever order the topics are read again, it is the same."""

from collections import defaultdict, deque
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import referrals
from contracts.events.intake import IdentityRecorded
from contracts.words import PlacementKind, RejectionCode
from services.casework.domain.client import Client
from services.runtime.decision import Message
from tests.unit.casework.given import ANNA, BAG, BERTA, DAY, EMPLOYER, SERVICE, Casework, referred, uid


def eventful() -> Casework:
    """A client of whom every topic tells something."""
    casework, referral = referred()
    identity: dict[str, Any] = {
        "given_name": "Anna",
        "family_name": "Mustermann",
        "birth_date": "1970-01-01",
        "street": "Am Wall",
        "house_number": "1",
        "postcode": "28195",
    }
    casework.hears(IdentityRecorded, ANNA, **identity)
    casework.able_client(BERTA)
    casework.referral(referrals.ReferralAccepted, referral, message_id="m1")
    job: dict[str, Any] = {
        "placement_id": uid("job"),
        "message_id": "m2",
        "kind": PlacementKind.REGULAR_JOB,
        "hours_per_week": 38,
    }
    casework.referral(referrals.PlacementReported, referral, employer_id=EMPLOYER, **job)
    casework.referral(referrals.PlacementConfirmed, referral, placement_id=uid("job"), confirmed_by="start")
    rejection: dict[str, Any] = {
        "message_type": "lotse.partners.in.ReferralAccepted.v1",
        "code": RejectionCode.WITHDRAWN,
    }
    casework.referral(referrals.PartnerMessageRejected, referral, message_id="m3", state="accepted", **rejection)
    casework.refer(BAG, service="job_scheme")
    casework.referral(referrals.PlacementConfirmed, referral, placement_id=uid("job"), confirmed_by="start")
    casework.protects(since=casework.today + 3 * DAY, until=casework.today + 9 * DAY)
    casework.moves()
    casework.merges()
    casework.next_day(casework.today + 20 * DAY)
    casework.unmerges()
    casework.hears(IdentityRecorded, ANNA, **identity | {"street": "Domshof"})
    return casework


EVENTFUL = eventful()


def fold(messages: list[Message]) -> dict[str, Client]:
    states: dict[str, Client] = {}
    for message in messages:
        before = states.get(message.subject) or Client(person_id=message.subject)
        states[message.subject] = SERVICE.evolve(before, message)
    return states


@given(st.integers(0, 2**32))
def test_topics_read_in_any_interleaving_give_identical_states(seed: int) -> None:
    casework, chance = EVENTFUL, Random(seed)
    topics: dict[str, deque[Message]] = defaultdict(deque)
    for message in casework.heard:
        topics[message.topic.name].append(message)
    mixed = []
    while topics:
        name = chance.choice(sorted(topics))
        mixed.append(topics[name].popleft())
        if not topics[name]:
            del topics[name]
    assert fold(mixed) == casework.states


def test_an_older_version_of_an_identity_that_comes_late_is_ignored() -> None:
    versions = [one for one in EVENTFUL.heard if isinstance(one.event, IdentityRecorded)]
    states = fold([*versions, versions[0]])
    identity = states[ANNA].identity
    assert identity is not None
    assert identity.street == "Domshof"
