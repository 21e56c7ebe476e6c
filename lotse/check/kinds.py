"""Which kinds of message of the contracts have occurred, and with which of their codes: information, no judgement.

What there could be is read from the contracts' registry, so that a new kind or code is missed from its first day.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, get_args

from contracts.event import Event
from contracts.topics import Topic, event_topics

ANY_AGENCY: Final = ("any",)
"""Agencies' topics carry the same kinds."""
Code = tuple[type[Event], str, str]
"""Kind, field and value."""


class Kinds:
    """Counts what it hears. A version that a newer one has replaced is heard as that one, and is not waited for."""

    def __init__(self, topics: Iterable[Topic] = event_topics(ANY_AGENCY)) -> None:
        kinds = (event for topic in topics for event in topic.events if event.upcast is Event.upcast)
        self._coded: dict[type[Event], Mapping[str, frozenset[str]]] = {kind: coded(kind) for kind in kinds}
        self._counts: Counter[type[Event]] = Counter()
        self._codes: set[Code] = set()
        self.dead_letters: Mapping[str, int] = {}
        """By topic, where there are any."""

    def hear(self, event: Event) -> None:
        kind = type(event)
        self._counts[kind] += 1
        for name in self._coded.get(kind, ()):
            value = getattr(event, name)
            self._codes.update((kind, name, _word(one)) for one in (value if isinstance(value, tuple) else (value,)))

    def count(self, kind: type[Event], times: int) -> None:
        """Of a kind whose records are not read here."""
        self._counts[kind] += times

    def occurred(self) -> dict[str, int]:
        """How often, by kind."""
        return {named(kind): self._counts[kind] for kind in self._coded if self._counts[kind]}

    def absent(self) -> list[str]:
        return sorted(named(kind) for kind in self._coded if not self._counts[kind])

    def absent_codes(self) -> list[str]:
        """Of kinds that occurred, as `referrals.ReferralRejected.reason: duplicate`."""
        return sorted(
            f"{named(kind)}.{name}: {value}"
            for kind, fields in self._coded.items()
            if self._counts[kind]
            for name, values in fields.items()
            for value in values
            if (kind, name, value) not in self._codes
        )

    def __len__(self) -> int:
        return len(self._coded)


def coded(kind: type[Event]) -> dict[str, frozenset[str]]:
    """The fields of a kind that hold a code or yes or no, each with all its values."""
    found = {name: frozenset(_values(field.annotation)) for name, field in kind.model_fields.items()}
    return {name: values for name, values in found.items() if values}


def named(kind: type[Event]) -> str:
    """`partners.in.EraseConfirmed`, as people call it; the version only if it is not the first."""
    return kind.type_name().removeprefix("lotse.").removesuffix(".v1")


def _values(annotation: Any) -> Iterator[str]:
    if annotation is bool:
        yield from ("false", "true")
    elif isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield from (member.value for member in annotation)
    else:
        for part in get_args(annotation):
            yield from _values(part)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
