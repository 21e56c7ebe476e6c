"""`examples/agency` as a program of its own, against referrals on the run's real broker: one client's whole way."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer

from contracts.events import partners
from contracts.topics import DAY, partner_in, partner_out
from tests.component.referrals_world import ARBEITSAMT, ReferralsWorld, referrals_on
from tests.component.runtime.world import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROGRAM = Path(__file__).parents[2] / "examples" / "agency" / "agency.py"
FIRST = date(2001, 8, 31)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def referrals(broker: str, new_module_database: Callable[[], str]) -> AsyncIterator[ReferralsWorld]:
    database = await asyncio.to_thread(new_module_database)
    async with referrals_on(FIRST, broker, database) as world:
        yield world


@asynccontextmanager
async def agency(world: ReferralsWorld) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program in an empty folder: nothing of ours can be imported from there."""
    own = {
        "AGENCY": ARBEITSAMT,
        "KAFKA": world.kafka,
        "TOPICS": f"{world.prefix}partners.{ARBEITSAMT}",
        "CALENDAR": f"{world.prefix}{DAY.name}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(PROGRAM), env=os.environ | own, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 15) == 0


async def _state(world: ReferralsWorld, referral_id: str) -> str | None:
    found: str | None = await world.db.fetchval("select state from referral where referral_id = $1", referral_id)
    return found


async def _is(world: ReferralsWorld, referral_id: str, state: str) -> bool:
    return await _state(world, referral_id) == state


async def test_it_accepts_places_and_is_applied_message_by_message(referrals: ReferralsWorld) -> None:
    _, referral_id = await referrals.offered()
    async with agency(referrals):
        await until(lambda: _is(referrals, referral_id, "completed"), what="the result")
    await referrals.settle()
    said = [type(event).__name__ for _, event in await referrals.published(partner_in(ARBEITSAMT))]
    assert said == ["ReferralReceived", "ReferralAccepted", "ServiceStarted", "PlacementResultReported"]
    answered = [one for answers in (await referrals.answers()).values() for one in answers]
    assert [type(one) for one in answered] == [partners.MessageApplied] * 4


async def test_killed_before_it_committed_it_says_the_same_again_and_nothing_changes(referrals: ReferralsWorld) -> None:
    _, referral_id = await referrals.offered()
    async with agency(referrals):
        await until(lambda: _is(referrals, referral_id, "completed"), what="the result")
    await _forget(referrals)
    said = len(await referrals.published(partner_in(ARBEITSAMT)))
    async with agency(referrals):
        await until(lambda: _said(referrals, 2 * said), what="everything to be said again")
    await referrals.settle()
    answered = Counter(type(one) for answers in (await referrals.answers()).values() for one in answers)
    assert answered == {partners.MessageApplied: said, partners.MessageDuplicate: said}
    assert await _state(referrals, referral_id) == "completed"


async def test_what_the_city_rejects_is_told_with_what_to_do(referrals: ReferralsWorld) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    await referrals.say(partners.ReferralAccepted(referral_id=nobody, occurred_on=referrals.on))
    async with agency(referrals) as process:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), 30)
    assert line.decode().strip() == f"{nobody} rejected: unknown_referral - see contracts/README.md"


async def _said(world: ReferralsWorld, count: int) -> bool:
    return len(await world.published(partner_in(ARBEITSAMT))) >= count


async def _forget(world: ReferralsWorld) -> None:
    """What its group committed, as if it had died before."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=world.kafka, group_id=f"agency.{ARBEITSAMT}", enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = list(await world.ends(partner_out(ARBEITSAMT)))
        consumer.assign(places)
        await consumer.commit(dict.fromkeys(places, 0))
    finally:
        await consumer.stop()
