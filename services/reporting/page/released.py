"""Final months as they were released: their numbers, and of which offices they are told."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.words import Currency
from services.reporting.figures import Figures
from services.reporting.release.catalogue import OUTCOMES
from services.reporting.release.document import Document
from services.reporting.release.telling import Key
from services.reporting.release.tree import Offices

CITY: Final = ""
TOGETHER: Final = "together"
"""What is left of the city beside the offices that are told singly: no office, but part of every sum."""
_COUNTS: Final = ("recipients", "households", "placements", "integrations", "payees")
_PAID: Final = {currency: f"paid_{currency.value.lower()}" for currency in Currency}


@dataclass(frozen=True, slots=True)
class Told:
    """Of which units (`CITY`, or an office) a release tells a figure. Offices that it does not know had nobody."""

    _offices: Offices
    _units: Mapping[str, frozenset[str]]

    def of(self, figure: str, unit: str) -> bool:
        return unit in self._units[figure] or (unit != CITY and unit not in self._offices)


def told(document: Document) -> Told:
    return Told(document.offices, {figure: _units(document, figure) for figure in _COUNTS})


def figures(document: Document) -> dict[str, Figures]:
    """The numbers by office, and what is told of several offices together. All add up to what is told of the city."""
    found: dict[str, Figures] = {}
    for name in (*_COUNTS, *_PAID.values()):
        singly = _units(document, name)
        if CITY not in singly:
            continue
        numbers = {office: _number(document, name, (office,)) or 0 for office in singly - {CITY}}
        rest = (_number(document, name, document.offices) or 0) - sum(numbers.values())
        for unit, number in (numbers | {TOGETHER: rest}).items():
            _put(found.setdefault(unit, Figures()), name, number)
    return found


def sustained(document: Document) -> Counter[tuple[int, str]]:
    """The city's outcomes, as far as they are told."""
    return Counter(
        {
            (after, outcome): number
            for after in OUTCOMES
            for outcome in ("sustained", "failed", "unknown")
            if (number := _number(document, "integrations", document.offices, f"after_{after}_months", outcome))
        }
    )


def newest(files: Iterable[Document]) -> dict[str, Document]:
    """The last version of each month."""
    return {one.month: one for one in sorted(files, key=lambda one: (one.month, one.version))}


def _units(document: Document, figure: str) -> frozenset[str]:
    single = {office for office in document.offices if _number(document, figure, (office,)) is not None}
    return frozenset(single | ({CITY} if _number(document, figure, document.offices) is not None else set()))


def _number(document: Document, figure: str, offices: Offices, by: str = "", value: str = "") -> int | None:
    found = document.lines.get(Key(figure, by, value, offices))
    return found.number if found else None


def _put(found: Figures, name: str, number: int) -> None:
    for currency, paid in _PAID.items():
        if name == paid:
            found.paid[currency.value, ""] = number
            return
    setattr(found, name, number)
