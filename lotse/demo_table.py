"""The demo's figures beside those of the press release of 24 April 2002, times the scale."""

from datetime import date
from typing import Any, Final

from rich.table import Table

PRESS_RELEASE_MONTH: Final = (2002, 3)
RECIPIENTS: Final = 46_560
RECIPIENTS_YEAR_BEFORE: Final = 48_470
CHANGE: Final = "-3.94 %"
EXPENDITURE_DM: Final = 676_900_000


def table(report: dict[str, Any], *, scale: float, until: date) -> Table:
    same_month = (until.year, until.month) == PRESS_RELEASE_MONTH
    told = Table(title=f"Bremen, {until:%B %Y}, at a scale of {scale:g}", title_justify="left")
    told.add_column("figure", style="bold")
    told.add_column("computed from events", justify="right")
    told.add_column("press release x scale", justify="right", style="dim")
    for name, value, published in _rows(report, scale):
        told.add_row(name, value, published if same_month else "")
    return told


def _rows(report: dict[str, Any], scale: float) -> list[tuple[str, str, str]]:
    change = report["change_on_year"]
    paid = report["expenditure_dem_minor"]
    states = report["referrals"] or {}
    by_state = ", ".join(f"{state} {count:,}" for state, count in sorted(states.items()))
    return [
        ("recipients", _count(report["recipients"]), f"{RECIPIENTS * scale:,.0f}"),
        (
            "recipients a year before",
            _count(report["recipients_year_before"]),
            f"{RECIPIENTS_YEAR_BEFORE * scale:,.0f}",
        ),
        ("change on the year", "n/a" if change is None else f"{change:.2f} %", CHANGE),
        (
            "expenditure of twelve months",
            "n/a" if paid is None else f"{paid / 100:,.0f} DM",
            f"{EXPENDITURE_DM * scale:,.0f} DM",
        ),
        ("placements", _count(report["placements"]), ""),
        ("integrations", _count(report["integrations"]), ""),
        ("referrals", _count(sum(states.values())), by_state),
        ("clients registered", _count(report["clients_registered"]), ""),
        ("events", _count(report["events"]), ""),
    ]


def _count(value: int | None) -> str:
    return "n/a" if value is None else f"{value:,}"
