"""Whatever an agency writes, on the real broker: answered once with a code, put aside where it is no message, and
nobody waits for it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import date

import pytest
import pytest_asyncio

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.topics import PERSON, partner_in
from tests.component.partner_mutations import Mutant, good, mutants, record
from tests.component.referrals_world import AGENCIES, ARBEITSAMT, BAG, Place, ReferralsWorld, referrals_on
from tests.component.runtime.world import CALLER, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
TYPES = partner_in(ARBEITSAMT).events
AGAIN = {"CapacityAnnounced-more", "ResyncRequested-more"}
"""The newest number of places counts, and a question is answered, however often it comes."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def referrals(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[ReferralsWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with referrals_on(date(2001, 8, 31), broker, database) as world:
        yield world


async def send(world: ReferralsWorld, written: list[Mutant]) -> dict[Place, Mutant]:
    """In the order in which they are written."""
    waiting = [await world.put(partner_in(one.agency), one.key, one.value, one.headers) for one in written]
    sent = await asyncio.gather(*waiting)
    return {
        Place(partner_in(one.agency).name, at.partition, at.offset): one for one, at in zip(written, sent, strict=True)
    }


async def answered(world: ReferralsWorld) -> dict[Place, list[partners.Answer]]:
    return {place: given for agency in AGENCIES for place, given in (await world.answers(agency)).items()}


async def test_every_type_with_every_mistake_is_answered_once_and_blocks_nobody(referrals: ReferralsWorld) -> None:
    today = referrals.on.isoformat()
    people: dict[str, str] = {}
    written: list[Mutant] = []
    for model in TYPES:
        person_id, referral_id = await referrals.offered()
        people[model.__name__] = person_id
        said = {"referral_id": referral_id, "result_id": f"{model.__name__}-result", "agency": ARBEITSAMT}
        written += mutants(model, ARBEITSAMT, BAG, occurred_on=today, review_on=today, **said)
        told = good(partners.PlacementResultReported, ARBEITSAMT, occurred_on=today, start_date=today, **said)
        written.append(record(partners.PlacementResultReported, ARBEITSAMT, told, said["result_id"]))
    places = await send(referrals, written)
    finals = await all_answered(referrals, places)
    for place, one in places.items():
        final = finals[place][0]
        code = final.code if isinstance(final, partners.MessageRejected) else None
        assert one.code is None or code is one.code, (one.name, final)
    assert_repeats(places, finals)
    await assert_put_aside(referrals, {place for place, one in places.items() if not one.readable})
    await assert_told(referrals, people)
    await assert_nobody_waits(referrals)


async def all_answered(world: ReferralsWorld, places: dict[Place, Mutant]) -> dict[Place, list[partners.Answer]]:
    """One final answer each; a message held for a result may have had another before."""
    finals: dict[Place, list[partners.Answer]] = {}

    async def come() -> bool:
        given = await answered(world)
        finals.update(
            {place: [one for one in said if not isinstance(one, partners.MessageHeld)] for place, said in given.items()}
        )
        return all(finals.get(place) for place in places)

    await until(come, within=60, what="an answer to every record")
    await world.settle()
    await come()
    assert Counter(len(finals[place]) for place in places) == {1: len(places)}
    return finals


def assert_repeats(places: dict[Place, Mutant], finals: dict[Place, list[partners.Answer]]) -> None:
    """What comes twice is a duplicate, or is refused with the same code again."""
    pairs: dict[str, list[partners.Answer]] = {}
    for place, one in places.items():
        pairs.setdefault(one.name, []).extend(finals[place])
    repeated = [pair for pair in pairs.values() if len(pair) > 1]
    assert len(repeated) == len(TYPES)
    for first, second in repeated:
        known = isinstance(first, partners.MessageApplied) and first.message_id not in AGAIN
        assert isinstance(second, partners.MessageDuplicate if known else type(first)), (first, second)
        assert getattr(second, "code", None) == getattr(first, "code", None)


async def assert_put_aside(world: ReferralsWorld, unreadable: set[Place]) -> None:
    """What is no message lies among the dead letters, once; what is one does not."""
    letters: Counter[Place] = Counter()
    for agency in AGENCIES:
        for _, _, headers in await world.records(partner_in(agency).dead_letters("referrals")):
            fate = dict(headers)
            letters[Place(fate["dl_topic"].decode(), int(fate["dl_partition"]), int(fate["dl_offset"]))] += 1
    assert letters == dict.fromkeys(unreadable, 1)


async def assert_told(world: ReferralsWorld, people: dict[str, str]) -> None:
    """Each client's case manager hears of the mistakes under the client's own key."""
    for name, person_id in people.items():
        told = [one for one in await world.facts_of(person_id) if isinstance(one, facts.PartnerMessageRejected)]
        keyed = issubclass(getattr(partners, name), partners.FromPartner)
        assert any(not one.readable for one in told) == keyed, name


async def assert_nobody_waits(world: ReferralsWorld) -> None:
    """Afterwards each agency is heard as if nothing had been."""
    later = {}
    for agency in AGENCIES:
        _, referral_id = await world.offered(agency=agency)
        said = partners.ReferralReceived(referral_id=referral_id, occurred_on=world.on)
        later[await world.say(said, agency)] = partners.MessageApplied
    await world.settle()
    given = await answered(world)
    assert {place: [type(one) for one in given[place]] for place in later} == {p: [kind] for p, kind in later.items()}
    assert (await world.get("/parked"))[1] == []
    assert await world.is_ready(world.replicas[-1])


async def test_while_a_client_is_parked_an_acceptance_waits_and_no_contact_leaves(referrals: ReferralsWorld) -> None:
    """What could not be read of intake may have been a protection: the gate answers as if it was (R7)."""
    person_id, referral_id = await referrals.offered()
    before = referrals.sent[f"intake.person.v1/{person_id}"]
    await park(referrals, person_id, before + 1)
    place = await referrals.say(partners.ReferralAccepted(referral_id=referral_id, occurred_on=referrals.on))
    await referrals.settle()
    assert await referrals.told(ARBEITSAMT, referral_id) == ["ReferralOffered"]
    assert place not in await answered(referrals)
    for order in ("discard", "redrive"):
        said = {"reason": "it was nothing"}
        answer = await referrals.http.post(f"{referrals.url}/parked/{person_id}/{order}", json=said, headers=CALLER)
        assert answer.status_code == 200, answer.text
    await referrals.settle()
    assert await referrals.told(ARBEITSAMT, referral_id) == ["ReferralOffered", "ContactReleased", "MessageApplied"]


async def park(world: ReferralsWorld, person_id: str, sequence: int) -> None:
    """A record of intake's that is no message."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"broken"),
        ("ce_source", b"/test"),
        ("ce_type", b"lotse.intake.ProtectionSet.v1"),
        ("ce_subject", person_id.encode()),
        ("ce_time", b"2001-08-31T00:00:00+02:00"),
        ("ce_sequence", b"%d" % sequence),
    ]
    await world.put_raw(PERSON, person_id.encode(), json.dumps({"person_id": person_id}).encode(), headers)
    await world.settle()
