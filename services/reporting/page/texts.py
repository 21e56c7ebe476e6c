"""The page's words in both languages (texts.toml), and how each of them writes numbers and dates."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("de", "en")
_MINUS: Final = "\u2212"
_THIN: Final = "\u202f"
"""Between number and unit; no line breaks there."""


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key -> language -> text."""
    return tomllib.loads((Path(__file__).with_name("texts.toml")).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Tongue:
    """One of `LANGUAGES`."""

    code: str

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key. Raises `KeyError` for one that the catalogue lacks."""
        return catalogue()[key][self.code].format(**values)

    def integer(self, number: int, *, signed: bool = False) -> str:
        return self._signed(f"{abs(number):,}", number, signed=signed)

    def decimal(self, number: Decimal, places: int, *, signed: bool = False) -> str:
        """Rounded half up."""
        exact = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return self._signed(f"{abs(exact):,}", exact, signed=signed)

    def percent(self, number: float, *, signed: bool = False) -> str:
        """Two decimals of per cent."""
        return self.decimal(Decimal(str(number)), 2, signed=signed) + _THIN + "%"

    def day(self, day: date) -> str:
        month = self.month_name(day.month)
        return f"{day.day}. {month} {day.year}" if self.code == "de" else f"{day.day} {month} {day.year}"

    def month(self, month: str) -> str:
        """`2002-03` as `März 2002`."""
        year, number = month.split("-")
        return f"{self.month_name(int(number))} {year}"

    def month_short(self, month: str) -> str:
        year, number = month.split("-")
        return f"{self('months_short').split()[int(number) - 1]} {year[2:]}"

    def month_name(self, number: int) -> str:
        return self("months").split()[number - 1]

    def _signed(self, digits: str, number: int | Decimal, *, signed: bool) -> str:
        if self.code == "de":
            digits = digits.translate({ord(","): ".", ord("."): ","})
        sign = _MINUS if number < 0 else "+" if signed and number > 0 else ""
        return sign + digits
