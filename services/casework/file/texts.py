"""The file's words in both languages (texts.toml), and how each writes codes, days and places."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from contracts.city import City
from services.casework.told import words


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key -> language -> text."""
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Tongue:
    """`de` or `en`."""

    language: str
    city: City

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key. Raises `KeyError` for one that the catalogue lacks."""
        return catalogue()[key][self.language].format(**values)

    def word(self, value: Any, field: str = "") -> str:
        """A code, day or place in words; a dash for None."""
        match value:
            case None:
                return "–"
            case bool():
                return self("yes" if value else "no")
            case date():
                return words.day(value, self.language)
            case _:
                return words.written(field, value, self.city, self.language)
