"""A release as a file: JSON of which the digest is taken, and the same as CSV. The same numbers give the same bytes.

JSON is UTF-8 with sorted keys, one figure a line, lines end in LF; CSV is RFC 4180.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from contracts.events.reporting import Release, ReleasedFigure
from services.reporting.release.catalogue import FORMAT
from services.reporting.release.telling import Key, Lines, Told
from services.reporting.release.tree import Node, Offices

_NAME: Final = "lotse-release"
_FORMATS: Final = (1, FORMAT)
CITY: Final = "city"
COLUMNS: Final = ("month", "version", "figure", "by", "value", "offices", "number", "since")


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a month: the first is the release, the others restate it.

    `as_of`: the day up to which facts could count; `told_on`: the day it was told; `offsets`: the next offset of each
    partition folded; `offices`: those of the month in the order of their tree; `agencies`: those of its tables;
    `notes`: codes of the code book. `form`: the format (catalogue.py).
    """

    month: str
    version: int
    as_of: date
    told_on: date
    offices: Offices
    offsets: Mapping[str, int]
    notes: tuple[str, ...]
    lines: Lines
    agencies: tuple[str, ...] = ()
    form: int = FORMAT

    def json(self) -> str:
        head = {
            "as_of": self.as_of.isoformat(),
            "format": f"{_NAME}/{self.form}",
            "month": self.month,
            "notes": list(self.notes),
            "offices": list(self.offices),
            "offsets": dict(self.offsets),
            "told_on": self.told_on.isoformat(),
            "version": self.version,
        }
        head |= {"agencies": list(self.agencies)} if self.form > 1 else {}
        figures = ",\n".join(_dump(self._figure(key, told)) for key, told in self._ordered())
        return f'{{"figures":[\n{figures}\n],\n"release":{_dump(head)}}}\n'

    def csv(self) -> str:
        written = io.StringIO(newline="")
        writer = csv.writer(written, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for key, told in self._ordered():
            name = self._name(key.offices)
            place = key.figure, key.dimension, key.value, name
            writer.writerow((self.month, self.version, *place, told.number, told.since))
        return written.getvalue()

    def figures(self) -> tuple[ReleasedFigure, ...]:
        """The lines as the event tells them."""
        return tuple(
            ReleasedFigure(
                figure=key.figure,
                offices=key.offices,
                by=key.dimension or None,
                value=key.value or None,
                number=told.number,
                since=told.since,
            )
            for key, told in self._ordered()
        )

    def _ordered(self) -> list[tuple[Key, Told]]:
        """The city first, then its parts, each before what it is split into."""
        place = {office: number for number, office in enumerate(self.offices)}

        def order(one: tuple[Key, Told]) -> tuple[object, ...]:
            key = one[0]
            return key.figure, key.dimension, key.value, place[key.offices[0]], -len(key.offices)

        return sorted(self.lines.items(), key=order)

    def _figure(self, key: Key, told: Told) -> dict[str, object]:
        found = {"figure": key.figure, "number": told.number, "offices": self._name(key.offices), "since": told.since}
        return found | ({"by": key.dimension, "value": key.value} if key.dimension else {})

    def _name(self, offices: Offices) -> str:
        return CITY if offices == self.offices else "+".join(offices)


def told_by(event: Release, version: int) -> Document:
    """The document of an event of `reporting.release.v1`."""
    return Document(
        month=event.month,
        version=version,
        as_of=event.as_of or event.occurred_on,
        told_on=event.occurred_on,
        offices=event.offices,
        offsets=event.offsets,
        notes=event.notes,
        lines={
            Key(one.figure, one.by or "", one.value or "", one.offices): Told(one.number, one.since)
            for one in event.figures
        },
        agencies=event.agencies,
        form=event.format,
    )


def read(text: str) -> Document:
    """The document that `Document.json` wrote. Raises `ValueError` for another format."""
    found: dict[str, Any] = json.loads(text)
    head = found["release"]
    name, _, form = str(head["format"]).partition("/")
    if name != _NAME or form not in map(str, _FORMATS):
        raise ValueError(f"a release of format {head['format']}: this version reads {_NAME}/1 to /{FORMAT}")
    offices = tuple(head["offices"])
    lines = {}
    for one in found["figures"]:
        node = offices if one["offices"] == CITY else tuple(one["offices"].split("+"))
        lines[Key(one["figure"], one.get("by", ""), one.get("value", ""), node)] = Told(one["number"], one["since"])
    return Document(
        month=head["month"],
        version=head["version"],
        as_of=date.fromisoformat(head["as_of"]),
        told_on=date.fromisoformat(head["told_on"]),
        offices=offices,
        offsets=head["offsets"],
        notes=tuple(head["notes"]),
        lines=lines,
        agencies=tuple(head.get("agencies", ())),
        form=int(form),
    )


def digest(text: str) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def hidden(document: Document, root: Node) -> int:
    """How many numbers of single offices are not told, of the figures told of the city."""
    city = [key for key in document.lines if key.offices == document.offices]
    single = [foot.offices for foot in root.feet()]
    return sum(Key(k.figure, k.dimension, k.value, node) not in document.lines for k in city for node in single)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
