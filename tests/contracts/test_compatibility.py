"""Within a version an event only gains optional fields. The published schema is the judge, not the changed code.

Two opinions on every change: `jsoncompat` compares a closed producer with an open consumer in both directions;
`contracts.compatibility` also sees what that cannot (a removed optional field, a pattern, a format, a default).
"""

import copy
import functools
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import jsoncompat
import pytest

from contracts.compatibility import ROLL_OUT, breaks
from contracts.event import Event
from contracts.events.referrals import PlacementReported
from contracts.events.reporting import ReleasePublished
from contracts.generate import HERE, described
from contracts.schema import Schema, closed, file_of, opened

EVENTS = sorted({event for _, event in described()}, key=lambda event: event.type_name())
Change = Callable[[Schema], object]


def directions(old: Schema, new: Schema) -> Iterator[str]:
    """Who could not read whom."""
    if not _reads(old, opened(new), "deserializer"):
        yield "today's consumer cannot read what was written"
    if not _reads(opened(old), new, "serializer"):
        yield "yesterday's consumer cannot read what is written today"


def _reads(old: Schema, new: Schema, role: Literal["serializer", "deserializer"]) -> bool:
    """Without `$id`, which jsoncompat takes for a reference to elsewhere."""
    before, after = ({name: part for name, part in schema.items() if name != "$id"} for schema in (old, new))
    return jsoncompat.check_compat(json.dumps(before), json.dumps(after), role)


def published(event: type[Event]) -> Iterator[Schema]:
    """The event's schema in this folder, and as of the newest release, or else of the last commit."""
    path = HERE / "schemas" / f"{file_of(event)}.json"
    yield json.loads(path.read_text(encoding="utf-8"))
    shown = _git("show", f"{_baseline()}:./{path.relative_to(HERE)}")
    if shown:
        yield json.loads(shown)


@functools.cache
def _baseline() -> str:
    return _git("describe", "--tags", "--abbrev=0", "--match", "v*").strip() or "HEAD"


def _git(*words: str) -> str:
    """Git's answer; nothing where there is no git or no such thing, as in an unpacked archive."""
    try:
        return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=True).stdout
    except (subprocess.CalledProcessError, FileNotFoundError):
        return ""


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type_name())
def test_an_event_is_still_the_message_that_was_published(event: type[Event]) -> None:
    for old in published(event):
        changes = [*breaks(old, closed(event)), *directions(old, closed(event))]
        assert not changes, f"{event.type_name()}: {'; '.join(changes)}\n{ROLL_OUT}"


def _fields(schema: Schema) -> Schema:
    found: Schema = schema["properties"]
    return found


def _values(schema: Schema) -> list[str]:
    found: list[str] = schema["$defs"]["PlacementKind"]["enum"]
    return found


def _require(schema: Schema, name: str) -> Schema:
    schema["required"].append(name)
    return schema


def _add(schema: Schema, name: str) -> Schema:
    _fields(schema)[name] = {"type": "integer"}
    return schema


SEEN_BY_BOTH: dict[str, tuple[Change, str]] = {
    "a required field goes": (lambda s: (_fields(s).pop("kind"), s["required"].remove("kind")), "kind: removed"),
    "a new field is required": (lambda s: (_add(s, "wage"), _require(s, "wage")), "wage: new and required"),
    "an optional field is required": (lambda s: _require(s, "credited"), "credited: became required"),
    "a required field is optional": (lambda s: s["required"].remove("kind"), "kind: no longer required"),
    "a type changes": (lambda s: _fields(s)["credited"].update(type="integer"), "credited: type changed"),
    "a range narrows": (lambda s: _fields(s)["hours_per_week"].update(maximum=40), "hours_per_week: maximum changed"),
    "a range widens": (lambda s: _fields(s)["hours_per_week"].update(maximum=80), "hours_per_week: maximum changed"),
    "a code goes": (lambda s: _values(s).remove("minor_job"), "kind: 'minor_job' is no longer a value"),
    "a code comes": (lambda s: _values(s).append("internship"), "kind: 'internship' is a new value"),
    "a field may be null": (
        lambda s: _fields(s).update(hours_per_week={"anyOf": [_fields(s)["hours_per_week"], {"type": "null"}]}),
        "hours_per_week: anyOf changed",
    ),
    "a field may no longer be null": (
        lambda s: _fields(s).update(employer_id=_fields(s)["employer_id"]["anyOf"][0]),
        "employer_id: anyOf changed",
    ),
}
SEEN_BY_OURS: dict[str, tuple[Change, str]] = {
    "an optional field goes": (lambda s: _fields(s).pop("credited"), "credited: removed"),
    "a pattern changes": (lambda s: _fields(s)["message_id"].update(pattern="^x$"), "message_id: pattern changed"),
    "a format changes": (lambda s: _fields(s)["occurred_on"].update(format="date-time"), "occurred_on: format changed"),
    "a default changes": (lambda s: _fields(s)["credited"].update(default=False), "credited: default changed"),
}
HARMLESS: dict[str, Change] = {
    "nothing changes": lambda _: None,
    "an optional field comes": lambda s: _add(s, "wage"),
    "a description changes": lambda s: s.update(description="In other words."),
    "codes change places": lambda s: _values(s).reverse(),
}


def changed(change: Change) -> tuple[Schema, Schema]:
    old = closed(PlacementReported)
    new = copy.deepcopy(old)
    change(new)
    return old, new


@pytest.mark.parametrize(("change", "said"), (SEEN_BY_BOTH | SEEN_BY_OURS).values(), ids=SEEN_BY_BOTH | SEEN_BY_OURS)
def test_a_breaking_change_is_named(change: Change, said: str) -> None:
    assert any(line.startswith(said) for line in breaks(*changed(change))), list(breaks(*changed(change)))


@pytest.mark.parametrize(("change", "_said"), SEEN_BY_BOTH.values(), ids=SEEN_BY_BOTH)
def test_a_breaking_change_fails_in_one_direction_at_least(change: Change, _said: str) -> None:
    assert list(directions(*changed(change)))


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_compatible_change_passes(change: Change) -> None:
    assert breaks(*changed(change)) == []
    assert list(directions(*changed(change))) == []


def test_changes_inside_lists_and_nested_parts_are_named() -> None:
    old = closed(ReleasePublished)
    new = copy.deepcopy(old)
    _fields(new)["offsets"]["patternProperties"] = {"^.*$": {"type": "integer"}}
    assert [line.split(":")[0] for line in breaks(old, new)] == ["offsets"]


def test_the_message_tells_the_order_of_the_roll_out() -> None:
    assert ROLL_OUT.index("upcast") < ROLL_OUT.index("every consumer") < ROLL_OUT.index("roll out the producer")


def test_the_published_schemas_are_in_git() -> None:
    if not (Path(HERE).parent / ".git").exists():
        return
    assert len(list(published(PlacementReported))) == 2
