"""Invented names and streets: pools drawn once with a seed, from which people are named by hash."""

from dataclasses import dataclass
from typing import Final

from faker import Faker

SIZE: Final = 400


@dataclass(frozen=True, slots=True)
class Names:
    female: tuple[str, ...]
    male: tuple[str, ...]
    families: tuple[str, ...]
    streets: tuple[str, ...]


def invent(seed: int) -> Names:
    """The same pools for the same seed."""
    fake = Faker("de_DE")
    fake.seed_instance(seed)
    return Names(
        female=tuple(fake.first_name_female() for _ in range(SIZE)),
        male=tuple(fake.first_name_male() for _ in range(SIZE)),
        families=tuple(fake.last_name() for _ in range(SIZE)),
        streets=tuple(fake.street_name() for _ in range(SIZE)),
    )
