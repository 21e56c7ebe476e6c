"""Old versions stay readable for ever: each has an upcast, and a golden example that decodes to the newest version."""

import json
from collections import defaultdict
from datetime import date
from typing import ClassVar

import pytest

from contracts import golden, topics
from contracts.compatibility import breaks
from contracts.event import Event
from contracts.generate import HERE, described
from contracts.schema import closed, file_of
from contracts.story import AGENCY
from contracts.topics import Topic, Undecodable, Width


class TramTaken(Event):
    """Test only: a client took a tram; `line` and `fare` in Pfennig, twice revised."""

    family: ClassVar[str] = "trams"
    version: ClassVar[int] = 3

    line: int
    fare_minor: int
    night: bool

    @property
    def subject(self) -> str:
        return str(self.line)


class TramTakenV2(Event):
    """The second version did not know night trams."""

    family: ClassVar[str] = "trams"
    version: ClassVar[int] = 2

    line: int
    fare_minor: int

    def upcast(self) -> Event:
        return TramTaken(occurred_on=self.occurred_on, line=self.line, fare_minor=self.fare_minor, night=False)


class TramTakenV1(Event):
    """The first version told the fare in whole Mark, and the line as text."""

    family: ClassVar[str] = "trams"

    line: str
    fare: int

    def upcast(self) -> Event:
        second = TramTakenV2(occurred_on=self.occurred_on, line=int(self.line), fare_minor=self.fare * 100)
        return second.upcast()


TRAMS = Topic("trams.v1", "line", Width.SINGLE, "trams", ("operator",), (TramTaken, TramTakenV2, TramTakenV1))
GOLDEN = {
    "lotse.trams.TramTaken.v1": b'{"occurred_on":"2001-03-01","line":"10","fare":3}',
    "lotse.trams.TramTaken.v2": b'{"occurred_on":"2001-03-01","line":10,"fare_minor":300}',
    "lotse.trams.TramTaken.v3": b'{"occurred_on":"2001-03-01","line":10,"fare_minor":300,"night":false}',
}


def by_message(events: tuple[type[Event], ...]) -> dict[str, dict[int, type[Event]]]:
    found: dict[str, dict[int, type[Event]]] = defaultdict(dict)
    for event in events:
        found[event.type_name().rpartition(".")[0]][event.version] = event
    return found


def unreadable(topic: Topic) -> list[str]:
    """Versions of a topic's messages that are missing, or that have no upcast although a newer one exists."""
    found = []
    for name, versions in by_message(topic.events).items():
        newest = max(versions)
        found += [f"{name}.v{n} is gone" for n in range(1, newest) if n not in versions]
        found += [
            f"{name}.v{n} has no upcast" for n in sorted(versions) if n < newest and "upcast" not in vars(versions[n])
        ]
        found += [f"{name}.v{newest} is the newest" for _ in [0] if "upcast" in vars(versions[newest])]
    return found


@pytest.mark.parametrize("name", GOLDEN)
def test_every_version_decodes_to_the_newest(name: str) -> None:
    newest = TramTaken(occurred_on=date(2001, 3, 1), line=10, fare_minor=300, night=False)
    assert TRAMS.decode(name, GOLDEN[name]) == newest


def test_an_old_version_that_does_not_fit_is_malformed() -> None:
    with pytest.raises(Undecodable, match="malformed"):
        TRAMS.decode("lotse.trams.TramTaken.v1", GOLDEN["lotse.trams.TramTaken.v2"])


def test_a_version_nobody_knows_is_an_unknown_type() -> None:
    with pytest.raises(Undecodable, match="unknown_type"):
        TRAMS.decode("lotse.trams.TramTaken.v4", GOLDEN["lotse.trams.TramTaken.v3"])


def test_versions_have_files_of_their_own_and_are_incompatible() -> None:
    assert [file_of(event) for event in TRAMS.events] == [f"trams/TramTaken.v{n}" for n in (3, 2, 1)]
    assert breaks(closed(TramTakenV1), closed(TramTakenV2))


@pytest.mark.parametrize("topic", topics.event_topics((AGENCY,)), ids=lambda topic: topic.name)
def test_every_version_of_every_topic_is_readable(topic: Topic) -> None:
    assert unreadable(topic) == []


def test_a_lost_version_or_upcast_would_be_found() -> None:
    class TramTakenV1(Event):
        """Without upcast."""

        family: ClassVar[str] = "trams"

    trams = Topic("trams.v1", "line", Width.SINGLE, "trams", ("operator",), (TramTaken, TramTakenV1))
    assert unreadable(trams) == ["lotse.trams.TramTaken.v2 is gone", "lotse.trams.TramTaken.v1 has no upcast"]
    assert unreadable(TRAMS) == []


def test_every_version_has_a_golden_example_that_decodes_to_the_newest() -> None:
    for topic, event in described():
        newest = max(by_message(topic.events)[event.type_name().rpartition(".")[0]].items())[1]
        for name in golden.files(topic, event):
            record = json.loads((HERE / "examples" / name).read_text(encoding="utf-8"))
            assert type(topic.decode(event.type_name(), json.dumps(record["value"]).encode())) is newest
