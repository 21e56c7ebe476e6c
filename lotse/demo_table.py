"""The demo's figures beside the facts that the city was invented from, times the scale."""

from datetime import date
from typing import Any

from rich.table import Table

from simulation.facts import Scene, YearFacts


def table(report: dict[str, Any], scene: Scene, *, scale: float, until: date) -> Table:
    year = scene.facts.year
    same_month = f"{until:%Y-%m}" == year.last_month
    told = Table(title=f"{scene.city.name}, {until:%B %Y}, at a scale of {scale:g}", title_justify="left")
    told.add_column("figure", style="bold")
    told.add_column("computed from events", justify="right")
    told.add_column(f"{year.source} x scale", justify="right", style="dim")
    for name, value, published in _rows(report, year, scale):
        told.add_row(name, value, published if same_month else "")
    return told


def _rows(report: dict[str, Any], year: YearFacts, scale: float) -> list[tuple[str, str, str]]:
    change = report["change_on_year"]
    paid = report["expenditure_dem_minor"]
    states = report["referrals"] or {}
    by_state = ", ".join(f"{state} {count:,}" for state, count in sorted(states.items()))
    return [
        ("recipients", _count(report["recipients"]), f"{year.recipients_last * scale:,.0f}"),
        (
            "recipients a year before",
            _count(report["recipients_year_before"]),
            f"{year.recipients_first * scale:,.0f}",
        ),
        ("change on the year", "n/a" if change is None else f"{change:.2f} %", _change(year)),
        (
            "expenditure of twelve months",
            "n/a" if paid is None else f"{paid / 100:,.0f} DM",
            f"{year.expenditure_dm * scale:,.0f} DM",
        ),
        ("placements", _count(report["placements"]), ""),
        ("integrations", _count(report["integrations"]), ""),
        ("referrals", _count(sum(states.values())), by_state),
        ("clients registered", _count(report["clients_registered"]), ""),
        ("events", _count(report["events"]), ""),
    ]


def _change(year: YearFacts) -> str:
    return f"{(year.recipients_last / year.recipients_first - 1) * 100:.2f} %"


def _count(value: int | None) -> str:
    return "n/a" if value is None else f"{value:,}"
