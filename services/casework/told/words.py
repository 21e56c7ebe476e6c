"""A fact of the timeline as a sentence: codes, offices, agencies, days and sums in a language's words."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from contracts.city import City

LANGUAGES: Final = ("de", "en")
_MONTHS: Final = {
    "de": "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_UNITS: Final = {"DEM": "DM", "EUR": "€"}
_AS_SAID: Final = frozenset({"author", "case_manager", "instead_of", "resolved_by", "settled_by"})
"""Staff ids."""


class Told(Protocol):
    """What a sentence is made of: a fact's type, topic, agency and coded fields."""

    @property
    def type(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def agency(self) -> str | None: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


@cache
def catalogue(name: str) -> dict[str, dict[str, str]]:
    """`sentences` by type and variant, or `codes`: key -> language -> text."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def sentence(entry: Told, city: City, language: str) -> str:
    """What happened, in plain words of `de` or `en`, without a name. Raises `KeyError` for what has no words."""
    values = {name: written(name, value, city, language) for name, value in entry.data.items()}
    values["agency"] = "" if entry.agency is None else written("agency", entry.agency, city, language)
    return catalogue("sentences")[_key(entry)][language].format(**values)


def written(field: str, value: Any, city: City, language: str) -> str:
    """A field's value in words."""
    match value:
        case str() if field in _AS_SAID:
            return value
        case str() if field in {"office", "previous_office"}:
            office = city.office(value)
            return value if office is None else office.name
        case str() if field == "agency":
            agency = city.agency(value)
            return value if agency is None else agency.name
        case str() if _is_day(value):
            return day(date.fromisoformat(value), language)
        case str():
            return code(value, language, field=field)
        case list() | tuple():
            return ", ".join(written(field, one, city, language) for one in value)
        case {"minor": int(minor), "currency": str(currency)}:
            return _money(minor, currency, language)
        case _:
            return str(value)


def code(value: str, language: str, *, field: str = "") -> str:
    """A code in words; what is no code of the contracts stays as it is."""
    codes = catalogue("codes")
    found = codes.get(f"{field}.{value}") or codes.get(value)
    return value if found is None else found[language]


def day(found: date, language: str) -> str:
    month = _MONTHS[language].split("|")[found.month - 1]
    return f"{found.day}. {month} {found.year}" if language == "de" else f"{found.day} {month} {found.year}"


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == 10


def _money(minor: int, currency: str, language: str) -> str:
    whole = f"{minor // 100:,}.{minor % 100:02}"
    if language == "de":
        whole = whole.translate({ord(","): ".", ord("."): ","})
    return f"{whole} {_UNITS[currency]}"


def _key(entry: Told) -> str:
    """The sentence's key: the type, with the variant that its fields ask for."""
    variant = _variant(entry.type, entry.topic, entry.data)
    return f"{entry.type}.{variant}" if variant else entry.type


def _variant(kind: str, topic: str, data: Mapping[str, Any]) -> str | None:
    match kind:
        case "HouseholdChanged":
            return "none" if data["household_id"] is None else "head" if data["head"] else None
        case "DepartmentsAssigned" if not data["departments"]:
            return "none"
        case "ProtectionSet" if data["valid_until"] is None:
            return "open"
        case "DisclosureBasisRecorded" if data.get("agency") is None:
            return "any"
        case "CaseAssigned" if data.get("instead_of"):
            return "deputy"
        case "CaseTransferred" | "CaseReopened" if data.get("reason") is None:
            return "unsaid"
        case "SuggestionMade":
            return str(data["kind"])
        case "SuggestionSettled":
            return str(data["outcome"]) if data.get("settled_by") else "lapsed"
        case "ReferralRequested" if topic.startswith("referrals."):
            return "sent"
        case "ReferralAccepted" if data.get("implied"):
            return "implied"
        case "PlacementReported" if not data.get("credited", True):
            return "late"
        case "PlacementReported" if data.get("supersedes"):
            return "corrected"
        case "PlacementVoided" if data.get("superseded_by"):
            return "superseded"
        case "InsuranceReported":
            return "yes" if data["insured"] else "no"
        case _:
            return None
