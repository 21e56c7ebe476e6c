"""Names as they are looked for: however umlauts, accents, hyphens and capitals are written."""

import re
import unicodedata
from typing import Final

_PLAIN: Final = str.maketrans("łøđıæœ", "lodiao")
"""Letters that are no others with a mark."""
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_SPELLED: Final = re.compile(r"(?<=[aou])e")
"""An umlaut spelled out: Mueller, Müller and Muller are looked for as one."""


def name_key(name: str) -> str:
    """`Müller-Lüdenscheidt`: `muller ludenscheidt`. May be empty."""
    bare = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    words = _OTHER.sub(" ", "".join(letter for letter in bare if not unicodedata.combining(letter)))
    return _SPELLED.sub("", words).strip()


def file_number(person_id: str) -> str:
    """What people call a client's file by: the first eight digits of the id, in two groups."""
    return f"{person_id[:4]}-{person_id[4:8]}".upper()
