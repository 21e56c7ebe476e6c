"""Every record on an agency's topic has exactly one distinct final answer on the other one (domain.md R9)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date

from contracts.events.partners import Answer, MessageHeld
from lotse.check.findings import Findings, Kind, at, number

Place = tuple[int, int]
"""Partition and offset."""


class Answers:
    """One agency: first its records, then the answers to them.

    Retention takes both, in whichever order: what is left of one is compared with what is left of the other. `begins`:
    each partition's first offset that the agency's topic still has.
    """

    def __init__(self, topic: str, findings: Findings, begins: Mapping[int, int]) -> None:
        self.topic, self._findings, self._begins = topic, findings, begins
        self._asked: dict[Place, tuple[str, str | None, int]] = {}
        self._final: set[Place] = set()
        self._held: dict[Place, date] = {}
        self.final = 0
        self._orphans = 0
        """Answers to records that retention has taken."""

    def record(self, place: Place, *, key: str, message_id: str | None, timestamp: int) -> None:
        """A record of the agency; `message_id` None where it could not be read. `timestamp` in ms."""
        self._asked[place] = key, message_id, timestamp

    def answer(self, event: Answer, where: str) -> None:
        """An answer that occurs for the first time, found at `where`."""
        place = event.partition, event.offset
        if event.topic == self.topic and event.offset < self._begins.get(event.partition, 0):
            self._orphans += 1
            return
        asked = self._asked.get(place)
        if asked is None or event.topic != self.topic:
            self._findings.add(Kind.ANSWER, where, f"answers {at(event.topic, *place)}, which is no record")
            return
        if event.key != asked[0] or event.message_id != asked[1]:
            self._findings.add(Kind.ANSWER, where, f"names another key or id than {at(self.topic, *place)} has")
        if isinstance(event, MessageHeld):
            self._held[place] = event.held_until
            return
        self.final += 1
        if place in self._final:
            self._findings.add(Kind.ANSWERED_TWICE, at(self.topic, *place), f"a second final answer is at {where}")
        self._final.add(place)

    def close(self, *, today: date | None, queued: AbstractSet[Place], since: int = 0) -> str:
        """`queued`: records that wait for a redrive; `since` (ms): answers to earlier ones may be gone by retention."""
        waiting = gone = pending = 0
        for place, (_, _, timestamp) in self._asked.items():
            if place in self._final:
                continue
            until = self._held.get(place)
            if place in queued:
                waiting += 1
            elif until is not None and (today is None or until >= today):
                pending += 1
            elif timestamp < since:
                gone += 1
            elif until is not None:
                self._findings.add(Kind.HELD, at(self.topic, *place), f"held until {until}, and no final answer")
            else:
                self._findings.add(Kind.UNANSWERED, at(self.topic, *place), "has no final answer")
        words = f"{number(len(self._asked), 'records')}, {number(self.final, 'final answers')}"
        told = (
            (pending, "held"),
            (waiting, "parked"),
            (gone, "beyond the answers' retention"),
            (self._orphans, "answers to records beyond retention"),
        )
        for count, what in told:
            words += f", {number(count, what)}" if count else ""
        return words
