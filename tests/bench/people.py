"""The messages that the comparisons run on, put into topics of their own before any clock runs."""

import asyncio
import uuid
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from contracts.envelope import Envelope, Headers, midnight
from contracts.event import Event
from contracts.events import intake
from contracts.topics import Layout, Topic
from contracts.words import (
    Ability,
    BenefitKind,
    Currency,
    Department,
    Mobility,
    Money,
    OfficeChangeReason,
    Qualification,
    Sex,
)
from services.runtime.outgoing import partition_of

FIRST_DAY: Final = date(2001, 3, 1)
LAYOUT: Final = Layout()
PARTITIONS: Final = LAYOUT.person
_BATCH_BYTES: Final = 900_000
_IDS: Final = uuid.UUID(int=1)

Wire = tuple[bytes, bytes, Headers]
"""Key, value and headers of a record."""


def movers(people: int, moves: int) -> Iterator[Event]:
    """Everybody registers, then everybody moves, again and again: no two records of a batch are one client's."""
    for number in range(people):
        yield _registered(number)
    for turn in range(moves):
        for number in range(people):
            yield _moved(number, turn)


def recipients(people: int, months: int) -> Iterator[Event]:
    """People with all that reporting and casework hear of them, then monthly payments: most of a city's messages."""
    for number in range(people):
        yield from _entry(number)
    for month in range(months):
        for number in range(people):
            yield _paid(number, month)


def _entry(number: int) -> Iterator[Event]:
    one: dict[str, Any] = {"person_id": _id("person", number), "occurred_on": FIRST_DAY}
    yield _registered(number)
    yield intake.HouseholdChanged(**one, household_id=_id("household", number), head=True)
    yield intake.DepartmentsAssigned(**one, departments=(Department.ECONOMIC_ASSISTANCE, Department.YOUNG_PEOPLE))
    yield intake.BenefitStarted(
        **one,
        benefit_id=_id("benefit", number),
        kind=BenefitKind.HLU,
        monthly=Money(minor=50_000 + number, currency=Currency.DEM),
    )
    yield intake.AbilityAssessed(
        **one,
        ability=Ability.ABLE,
        qualification=Qualification.VOCATIONAL,
        languages=("de", "tr"),
        hours_per_week=38,
        mobility=Mobility.CITY,
        work_permit=True,
        earliest_start=FIRST_DAY,
        author="m.weber",
    )
    yield _moved(number, 0)


def _registered(number: int) -> intake.ClientRegistered:
    return intake.ClientRegistered(
        occurred_on=FIRST_DAY,
        person_id=_id("person", number),
        office="vahr",
        district="vahr",
        sex=Sex.FEMALE,
        birth_month="1970-02",
    )


def _moved(number: int, turn: int) -> intake.OfficeChanged:
    there, here = ("findorff", "vahr") if turn % 2 == 0 else ("vahr", "findorff")
    return intake.OfficeChanged(
        occurred_on=FIRST_DAY,
        person_id=_id("person", number),
        office=there,
        previous_office=here,
        district=there,
        reason=OfficeChangeReason.MOVE,
    )


def _paid(number: int, month: int) -> intake.BenefitPaid:
    return intake.BenefitPaid(
        occurred_on=date(2001, 3 + month, 1),
        person_id=_id("person", number),
        payment_id=_id(f"payment {month}", number),
        household_id=_id("household", number),
        kind=BenefitKind.HLU,
        month=f"2001-{3 + month:02}",
        amount=Money(minor=50_000 + number, currency=Currency.DEM),
    )


def _id(what: str, number: int) -> str:
    return str(uuid.uuid5(_IDS, f"{what} {number}"))


async def filled(kafka: str, prefix: str, topic: Topic, events: Iterable[Event]) -> int:
    """Makes the topic and fills it as a relay would, with every header that a record of ours has; how many records."""
    make_topics(kafka, prefix, (topic,))
    batches: dict[int, list[Wire]] = {}
    numbers: dict[str, int] = {}
    for event in events:
        numbers[event.subject] = number = numbers.get(event.subject, 0) + 1
        key = event.subject.encode()
        record = key, event.model_dump_json().encode(), _headers(topic, event, number)
        batches.setdefault(partition_of(key, PARTITIONS), []).append(record)
    async with AIOKafkaProducer(bootstrap_servers=kafka, max_batch_size=_BATCH_BYTES, max_request_size=3 << 20) as to:
        await asyncio.gather(*(_send(to, prefix + topic.name, place, wires) for place, wires in batches.items()))
    return sum(numbers.values())


def _headers(topic: Topic, event: Event, number: int) -> Headers:
    cause = str(uuid.uuid5(_IDS, f"{event.subject}/{number}/cause"))
    envelope = Envelope(
        id=str(uuid.uuid5(_IDS, f"{topic.name}/{event.subject}/{number}")),
        source=f"/lotse/{topic.producer}",
        type=event.type_name(),
        subject=event.subject,
        time=midnight(event.occurred_on),
        recorded=event.occurred_on.isoformat(),
        sequence=number,
        correlation=cause,
        causation=cause,
    )
    return envelope.headers()


async def _send(producer: AIOKafkaProducer, name: str, partition: int, records: Iterable[Wire]) -> None:
    batch = producer.create_batch()
    for key, value, headers in records:
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            await (await producer.send_batch(batch, name, partition=partition))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)
    await (await producer.send_batch(batch, name, partition=partition))


def make_topics(kafka: str, prefix: str, wanted: Iterable[Topic]) -> None:
    new = [
        NewTopic(prefix + one.name, num_partitions=one.partitions(LAYOUT), replication_factor=1, config=one.config)
        for one in wanted
    ]
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    for future in admin.create_topics(new).values():
        future.result(timeout=30)


def drop_topics(kafka: str, names: list[str]) -> None:
    """Gives their space back; the broker deletes the files when it likes."""
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    for future in admin.delete_topics(names).values():
        future.result(timeout=30)
