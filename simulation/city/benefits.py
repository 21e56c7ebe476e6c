"""What a person's aid costs a month, before the city's level is applied (Pfennig).

Regelsatz of 1 July 2000: 550 DM for a head of household, shares of it for members, and rent beside it; Hilfe in
besonderen Lebenslagen goes to some and is larger. The level at which the sum meets the year's expenditure is set by
`city.py` from `stock.monthly_per_person`.
"""

from typing import Final

from simulation.chance import fraction, whole
from simulation.city.people import Person, Role

REGELSATZ: Final = 55_000
SHARES: Final = {Role.ADULT: 0.8, Role.SINGLE_PARENT: 1.4, Role.PENSIONER: 0.8, Role.MINOR: 0.65}
HBL_SHARE: Final = 0.22


def hlu(seed: int, person: Person) -> int:
    share = max(1.0, SHARES[person.role]) if person.head else SHARES[person.role]
    rent = (
        whole(35_000, 65_000, seed, person.household, "rent")
        if person.head
        else whole(6_000, 12_000, seed, person.number, "rent")
    )
    return int(REGELSATZ * share) + rent


def hbl(seed: int, person: Person) -> int:
    """0 for most; care and integration aid for the old and ill, less often for others."""
    likely = 0.45 if person.protection else HBL_SHARE / 2
    if fraction(seed, person.number, "hbl") >= likely:
        return 0
    return whole(60_000, 280_000, seed, person.number, "hbl amount")
