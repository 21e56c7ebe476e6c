"""The rates of reporting as a table for people. No figure is computed here."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from lotse.report_table import WORDS, Row, count, percent


def rates_table(rates: Mapping[str, Any]) -> Table:
    """Every rate with what it divides; one that cannot be told with the reason."""
    told = Table(title=f"Rates from {rates['from']} to {rates['to']}", title_justify="left")
    told.add_column("rate", style="bold")
    told.add_column("", justify="right", no_wrap=True)
    told.add_column("")
    for name, value, remark in rate_rows(rates):
        told.add_row(name, value, Text(remark, style="dim"))
    return told


def rate_rows(rates: Mapping[str, Any]) -> Iterator[Row]:
    """First those of the period, then those of its last month of which anything can be told."""
    reasons, waiting = rates["reasons"], rates["waiting"]
    yield _rate("integration rate", rates["integration"], reasons.get("integration"), "of the mean stock able to work")
    yield _rate(
        "acceptance rate", rates["acceptance"], reasons.get("acceptance"), "of what agencies decided or let expire"
    )
    yield _rate(
        "loop closure", rates["loop_closure"], reasons.get("loop_closure"), "within 90 days, of referrals so old"
    )
    if waiting is None:
        yield "time to first referral", "n/a", _why(reasons.get("waiting"))
    else:
        days = waiting["median_days"]
        never = waiting["never_referred"]
        remark = f"median of {count(waiting['plans'])} plans; never referred: {percent(never['rate']) or 'n/a'}"
        yield "time to first referral", "n/a" if days is None else f"{days:g} days", remark
    distinct = count(rates["distinct_recipients"])
    yield (
        "distinct recipients",
        distinct or "n/a",
        "on any day of the period" if distinct else _why(reasons.get("distinct_recipients")),
    )
    months = [month for month in rates["months"] if month["activation"]]
    if months:
        last = months[-1]
        yield _rate("activation rate", last["activation"], None, f"on the last day of {last['month']}")
        yield _rate("exits", last["exits"], last["reason"], f"in {last['month']}, of the stock before")


def _rate(name: str, found: Mapping[str, Any] | None, reason: str | None, of: str) -> Row:
    if found is None or found["rate"] is None:
        return name, "n/a", _why(reason or (found["reason"] if found else None))
    return name, percent(found["rate"]) or "n/a", f"{found['numerator']:,} of {found['denominator']:,.10g}, {of}"


def _why(reason: str | None) -> str:
    return WORDS.get(reason, reason.replace("_", " ")) if reason else ""
