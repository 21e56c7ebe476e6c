"""What a visitor asks for, from the address: a wrong wish is told on the page, which then shows what it can."""

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from contracts.city import City
from contracts.words import Currency
from services.reporting.page.history import History
from services.reporting.page.texts import LANGUAGES
from services.reporting.period import month_of, months_from, shift

LONGEST: Final = 60
"""Months of a period."""
_YEAR: Final = 12
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Asked:
    lang: str = "de"
    office: str | None = None
    first: str = ""
    last: str = ""
    """Months; empty as long as no day has started."""
    currency: Currency = Currency.DEM
    mistake: str = ""
    """The catalogue's key of what was wrong."""

    @property
    def period(self) -> tuple[str, ...]:
        return months_from(self.first, self.last) if self.first else ()

    @property
    def status(self) -> int:
        return 422 if self.mistake else 200

    def query(self, **changes: str) -> str:
        """The same wish as an address's query, with changes."""
        found = {
            "lang": self.lang,
            "office": self.office or "",
            "from": self.first,
            "to": self.last,
            "currency": self.currency.value,
        }
        return urlencode({name: value for name, value in (found | changes).items() if value})


def asked(city: City, history: History, *, lang: str, office: str, first: str, last: str, currency: str) -> Asked:
    """Without months: the twelve up to the last one that is over."""
    wish = Asked(
        lang=lang if lang in LANGUAGES else LANGUAGES[0],
        office=office if city.office(office) else None,
        currency=Currency(currency) if currency in set(Currency) else Currency.DEM,
        mistake="" if not office or city.office(office) else "mistake_office",
    )
    newest = history.months[-1] if history.months else month_of(history.today) if history.today else ""
    fallback = replace(wish, first=shift(newest, 1 - _YEAR) if newest else "", last=newest)
    if not newest:
        return fallback
    if any(month and not _MONTH.fullmatch(month) for month in (first, last)):
        return replace(fallback, mistake="mistake_month")
    last = last or max(newest, first)
    first = first or shift(last, 1 - _YEAR)
    if first > last:
        return replace(fallback, mistake="mistake_order")
    if first < shift(last, 1 - LONGEST):
        return replace(fallback, mistake="mistake_long")
    return replace(wish, first=first, last=last)
