"""How the report's numbers, and the reasons where there are none, are told to people."""

from datetime import date
from typing import Any

from rich.console import Console

from lotse.report_table import WORDS, money, rows, table
from services.reporting.period import Reason
from services.reporting.views import Covered, Report, Sustained

TOLD = Report(
    from_month="2001-04",
    to_month="2002-03",
    month="2002-03",
    office=None,
    as_of=date(2002, 3, 31),
    reference_day=date(2002, 3, 31),
    complete=True,
    covered=Covered(since=date(2001, 4, 1), until=date(2002, 3, 31)),
    recipients=46560,
    households=28846,
    recipients_year_before=48470,
    change_on_year=-3.9,
    cases_open=1200,
    clients_registered=50000,
    referrals={"requested": 1000, "in_service": 234, "void": 0},
    expenditure_dem_minor=67_690_000_005,
    expenditure={"DEM": {"hlu": 123_456_07}, "EUR": {"hbl": 9_05}},
    placements=1234,
    integrations=900,
    sustained_6_months=Sustained(matured=10, sustained=4, failed=2, unknown=4, rate=66.67, reason=None),
    sustained_12_months=None,
    events=1_000_000,
    parked=0,
    reasons={"sustained_12_months": Reason.NO_MATURED_COHORT},
)


def shown(**changed: Any) -> dict[str, tuple[str, str]]:
    """Value and remark by the figure's name."""
    figures = TOLD.model_copy(update=changed).model_dump(mode="json", by_alias=True)
    return {name.strip(): (value, remark) for name, value, remark in rows(figures)}


def printed(**changed: Any) -> str:
    figures = TOLD.model_copy(update=changed).model_dump(mode="json", by_alias=True)
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table(figures))
    return " ".join(capture.get().split())


def test_numbers_have_separators_and_units() -> None:
    told = {name: value for name, (value, _) in shown().items()}
    assert told["recipients"] == "46,560"
    assert told["change on the year"] == "-3.90 %"
    assert told["expenditure"] == "676,900,000.05 DM"
    assert told["HLU, paid in DM"] == "123,456.07 DM"
    assert told["HBL, paid in EUR"] == "9.05 EUR"


def test_money_is_exact_beyond_what_a_float_holds_and_below_zero() -> None:
    assert money(9_007_199_254_740_993_01, "EUR") == "9,007,199,254,740,993.01 EUR"
    assert money(-5, "DEM") == "-0.05 DM"


def test_referrals_are_summed_and_told_by_state() -> None:
    told = shown()
    assert (told["referrals"][0], told["requested"][0], told["in service"][0]) == ("1,234", "1,000", "234")
    assert "void" not in told


def test_what_cannot_be_told_has_its_reason_in_words() -> None:
    told = shown(recipients_year_before=None, reasons={"recipients_year_before": Reason.BEFORE_RECORDS})
    assert told["recipients a year before"] == ("n/a", "before the first client was registered")
    assert shown()["sustained after 12 months"] == ("n/a", "nobody began work long enough ago")


def test_a_cohort_without_a_known_outcome_is_no_nought() -> None:
    unknown = Sustained(matured=3, sustained=0, failed=0, unknown=3, rate=None, reason=Reason.OUTCOME_UNKNOWN)
    assert shown(sustained_6_months=unknown)["sustained after 6 months"] == ("n/a", "nobody's outcome is known yet")
    assert shown()["sustained after 6 months"] == ("66.67 %", "of 10: 4 sustained, 2 failed, 4 unknown")


def test_every_reason_of_reporting_has_words() -> None:
    assert WORDS.keys() == {reason.value for reason in Reason}


def test_below_the_table_stands_what_the_figures_rest_on() -> None:
    text = printed(complete=False, parked=3)
    assert "As of 2002-03-31, from 1,000,000 events." in text
    assert "these figures still change" in text
    assert "3 clients are parked" in text
    assert "parked" not in printed()
