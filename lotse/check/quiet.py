"""Only what stands still can be compared: wait until nobody has anything to send or to read, twice alike."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from contracts.topics import consumed_by, event_topics
from lotse.check.databases import read_stand
from lotse.check.ledgers import Stand
from lotse.check.reading import Log
from lotse.refusal import Refusal

PAUSE: Final = 0.3
STUCK_SECONDS: Final = 3.0
"""What does not move for so long will not by itself: it is judged as it stands."""


class Busy(Refusal):
    """The city goes on: whatever is compared is outdated at once."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """Where everybody stands, and where every topic ends."""

    ends: Mapping[tuple[str, int], int]
    stands: Mapping[str, Stand]

    def settled(self, agencies: Sequence[str]) -> bool:
        """Whether nobody has anything to send or to read."""
        return all(not stand.outbox and self._read_all(stand, agencies) for stand in self.stands.values())

    def ends_of(self, service: str, agencies: Sequence[str]) -> dict[tuple[str, int], int]:
        """The ends of what a service consumes."""
        names = {topic.name for topic in consumed_by(service, agencies)}
        return {place: end for place, end in self.ends.items() if place[0] in names}

    def _read_all(self, stand: Stand, agencies: Sequence[str]) -> bool:
        ends = self.ends_of(stand.service, agencies)
        return all(stand.offsets.get(place, 0) == end for place, end in ends.items())


async def look(log: Log, databases: Mapping[str, asyncpg.Connection], agencies: Sequence[str]) -> Moment:
    """Stands first, ends last: who had read up to ends that are newer than his word had read all."""
    stands = {service: await read_stand(db, service) for service, db in databases.items()}
    return Moment(await log.ends(event_topics(agencies)), stands)


async def quiet(
    log: Log, databases: Mapping[str, asyncpg.Connection], agencies: Sequence[str], *, patience: float
) -> Moment:
    """The moment at which all is still. Raises `Busy` after `patience` seconds."""
    began = time.monotonic()
    before, still_since = await look(log, databases, agencies), time.monotonic()
    while True:
        await asyncio.sleep(PAUSE)
        now = await look(log, databases, agencies)
        if now != before:
            before, still_since = now, time.monotonic()
        elif now.settled(agencies) or time.monotonic() - still_since > STUCK_SECONDS:
            return now
        if time.monotonic() - began > patience:
            raise Busy(
                f"The city did not come to rest within {patience:.0f} s: messages still move.",
                remedy="Stop what feeds it, or wait longer: lotse check --wait 120",
            )
