"""An agency that publishes in transactions: what it takes back was never said, and its markers hold up nothing."""

import uuid
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest_asyncio
from aiokafka import AIOKafkaProducer

from contracts.envelope import Envelope, midnight
from contracts.events import partners
from contracts.topics import Layout, partner_in
from services.runtime.outgoing import partition_of
from tests.component.referrals_world import ARBEITSAMT, ReferralsWorld, referrals_on
from tests.component.runtime.world import until
from tests.conftest import NewDatabase


@pytest_asyncio.fixture
async def referrals(broker: str, new_database: NewDatabase) -> AsyncIterator[ReferralsWorld]:
    async with referrals_on(date(2001, 8, 31), broker, await new_database()) as world:
        yield world


@pytest_asyncio.fixture
async def producer(referrals: ReferralsWorld) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=referrals.kafka, transactional_id=f"{referrals.prefix}agency")
    await made.start()
    yield made
    await made.stop()


async def publish(world: ReferralsWorld, producer: AIOKafkaProducer, event: partners.PartnerMessage) -> None:
    topic = partner_in(ARBEITSAMT)
    envelope = Envelope(
        id=uuid.uuid4().hex,
        source="/agency",
        type=event.type_name(),
        subject=event.subject,
        time=midnight(event.occurred_on),
    )
    key = event.subject.encode()
    await producer.send_and_wait(
        world.prefix + topic.name,
        event.model_dump_json().encode(),
        key=key,
        partition=partition_of(key, topic.partitions(Layout())),
        headers=envelope.headers(),
    )


async def heard(world: ReferralsWorld, referral_id: str) -> list[str]:
    return [
        type(one).__name__ for given in (await world.answers()).values() for one in given if one.subject == referral_id
    ]


async def test_a_day_begins_behind_the_marker_of_a_transaction(
    referrals: ReferralsWorld, producer: AIOKafkaProducer
) -> None:
    _, referral_id = await referrals.offered()
    async with producer.transaction():
        await publish(referrals, producer, partners.ReferralReceived(referral_id=referral_id, occurred_on=referrals.on))
    await referrals.next_day()
    async with producer.transaction():
        await publish(referrals, producer, partners.ReferralAccepted(referral_id=referral_id, occurred_on=referrals.on))
    await referrals.next_day()
    assert await heard(referrals, referral_id) == ["MessageApplied", "MessageApplied"]


async def test_what_a_transaction_takes_back_was_never_said(
    referrals: ReferralsWorld, producer: AIOKafkaProducer
) -> None:
    _, referral_id = await referrals.offered()
    await producer.begin_transaction()
    await publish(referrals, producer, partners.ReferralReceived(referral_id=referral_id, occurred_on=referrals.on))
    await producer.abort_transaction()
    await referrals.next_day()
    assert await heard(referrals, referral_id) == []
    assert await referrals._is(referral_id, "requested")


async def test_a_transaction_that_hangs_holds_up_its_own_partition_alone(
    referrals: ReferralsWorld, producer: AIOKafkaProducer
) -> None:
    _, referral_id = await referrals.offered()
    await producer.begin_transaction()
    await publish(referrals, producer, partners.ReferralReceived(referral_id=referral_id, occurred_on=referrals.on))
    referrals.on += timedelta(days=1)
    await referrals.day(referrals.on)
    await until(referrals._is_today, within=20, what="the next day")
    await producer.commit_transaction()
    await referrals.next_day()
    assert await heard(referrals, referral_id) == ["MessageApplied"]
