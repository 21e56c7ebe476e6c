"""What may change within a version: optional fields may be added, and descriptions; nothing else.

Event topics are kept for ever and services are rolled out one by one, so both directions must hold: today's consumer
reads what was ever written, yesterday's consumer reads what is written today.
"""

from collections.abc import Iterator
from typing import Any, Final

from contracts.schema import Schema, inlined

ROLL_OUT: Final = """\
Within a version an event may only gain optional fields. For anything else, in this order:
  1. keep the class as it was, renamed <Event>V<n> with `version = <n>`, and give it an `upcast` to the new one;
     the new class is <Event> with `version = <n + 1>`; list both on the topic;
  2. roll out every consumer: they read both versions, the old one through its upcast;
  3. only then roll out the producer, which writes the new version alone.
(A version that was never published anywhere may still change: delete its schema file and generate again.)"""
_ANNOTATIONS: Final = {"$schema", "$id", "title", "description", "examples"}


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why `new` is not the same version of a message as `old`: one line a change, none if it is."""
    return list(_breaks("", inlined(old), inlined(new)))


def _breaks(path: str, old: Any, new: Any) -> Iterator[str]:
    where = path or "the message"
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{where}: changed from {old} to {new}"
        return
    for keyword in sorted((old.keys() | new.keys()) - _ANNOTATIONS):
        before, after = old.get(keyword), new.get(keyword)
        match keyword, before, after:
            case "properties", dict(), dict():
                yield from _fields(path, before, after)
            case "required", _, _:
                yield from _required(path, before or [], after or [], old.get("properties", {}))
            case "enum", list(), list():
                yield from (f"{where}: {value!r} is no longer a value" for value in before if value not in after)
                yield from (f"{where}: {value!r} is a new value" for value in after if value not in before)
            case "items", dict(), dict():
                yield from _breaks(f"{path}[]", before, after)
            case "anyOf", list(), list() if len(before) == len(after):
                for one, other in zip(before, after, strict=True):
                    yield from _breaks(path, one, other)
            case _ if before != after:
                yield f"{where}: {keyword} changed from {before} to {after}"


def _fields(path: str, before: Schema, after: Schema) -> Iterator[str]:
    for name in before:
        field = f"{path}.{name}".lstrip(".")
        if name in after:
            yield from _breaks(field, before[name], after[name])
        else:
            yield f"{field}: removed"


def _required(path: str, before: list[str], after: list[str], known: Schema) -> Iterator[str]:
    for name in before:
        if name not in after:
            yield f"{path}.{name}: no longer required".lstrip(".")
    for name in after:
        if name not in before:
            yield f"{path}.{name}: {'became required' if name in known else 'new and required'}".lstrip(".")
