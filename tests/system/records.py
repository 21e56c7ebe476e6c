"""Everything that a running installation's topics hold, as text."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord

from contracts.topics import all_topics
from lotse.check.comparing import city_of
from lotse.check.reading import Log
from lotse.settings import Settings


@dataclass(frozen=True, slots=True)
class Told:
    """A record, as text: whatever a reader of the topic could see."""

    topic: str
    key: str
    headers: dict[str, str]
    value: dict[str, Any]

    @property
    def kind(self) -> str:
        """Empty where an agency's record has no envelope."""
        return self.headers.get("ce_type", "..").split(".")[-2]

    def strings(self) -> Iterator[str]:
        """Every text in it."""
        yield from (self.topic, self.key, *self.headers.values())
        yield from _strings(self.value)


def _strings(part: Any) -> Iterator[str]:
    match part:
        case str():
            yield part
        case dict():
            for name, value in part.items():
                yield from (name, *_strings(value))
        case list():
            for value in part:
                yield from _strings(value)


async def records_of(there: Settings) -> list[Told]:
    """Everything in every topic, dead letters too."""
    city = city_of(there)
    wanted = all_topics(city.agencies)
    async with Log(there.kafka_address, city.layout) as log:
        ends = await log.ends(wanted)
        return [told_of(record) for topic in wanted async for batch in log.records(topic, ends) for record in batch]


def told_of(record: ConsumerRecord) -> Told:
    """One of them, from anywhere."""
    headers = {name: (value or b"").decode() for name, value in record.headers}
    return Told(record.topic, (record.key or b"").decode(), headers, _content(record.value or b"{}"))


def _content(value: bytes) -> dict[str, Any]:
    """What an agency's program has spoilt is text all the same."""
    try:
        found: dict[str, Any] = json.loads(value)
    except ValueError:
        return {"unreadable": value.decode(errors="replace")}
    return found
