"""What is released: the figures of domain.md section 6 with their two-way tables, in families.

Rates are not in it: who reads a release divides what it tells (the code book says by what). Not told either: exits
from aid, because with the stocks of two months they give those who came, and medians, which tell of single persons.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from contracts.words import Department, Sex
from services.reporting.release.families import Dimension, Family, Share

FORMAT: Final = 2
"""1: totals by office. 2: two-way tables, referrals and plans too. A month is restated in the format of its release."""
OUTCOMES: Final = (6, 12)
"""Months after the start at which an integration is sustained or not."""
UNKNOWN: Final = "unknown"
AGE_BANDS: Final = ("0-14", "15-24", "25-54", "55-64", "65-and-over")
ABILITY: Final = ("activated", "available", "protected")
"""Of those able to work; `unable` is the rest."""
ENTRIES: Final = {
    "job_scheme": "job_schemes",
    "minor_job": "minor_jobs",
    "qualification_measure": "qualification_measures",
    "job_beside_aid": "jobs_beside_aid",
}
"""Placements that are no integrations, and the figure that counts them; `further` jobs of a person are the rest."""

_RECIPIENTS: Final = Family(
    "recipients", ("households", "further_members"), whole="recipients", broken_down=("recipients",)
)
_CASES: Final = Family("cases", ("cases_open",), broken_down=("cases_open",))
_JOBS: Final = Family(
    "jobs",
    ("integrations", "other_placements"),
    whole="placements",
    broken_down=("integrations", "other_placements"),
)
_PAYEES: Final = Family("payees", ("payees",), amounts=("paid_dem", "paid_eur"))
_SEX: Final = Dimension("sex", (*(sex.value for sex in Sex), UNKNOWN), Share.ONE, rest=UNKNOWN)
_AGE: Final = Dimension("age_band", (*AGE_BANDS, UNKNOWN), Share.ONE, rest=UNKNOWN)
_DEPARTMENT: Final = Dimension("department", tuple(department.value for department in Department), Share.ANY)
_ABILITY: Final = Dimension("ability", (*ABILITY, "unable"), Share.ONE, rest="unable")
_ENTRY: Final = Dimension("entry", (*ENTRIES, "further"), Share.ONE, rest="further", figures=("other_placements",))


def families(form: int, agencies: Sequence[str], sustained: Mapping[int, int]) -> tuple[Family, ...]:
    """All families of a format. `sustained`: of `OUTCOMES` those that can be known by now, with the version of the
    month that could tell them first."""
    if form == 1:
        return _RECIPIENTS, _CASES, _JOBS, _PAYEES
    agency = Dimension("agency", (*agencies, UNKNOWN), Share.ONE, rest=UNKNOWN)
    shared = Dimension("agency", tuple(agencies), Share.ANY)
    return (
        _with(_RECIPIENTS, _SEX, _AGE, _DEPARTMENT, _ABILITY),
        _with(_CASES, _SEX, _AGE, _DEPARTMENT),
        _with(_JOBS, _SEX, _AGE, _DEPARTMENT, shared, _ENTRY, *(_outcome(n, since) for n, since in sustained.items())),
        _PAYEES,
        Family(
            "referrals_requested",
            ("loops_answered", "loops_open"),
            whole="referrals_requested",
            broken_down=("loops_answered", "loops_open"),
            dimensions=(agency,),
        ),
        *(
            Family(name, (name,), broken_down=(name,), dimensions=(agency,))
            for name in (
                "referrals_accepted",
                "referrals_declined_by_partner",
                "referrals_declined_by_client",
                "referrals_expired",
            )
        ),
        Family("plans", ("plans_referred", "plans_never_referred")),
    )


def _outcome(months: int, since: int) -> Dimension:
    """Unknown is not failed."""
    return Dimension(
        f"after_{months}_months",
        ("sustained", "failed", UNKNOWN),
        Share.ONE,
        rest=UNKNOWN,
        figures=("integrations",),
        since=since,
    )


def _with(family: Family, *dimensions: Dimension) -> Family:
    return Family(family.name, family.parts, family.whole, family.amounts, family.broken_down, dimensions)
