"""How rates, and the reasons where there are none, are told to people."""

from datetime import date
from typing import Any

from lotse.rates_table import rate_rows
from services.reporting.period import Reason
from services.reporting.rates import MonthRates, Rate, Rates, Waiting

NONE = Rate(numerator=0, denominator=0, rate=None, reason=Reason.ZERO_DENOMINATOR)
TOLD = Rates(
    from_month="2001-04",
    to_month="2002-03",
    office=None,
    as_of=date(2002, 4, 1),
    distinct_recipients=3441,
    integration=Rate(numerator=89, denominator=543.25, rate=16.38),
    acceptance=NONE,
    declined_by_client=3,
    loop_closure=Rate(numerator=1436, denominator=2662, rate=53.94),
    waiting=Waiting(plans=295, median_days=4.5, never_referred=Rate(numerator=18, denominator=295, rate=6.1)),
    entries={},
    months=[
        MonthRates(
            month="2002-03",
            able_to_work=500,
            exits=None,
            activation=Rate(numerator=85, denominator=476, rate=17.86),
            reason=Reason.BEFORE_RECORDS,
        ),
        MonthRates(month="2002-04", able_to_work=None, exits=None, activation=None, reason=Reason.NOT_STARTED),
    ],
    reasons={},
)


def shown(**changed: Any) -> dict[str, tuple[str, str]]:
    found = TOLD.model_copy(update=changed).model_dump(mode="json", by_alias=True)
    return {name: (value, remark) for name, value, remark in rate_rows(found)}


def test_a_rate_is_told_with_what_it_divides() -> None:
    told = shown()
    assert told["integration rate"] == ("16.38 %", "89 of 543.25, of the mean stock able to work")
    assert told["loop closure"] == ("53.94 %", "1,436 of 2,662, within 90 days, of referrals so old")
    assert told["time to first referral"] == ("4.5 days", "median of 295 plans; never referred: 6.10 %")
    assert told["distinct recipients"][0] == "3,441"
    assert told["activation rate"] == ("17.86 %", "85 of 476, on the last day of 2002-03")


def test_what_cannot_be_told_has_its_reason_and_is_no_zero() -> None:
    told = shown(
        integration=None, waiting=None, reasons={"integration": Reason.BEFORE_RECORDS, "waiting": Reason.NOT_STARTED}
    )
    assert told["integration rate"] == ("n/a", "before the first client was registered")
    assert told["acceptance rate"] == ("n/a", "there is nobody to compare with")
    assert told["time to first referral"] == ("n/a", "in the future")
    assert told["exits"] == ("n/a", "before the first client was registered")
