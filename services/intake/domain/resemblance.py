"""When two identities may be one person (I2), and by which keys such pairs are found without comparing everyone.

A difference that writing makes costs little, one that living makes costs more; what neither makes is another person.
`test_resemblance.py` has the pairs by which the weights were chosen.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import product
from typing import Final

from rapidfuzz.distance import OSA

from services.intake.domain.identity import Identity, plain, plain_street

REVIEWED: Final = 85
"""Per cent from which on a pair is a review item."""
SLIP: Final = 5
"""Per cent that a typing error, a left-out part of a double name or a name in the wrong field costs."""
MOVED: Final = 10
MARRIED: Final = 15
LONG: Final = 8
"""A name of so many letters may hold two typing errors, a shorter one a single one."""
_WORDS: Final = re.compile(r"[\W_]+")
_ADDRESS_ERRORS: Final = 2
_BARE: Final = str.maketrans({"ß": "s", "ẞ": "s"})


@dataclass(frozen=True, slots=True)
class _Written:
    """A name as it is compared: umlauts spelled out, umlauts without dots, and its words."""

    spelled: str
    bare: str
    words: frozenset[str]


def similarity(one: Identity, other: Identity) -> int:
    """Per cent, the same whichever is named first; 0 for two persons. Equal identities, which are one person, have
    99 at the most."""
    names, born = _names(one, other), _born(one.birth_date, other.birth_date)
    if names is None or born is None:
        return 0
    return min(99, 100 - names - born - (0 if _lives(one, other) else MOVED))


def keys(identity: Identity) -> frozenset[int]:
    """Signed 64-bit keys, one of which any two identities share that one typing error, a swap or a move keeps apart.

    Two errors, one in the name and one in the birth date, are found at the same address only.
    """
    return frozenset(_key(*parts) for parts in _parts(identity))


def _parts(identity: Identity) -> Iterator[tuple[str, ...]]:
    born = identity.birth_date
    given, family = _words(identity.given_name), _words(identity.family_name)
    for word in given | family:
        yield "born", born.isoformat(), word
    for pair in product(given, family):
        yield "year", f"{born.year}", *sorted(pair)
        yield "day", f"{born:%m%d}", *sorted(pair)
    yield "address", f"{born.year}", identity.postcode, plain_street(identity.street), plain(identity.house_number)


def _words(name: str) -> set[str]:
    """A name's words so that Müller, Mueller and Muller are one; at most three of them."""
    return {re.sub("([aou])e|ss", lambda m: m[1] or "s", word) for word in sorted(_written(name).words)[:3]}


def _key(*parts: str) -> int:
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), signed=True)


def _names(one: Identity, other: Identity) -> int | None:
    """What the difference of two whole names costs; None if they are two persons'."""
    given, family = _written(one.given_name), _written(one.family_name)
    to_given, to_family = _written(other.given_name), _written(other.family_name)
    first, last = _name(given, to_given), _name(family, to_family)
    crossed = _name(given, to_family), _name(family, to_given)
    found = [
        _sum(first, last),
        _sum(*crossed, SLIP),
        SLIP if given.words | family.words == to_given.words | to_family.words else None,
        MARRIED if first == 0 else None,
    ]
    return min((cost for cost in found if cost is not None), default=None)


def _sum(*costs: int | None) -> int | None:
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _name(one: _Written, other: _Written) -> int | None:
    if one.bare == other.bare or one.spelled == other.spelled:
        return 0
    if one.words < other.words or other.words < one.words:
        return SLIP
    allowed = 2 if min(len(one.bare), len(other.bare)) >= LONG else 1
    errors = min(OSA.distance(one.spelled, other.spelled), OSA.distance(one.bare, other.bare))
    return SLIP if errors <= allowed else None


def _born(one: date, other: date) -> int | None:
    """A typing error in one place, two digits in each other's place, or day and month in each other's."""
    if one == other:
        return 0
    crossed = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    return SLIP if crossed or OSA.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}") == 1 else None


def _lives(one: Identity, other: Identity) -> bool:
    return OSA.distance(_address(one), _address(other)) <= _ADDRESS_ERRORS


def _address(identity: Identity) -> str:
    return f"{identity.postcode}{plain_street(identity.street)} {plain(identity.house_number)}"


@lru_cache(maxsize=20_000)
def _written(name: str) -> _Written:
    words = frozenset(filter(None, map(plain, _WORDS.split(name))))
    lower = unicodedata.normalize("NFC", name).translate(_BARE).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if c.isalnum())
    return _Written(plain(name), bare, words)
