"""A report of reporting as a table for people. No figure is computed here."""

from collections.abc import Iterator
from typing import Any, Final

from rich.table import Table
from rich.text import Text

WORDS: Final = {
    "no_business_day": "no day has started yet",
    "before_records": "before the first client was registered",
    "not_started": "in the future",
    "month_not_over": "the month is not over",
    "zero_denominator": "there is nobody to compare with",
    "no_matured_cohort": "nobody began work long enough ago",
    "outcome_unknown": "nobody's outcome is known yet",
}
"""Why reporting has no number, by its code."""
Row = tuple[str, str, str]
"""Name, value and a remark."""


def table(figures: dict[str, Any]) -> Table:
    """Every figure with its unit in a row; one that cannot be told with the reason."""
    told = Table(title=f"From {figures['from']} to {figures['to']}", title_justify="left", caption_justify="left")
    told.add_column("figure", style="bold")
    told.add_column("", justify="right", no_wrap=True)
    told.add_column("")
    for name, value, remark in rows(figures):
        told.add_row(name, value, Text(remark, style="dim"))
    told.caption = " ".join(_notes(figures))
    return told


def rows(figures: dict[str, Any]) -> Iterator[Row]:
    """First what is counted on one day, then what happened in the period."""
    reasons = figures["reasons"]
    day = figures["reference_day"] or figures["month"]

    def told(label: str, name: str, text: str | None, remark: str = "") -> Row:
        return (label, "n/a", _why(reasons.get(name))) if text is None else (label, text, remark)

    yield told("recipients", "recipients", count(figures["recipients"]), f"on {day}")
    yield told("recipients a year before", "recipients_year_before", count(figures["recipients_year_before"]))
    yield told("change on the year", "change_on_year", percent(figures["change_on_year"]))
    yield told("households", "households", count(figures["households"]), f"on {day}")
    yield told("clients registered", "clients_registered", count(figures["clients_registered"]))
    yield told("open cases", "cases_open", count(figures["cases_open"]))
    states = figures["referrals"]
    yield told("referrals", "referrals", None if states is None else count(sum(states.values())))
    yield from ((f"  {state.replace('_', ' ')}", count(n) or "", "") for state, n in (states or {}).items() if n)
    yield told("expenditure", "expenditure_dem_minor", money(figures["expenditure_dem_minor"], "DEM"), "in the period")
    for currency, kinds in (figures["expenditure"] or {}).items():
        yield from (
            (f"  {kind.upper()}, paid in {_SIGNS[currency]}", money(n, currency) or "", "") for kind, n in kinds.items()
        )
    yield told("placements", "placements", count(figures["placements"]), "in the period")
    yield told("integrations", "integrations", count(figures["integrations"]), "in the period")
    for months in (6, 12):
        name = f"sustained_{months}_months"
        yield _sustained(f"sustained after {months} months", figures[name], reasons.get(name))


def count(number: int | None) -> str | None:
    return None if number is None else f"{number:,}"


def percent(number: float | None) -> str | None:
    return None if number is None else f"{number:.2f} %"


_SIGNS: Final = {"DEM": "DM", "EUR": "EUR"}


def money(minor: int | None, currency: str) -> str | None:
    """Minor units as an amount, without a float on the way."""
    if minor is None:
        return None
    whole, part = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole:,}.{part:02} {_SIGNS[currency]}"


def _sustained(label: str, found: dict[str, Any] | None, reason: str | None) -> Row:
    if found is None:
        return label, "n/a", _why(reason)
    outcomes = ", ".join(f"{count(found[name])} {name}" for name in ("sustained", "failed", "unknown"))
    rate = percent(found["rate"])
    return label, rate or "n/a", f"of {count(found['matured'])}: {outcomes}" if rate else _why(found["reason"])


def _why(reason: str | None) -> str:
    return WORDS.get(reason, reason.replace("_", " ")) if reason else ""


def _notes(figures: dict[str, Any]) -> Iterator[str]:
    if figures["as_of"] is not None:
        yield f"As of {figures['as_of']}, from {count(figures['events'])} events."
    covered = figures["covered"]
    if covered is not None:
        yield f"The books cover {covered['since']} to {covered['until']} of the period."
    if not figures["complete"]:
        yield "It is not over: these figures still change."
    if figures["parked"]:
        yield f"{count(figures['parked'])} clients are parked: their later events are missing (`lotse dlq list`)."
    yield figures["definitions"]
