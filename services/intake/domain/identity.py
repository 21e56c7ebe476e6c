"""Who a person is by name, birth date and address, and when two records are one person for certain (domain.md I2)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from contracts.events.intake import IdentityRecorded

SAME_IDENTITY: Final = 100
"""Per cent: equal name, birth date and address."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    given_name: str
    family_name: str
    birth_date: date
    street: str
    house_number: str
    postcode: str
    phone: str | None = None

    @property
    def digest(self) -> str:
        """Digest of name, birth date and address; the telephone is no part of who one is."""
        who = _digest(plain(self.given_name), plain(self.family_name), self.birth_date.isoformat())
        return _digest(who, plain_street(self.street), plain(self.house_number), self.postcode)

    def recorded(self, person_id: str, *, on: date) -> IdentityRecorded:
        return IdentityRecorded(
            occurred_on=on,
            person_id=person_id,
            given_name=self.given_name,
            family_name=self.family_name,
            birth_date=self.birth_date,
            street=self.street,
            house_number=self.house_number,
            postcode=self.postcode,
            phone=self.phone,
        )


def plain_street(street: str) -> str:
    return re.sub(r"str$", "strasse", plain(street))


def plain(text: str) -> str:
    """Letters and digits only, in lower case, German umlauts spelled out: `Müller` is `MUELLER`."""
    lower = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS)
    return "".join(c for c in unicodedata.normalize("NFKD", lower) if c.isalnum())


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()
