"""What reporting computed of a year that is over, and whether the year is whole."""

from datetime import date
from typing import Any, Final

from lotse.asking import Addresses, Operator, ask
from lotse.play import Play
from lotse.refusal import Refusal
from lotse.settings import SERVICES

FIGURES: Final = (
    "recipients",
    "recipients_year_before",
    "change_on_year",
    "expenditure_dem_minor",
    "placements",
    "integrations",
    "referrals",
    "clients_registered",
    "events",
)
"""Each computed by reporting from events alone."""


class Incomplete(Refusal):
    """The year ended, but not for everybody."""


def figures(addresses: Addresses, play: Play) -> dict[str, Any]:
    """Of the twelve months that end with the play's last day."""
    operator = Operator(actor="lotse.demo", purpose="the year's figures")
    first = date(play.until.year - 1, play.until.month, 1)
    after = (first.year + first.month // 12, first.month % 12 + 1)
    period = f"from={after[0]}-{after[1]:02d}&to={play.until:%Y-%m}&month={play.until:%Y-%m}"
    found = ask(addresses, "reporting", f"/report?{period}", operator=operator)
    return {name: found[name] for name in FIGURES}


def require_whole(addresses: Addresses) -> None:
    """Figures of a year in which clients were left behind are no figures. Raises `Incomplete`."""
    operator = Operator(actor="lotse.demo", purpose="parked clients")
    parked = {name: ask(addresses, name, "/progress", operator=operator)["parked"] for name in SERVICES}
    if any(parked.values()):
        told = ", ".join(f"{count} at {name}" for name, count in parked.items() if count)
        raise Incomplete(
            f"Clients are parked, their events are missing from the figures: {told}.",
            remedy="This is a defect of that service: its log tells the reason.",
        )
