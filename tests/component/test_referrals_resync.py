"""An agency that has lost what it knew is told of all its referrals, by the real broker and database."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from contracts.events import partners
from contracts.topics import partner_out
from contracts.words import DeclinedBy, RejectionCode, RejectReason, Standing
from services.referrals.store import _PORTION
from tests.component.referrals_world import ARBEITSAMT, BAG, Place, ReferralsWorld, referrals_on
from tests.component.runtime.world import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def referrals(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[ReferralsWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with referrals_on(date(2001, 8, 31), broker, database) as world:
        yield world


async def resync(world: ReferralsWorld, agency: str, message_id: str, *, on: str = "") -> Place:
    asked = partners.AgencyResyncRequested(occurred_on=world.on, agency=agency)
    return await world.say(asked, on or agency, message_id=message_id)


async def answered(world: ReferralsWorld, place: Place, agency: str = ARBEITSAMT) -> list[partners.Answer]:
    async def is_answered() -> bool:
        return place in await world.answers(agency)

    await until(is_answered, what=f"an answer to {place}")
    await world.settle()
    return (await world.answers(agency))[place]


Told = dict[str, Any]


async def told(world: ReferralsWorld, agency: str = ARBEITSAMT) -> Told:
    """What has left for an agency, by event id; of one key in order."""
    return {envelope.id: event for envelope, event in await world.published(partner_out(agency))}


async def told_since(world: ReferralsWorld, before: Told, agency: str = ARBEITSAMT) -> list[Any]:
    return [event for name, event in (await told(world, agency)).items() if name not in before]


async def test_an_agency_hears_of_all_that_is_open_and_of_what_it_has_yet_to_erase_once(
    referrals: ReferralsWorld,
) -> None:
    said: dict[str, Any] = {"occurred_on": referrals.on}
    people = await asyncio.gather(*(referrals.client() for _ in range(_PORTION + 5)))
    many = await asyncio.gather(*(referrals.request(person) for person in people))
    protected, lost = await referrals.offered()
    _, rejected = await referrals.offered()
    _, foreign = await referrals.offered(agency=BAG)
    accepted, undecided = many[0], many[1]
    await referrals.say(partners.ReferralAccepted(referral_id=accepted, **said), message_id="taken")
    await referrals.say(partners.ServiceResumed(referral_id=accepted, **said), message_id="too-early")
    await referrals.say(
        partners.ReferralRejected(
            referral_id=rejected, **said, reason=RejectReason.WAITLIST, declined_by=DeclinedBy.PARTNER
        )
    )
    await referrals.say(partners.EraseConfirmed(referral_id=rejected, **said))
    await referrals.protect(protected)
    await referrals.settle()
    before, before_bag = await told(referrals), await told(referrals, BAG)
    first = await resync(referrals, ARBEITSAMT, "all-1")
    again = await resync(referrals, ARBEITSAMT, "all-1")
    assert [type(one) for one in await answered(referrals, first)] == [partners.MessageApplied]
    assert [type(one) for one in await answered(referrals, again)] == [partners.MessageDuplicate]
    heard = await told_since(referrals, before)
    stands = {one.referral_id: one for one in heard if isinstance(one, partners.ReferralStands)}
    assert stands.keys() == set(many)
    offers = Counter(one.referral_id for one in heard if isinstance(one, partners.ReferralOffered))
    assert offers == Counter(many)
    assert [one.referral_id for one in heard if isinstance(one, partners.ContactReleased)] == [accepted]
    assert (stands[accepted].state, stands[undecided].state) == (Standing.ACCEPTED, Standing.REQUESTED)
    assert stands[accepted].answers == (
        partners.LastAnswer(message_id="taken"),
        partners.LastAnswer(message_id="too-early", code=RejectionCode.ILLEGAL_TRANSITION),
    )
    others = [one for one in heard if getattr(one, "referral_id", None) not in {*many, None}]
    assert [(type(one).__name__, one.referral_id) for one in others] == [
        ("ReferralWithdrawn", lost),
        ("EraseRequested", lost),
    ]
    assert await told_since(referrals, before_bag, BAG) == []
    assert foreign not in stands


async def test_another_agencys_referrals_are_told_to_nobody_else(referrals: ReferralsWorld) -> None:
    before = await told(referrals, BAG)
    (answer,) = await answered(referrals, await resync(referrals, ARBEITSAMT, "spy", on=BAG), BAG)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.UNKNOWN_REFERRAL
    assert await told_since(referrals, before, BAG) == [answer]


async def test_while_messages_are_under_way_and_the_service_dies_all_is_told_once(referrals: ReferralsWorld) -> None:
    people = await asyncio.gather(*(referrals.client() for _ in range(30)))
    mine = await asyncio.gather(*(referrals.request(person, agency=BAG) for person in people))
    await referrals.settle()
    before = await told(referrals, BAG)
    place = await resync(referrals, BAG, uuid.uuid4().hex)
    accepted = [partners.ReferralAccepted(referral_id=one, occurred_on=referrals.on) for one in mine]
    await asyncio.gather(*(referrals.say(one, BAG) for one in accepted))
    replica = referrals.replicas[-1]
    replica.process.kill()
    await replica.ended()
    await referrals.start()
    assert [type(one) for one in await answered(referrals, place, BAG)] == [partners.MessageApplied]
    heard = await told_since(referrals, before, BAG)
    stands = Counter(one.referral_id for one in heard if isinstance(one, partners.ReferralStands))
    assert {one: stands[one] for one in mine} == dict.fromkeys(mine, 1)
    for one in mine:
        names = [type(event).__name__ for event in heard if event.subject == one]
        state = next(e.state for e in heard if isinstance(e, partners.ReferralStands) and e.referral_id == one)
        late = names.index("ReferralStands") > names.index("MessageApplied")
        assert state is (Standing.ACCEPTED if late else Standing.REQUESTED)
        assert names.count("ContactReleased") == (2 if late else 1)
