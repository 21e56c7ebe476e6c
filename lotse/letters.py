"""The dead-letter topics: how many letters they hold, and where the untouched bytes of a parked record lie."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.topics import consumed_by
from lotse.check.comparing import City, city_of
from lotse.check.reading import CannotRead, Log
from lotse.settings import SERVICES, Settings

Place = tuple[str, str, int, int]
"""Service, topic, partition, offset."""


def place_of(row: Mapping[str, Any]) -> Place:
    return row["service"], row["topic"], row["partition"], row["offset"]


async def letter_counts(settings: Settings, services: Sequence[str]) -> dict[str, int] | None:
    """Dead letters by topic, where there are any; None if the broker does not tell."""
    try:
        city = city_of(settings)
        topics = [t.dead_letters(s) for s in services for t in consumed_by(s, city.agencies)]
        async with Log(settings.kafka_address, city.layout) as log:
            ends = await log.ends(topics)
            begins = await log.begins(topics)
    except CannotRead:
        return None
    counts = {topic.name: ends[topic.name, 0] - begins[topic.name][0] for topic in topics}
    return {name: count for name, count in counts.items() if count}


async def letters_of(city: City, rows: Sequence[Mapping[str, Any]]) -> dict[Place, dict[str, Any]]:
    """Where on its dead-letter topic each failed record lies, by the record's own place."""
    topics = {topic.name: topic for service in SERVICES for topic in consumed_by(service, city.agencies)}
    failed = [place_of(row) for row in rows if row["reason"] is not None]
    found: dict[Place, dict[str, Any]] = {}
    async with Log(city.settings.kafka_address, city.layout) as log:
        for service, name in sorted({(place[0], place[1]) for place in failed}):
            letters = topics[name].dead_letters(service)
            async for batch in log.records(letters, await log.ends([letters])):
                for record in batch:
                    place = service, name, *_origin(dict(record.headers))
                    if place in failed:
                        lies = {"topic": letters.name, "partition": record.partition, "offset": record.offset}
                        found[place] = lies
    return found


def _origin(headers: Mapping[str, bytes | None]) -> tuple[int, int]:
    """Partition and offset that a dead letter came from; -1 where it does not say."""
    partition, offset = (headers.get(name) or b"" for name in ("dl_partition", "dl_offset"))
    return (int(partition), int(offset)) if partition.isdigit() and offset.isdigit() else (-1, -1)
