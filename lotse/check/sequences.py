"""One sequenced topic, record by record: 1...n without a gap, first occurrences in order and in one partition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.topics import Topic
from lotse.check.findings import Findings, Kind, at, named


@dataclass(slots=True)
class Track:
    """A subject's records so far: its partition, and the highest sequence seen."""

    partition: int
    last: int


class Sequences:
    """What a topic holds. A repeat of the relay (same sequence, same event id) is legal and counted.

    `begins`: each partition's first offset that the log still has; above 0, earlier records are beyond judgement.
    """

    def __init__(self, topic: Topic, findings: Findings, begins: Mapping[int, int]) -> None:
        self.topic, self._findings, self._begins = topic, findings, begins
        self.records = self.repeats = self.events = self.tombstones = 0
        self._tracks: dict[str, Track] = {}
        self._ids: set[int] = set()
        self._skipped: dict[str, dict[int, str]] = {}

    def see(self, subject: str, sequence: int, event_id: str, *, partition: int, offset: int) -> bool:
        """Takes the next record of the log; whether its event occurs for the first time."""
        self.records += 1
        place = at(self.topic.name, partition, offset)
        track = self._tracks.get(subject)
        if track is None:
            track = self._tracks[subject] = Track(partition, self._before_first(sequence, partition))
        if track.partition != partition:
            self._findings.add(Kind.MOVED, place, f"{named(subject)} began in partition {track.partition}")
        known = self._known(event_id)
        if sequence <= track.last and not self._fills_gap(subject, sequence, place):
            self.repeats += 1
            if not known:
                self._findings.add(Kind.REUSED, place, f"{named(subject)}: sequence {sequence} was another event")
            return False
        if known:
            self._findings.add(Kind.TWICE, place, f"{named(subject)}: the event of sequence {sequence} came before")
        if sequence > track.last:
            self._skip(subject, track.last + 1, sequence, place)
            track.last = sequence
        self.events += 1
        return True

    def close(self) -> None:
        """The log is read to its end: what was skipped is missing."""
        for subject, missing in self._skipped.items():
            for sequence, place in missing.items():
                self._findings.add(Kind.GAP, place, f"{named(subject)}: sequence {sequence} is missing before it")
        self._ids.clear()

    def last(self, subject: str) -> int:
        """The highest sequence that the topic holds of a subject; 0 if none."""
        track = self._tracks.get(subject)
        return track.last if track else 0

    def __len__(self) -> int:
        return len(self._tracks)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tracks)

    def _before_first(self, sequence: int, partition: int) -> int:
        """What came before a subject's first record: nothing, unless the log begins later, or counts by the date."""
        begins_anywhere = self.topic.producer == "calendar" or self._begins.get(partition, 0) > 0
        return sequence - 1 if begins_anywhere else 0

    def _known(self, event_id: str) -> bool:
        """Whether the id came before; 64 bits of each are kept, a collision among millions is out of question."""
        mark = hash(event_id)
        if mark in self._ids:
            return True
        self._ids.add(mark)
        return False

    def _skip(self, subject: str, first: int, until: int, place: str) -> None:
        if first < until:
            missing = self._skipped.setdefault(subject, {})
            missing.update(dict.fromkeys(range(max(first, until - 1000), until), place))

    def _fills_gap(self, subject: str, sequence: int, place: str) -> bool:
        missing = self._skipped.get(subject)
        if missing is None or missing.pop(sequence, None) is None:
            return False
        self._findings.add(Kind.DISORDER, place, f"{named(subject)}: sequence {sequence} came after a later one")
        return True
