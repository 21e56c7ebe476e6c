"""What every code of a release file means, in German and English, with its source."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from contracts.city import City

KINDS = ("column", "figure", "dimension", "value", "offices", "note")


class Entry(BaseModel):
    """`kind`: which column, or part of the file, the code stands in."""

    kind: str
    code: str
    de: str
    en: str
    source: str


class CodeBook(BaseModel):
    entries: tuple[Entry, ...]


@cache
def _written() -> tuple[Entry, ...]:
    book = tomllib.loads(Path(__file__).with_name("codebook.toml").read_text(encoding="utf-8"))
    found = [{"kind": kind, "code": code} | said for kind, of in book.items() for code, said in of.items()]
    return TypeAdapter(tuple[Entry, ...]).validate_python(found)


def code_book(city: City) -> CodeBook:
    """All entries, with the offices and agencies of the configuration."""
    source = "city.toml"
    offices = (Entry(kind="offices", code=o.id, de=o.name, en=o.name, source=source) for o in city.offices)
    agencies = (Entry(kind="value", code=a.id, de=a.name, en=a.name, source=source) for a in city.agencies)
    entries = (*_written(), *offices, *agencies)
    return CodeBook(entries=tuple(sorted(entries, key=lambda one: (KINDS.index(one.kind), one.code))))
