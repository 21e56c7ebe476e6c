"""Mistakes in a configuration file, told to people: what is wrong, on which line, and what to do."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

Place = tuple[str | int, ...]
"""Where in the file: keys, and numbers of entries from 0."""
_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([\w.\- \"]+?)\s*\]\]?\s*(?:#.*)?$")
_SLUG: Final = "Use lower-case letters, digits and hyphens, a letter first, at most 40 characters: topics are named so."


@dataclass(frozen=True, slots=True)
class Mistake:
    place: Place
    what: str
    remedy: str


def mistakes(error: ValidationError, model: type[BaseModel]) -> Iterator[Mistake]:
    """What pydantic found, in words; contradictions bring their own."""
    for found in error.errors():
        if found["type"] == "contradictions":
            yield from found["ctx"]["mistakes"]
        else:
            yield Mistake(found["loc"], *_words(found["type"], found["msg"], found.get("ctx", {}), found["loc"], model))


def _words(kind: str, message: str, about: dict[str, Any], place: Place, model: type[BaseModel]) -> tuple[str, str]:
    match kind:
        case "missing":
            return "is missing", "Add it."
        case "extra_forbidden":
            known = sorted(_keys(model, place[:-1]))
            close = difflib.get_close_matches(str(place[-1]), known, 1)
            return "is no key known here", f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."
        case "enum" | "literal_error":
            return "is none of the known words", f"Use one of: {about['expected']}."
        case "string_pattern_mismatch" if place[-1] == "id" or "districts" in place:
            return "cannot be an id", _SLUG
        case "too_short" | "string_too_short":
            return "is empty", "Name at least one."
        case "greater_than_equal":
            return "is too small", f"Use {about['ge']} or more."
        case "less_than_equal":
            return "is too large", f"Use {about['le']} or less."
        case _:
            return message[:1].lower() + message[1:], "Correct it."


def _keys(model: type[BaseModel], place: Place) -> Iterable[str]:
    """The keys that a table at a place may have."""
    for step in place:
        if isinstance(step, int):
            continue
        inner = model.model_fields[step].annotation
        model = next(one for one in (inner, *get_args(inner)) if isinstance(one, type) and issubclass(one, BaseModel))
    return model.model_fields


def told(path: Path, text: str, found: Iterable[Mistake]) -> str:
    """One line a mistake, in the order of the file's lines."""
    placed = sorted(((line_of(text, mistake.place), mistake) for mistake in found), key=lambda pair: pair[0])
    said = [f"line {line}, {_name(text, one.place)}: {one.what}. {one.remedy}" for line, one in placed]
    return f"{path}, {said[0]}" if len(said) == 1 else "\n  ".join((f"{path} has {len(said)} mistakes:", *said))


def _name(text: str, place: Place) -> str:
    """`offices[vahr].since`; an entry without an id by its number, from 1."""
    part: Any = tomllib.loads(text)
    name = ""
    for step in place:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            part = None
        if isinstance(step, int):
            name += f"[{part['id'] if isinstance(part, dict) and 'id' in part else step + 1}]"
        else:
            name += f".{step}" if name else step
    return name


def line_of(text: str, place: Place) -> int:
    """The line, from 1, of the key at a place; of its table's header if the key is not written there."""
    table = tuple(str(step) for step in place[:1]) if len(place) > 1 else ()
    wanted = place[1] if len(place) > 1 and isinstance(place[1], int) else 0
    keys = [str(step) for step in place[len(table) :] if not isinstance(step, int)]
    here, count, header = not table, -1, 1
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            name = found[2]
            count += name == place[0]
            here = (name,) == table and count == wanted
            header = number if here or (not table and name == place[0]) else header
        elif here and keys and re.match(rf"\s*\"?{re.escape(keys[0])}\"?\s*[.=]", line):
            return number
    return header
