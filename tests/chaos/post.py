"""What agencies may do to the city: write twice, in the wrong order, by a wrong clock, or what nobody can read."""

import asyncio
import random
import signal
import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer, ConsumerRecord

from contracts import topics
from contracts.envelope import MalformedEnvelope, read
from contracts.topics import MAX_PARTNER_BODY, Topic, Undecodable
from contracts.words import is_uuid
from lotse.check.comparing import city_of
from lotse.check.reading import Log
from lotse.daylog import DayLog
from tests.chaos.faults import Fault, Inject, Injected
from tests.chaos.town import FULL_LOAD_SECONDS, NotReached, Town
from tests.chaos.verdict import still

SHEAF: Final = 20
"""Records sent at once by each agency."""
WEEK: Final = 7
REQUIRED: Final = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
Written = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
"""Key, value, headers."""
Forge = Callable[[random.Random, Sequence[ConsumerRecord]], list[Written]]
"""Makes an agency's records from those that it has sent."""


def _sent_by(forge: Forge, seed: int) -> Inject:
    """While the city is at work, every agency sends what `forge` makes of its earlier messages."""

    async def inject(town: Town) -> Injected:
        chance = random.Random(seed)
        agencies = town.scene.city.agency_ids
        made = {agency: forge(chance, await _messages(town, topics.partner_in(agency))) for agency in agencies}
        if not any(made.values()):
            raise NotReached("no agency has sent anything yet")
        with town.load():
            producer = AIOKafkaProducer(bootstrap_servers=town.settings.kafka_address, max_request_size=1 << 20)
            await producer.start()
            try:
                for agency, records in made.items():
                    for key, value, headers in records:
                        await producer.send_and_wait(topics.partner_in(agency).name, value, key=key, headers=headers)
            finally:
                await producer.stop()
        return Injected()

    return inject


async def _messages(town: Town, topic: Topic) -> list[ConsumerRecord]:
    """An agency's readable messages about referrals, in the order of their partitions."""
    checked = city_of(town.settings)
    async with Log(checked.settings.kafka_address, checked.layout) as log:
        found = [one async for batch in log.records(topic, await log.ends([topic])) for one in batch]
    return [record for record in found if _readable(topic, record)]


def _readable(topic: Topic, record: ConsumerRecord) -> bool:
    try:
        topic.decode(read(record.headers).type, record.value)
        return is_uuid((record.key or b"").decode())
    except (MalformedEnvelope, Undecodable, UnicodeDecodeError):
        return False


def duplicated(chance: random.Random, sent: Sequence[ConsumerRecord]) -> list[Written]:
    """Byte for byte what was sent before."""
    return [(one.key, one.value, list(one.headers)) for one in chance.choices(sent, k=SHEAF)] if sent else []


def reordered(chance: random.Random, sent: Sequence[ConsumerRecord]) -> list[Written]:
    """Whole stories of referrals told backwards, under ids that nobody has seen."""
    if not sent:
        return []
    keys = {chance.choice(sent).key for _ in range(SHEAF // 4)}
    return [(one.key, one.value, _anew(chance, one)) for one in reversed(sent) if one.key in keys]


def misdated(chance: random.Random, sent: Sequence[ConsumerRecord]) -> list[Written]:
    """By a clock that is weeks ahead, or years behind."""
    found: list[Written] = []
    for one in chance.choices(sent, k=SHEAF) if sent else ():
        body = orjson.loads(one.value or b"")
        days = chance.choice((30, 60, 400, -4000))
        body["occurred_on"] = (date.fromisoformat(body["occurred_on"]) + timedelta(days=days)).isoformat()
        found.append((one.key, orjson.dumps(body), _anew(chance, one)))
    return found


def poisoned(chance: random.Random, sent: Sequence[ConsumerRecord]) -> list[Written]:
    """Bodies that are cut off, of another type, with broken text, empty or no JSON, about nobody that we know."""
    bodies: tuple[bytes | None, ...] = (b"", None, b"{", b"[]", b"null", b'{"referral_id": 7}', b"\xff\xfe", b"\0" * 64)
    return [
        (_nobody(chance), chance.choice(bodies), _anew(chance, one, _nobody(chance)))
        for one in (chance.choices(sent, k=SHEAF) if sent else ())
    ]


def oversized(chance: random.Random, sent: Sequence[ConsumerRecord]) -> list[Written]:
    """Over 256 KiB, which the topic still takes."""
    return [
        (key, orjson.dumps({"referral_id": key.decode(), "x": "x" * (MAX_PARTNER_BODY + 1)}), _anew(chance, one, key))
        for one in (chance.choices(sent, k=3) if sent else ())
        for key in (_nobody(chance),)
    ]


def badly_headed(chance: random.Random, sent: Sequence[ConsumerRecord]) -> list[Written]:
    """Headers that are missing, null, no text, or endless; keys that are none."""
    found: list[Written] = []
    for one in chance.choices(sent, k=SHEAF) if sent else ():
        key = chance.choice((_nobody(chance), None, b"", b"\xff", b"k" * 300, b"a\0b"))
        name = chance.choice(REQUIRED)
        wrong = chance.choice((None, b"", b"\xff\xfe", b"x" * 5000))
        headers = [(n, wrong if n == name else v) for n, v in _anew(chance, one, key)]
        found.append((key, one.value, [] if chance.random() < 0.2 else headers))
    return found


def _nobody(chance: random.Random) -> bytes:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4)).encode()


def _anew(chance: random.Random, one: ConsumerRecord, subject: bytes | None = None) -> list[tuple[str, bytes | None]]:
    """The headers of a record under an id of its own, about the same or another subject."""
    fresh: dict[str, bytes] = {"ce_id": _nobody(chance)}
    if subject is not None:
        fresh["ce_subject"] = subject
    return [(name, fresh.get(name, value)) for name, value in one.headers]


def _away(agency: str, *, at_work: bool) -> Inject:
    """An agency's process stands still while a week of business days starts; then it reads all its mail at once.

    The city is at work until then, the first time: afterwards its day lies behind everybody's.
    """

    async def inject(town: Town) -> Injected:
        if at_work:
            with town.load():
                await asyncio.sleep(FULL_LOAD_SECONDS)
        town.parts[agency].signal(signal.SIGSTOP)
        log = DayLog(town.settings.kafka_address)
        try:
            last = await log.last()
            if last is None:
                raise NotReached("no day has started yet")
            for number in range(1, WEEK + 1):
                await log.append(last + timedelta(days=number))
                await still(city_of(town.settings))
        finally:
            await log.close()
            town.parts[agency].signal(signal.SIGCONT)
        return Injected()

    return inject


def harmless_post(seed: int) -> list[Fault]:
    """Records that change no figure: they say nothing new, or nothing about anybody whom we know."""
    forges = {"duplicated": duplicated, "poisoned": poisoned, "oversized": oversized, "badly_headed": badly_headed}
    return [Fault(f"partner_messages_{name}", "agencies", _sent_by(forge, seed)) for name, forge in forges.items()]


def harmful_post(seed: int) -> list[Fault]:
    """Records that somebody has to look at: each is a work item, so the days go on otherwise than in peace."""
    forges = {"partner_messages_reordered": reordered, "skewed_agency_clock": misdated}
    return [Fault(kind, "agencies", _sent_by(forge, seed)) for kind, forge in forges.items()]


def absences(agencies: Sequence[str]) -> list[Fault]:
    return [Fault("agency_away_for_a_week", one, _away(one, at_work=not n)) for n, one in enumerate(agencies)]
