"""Facts that rates and breakdowns rest on. What was folded before lacks them: everything is folded again.

Facts come from events alone, and event topics are kept for ever: without its offsets reporting reads them from the
beginning when it next starts. Releases stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FOLDED = (
    "registration",
    "responsible_office",
    "household_membership",
    "benefit_start",
    "benefit_end",
    "payment",
    "payment_reversal",
    "departure",
    "client_merge",
    "client_unmerge",
    "case_move",
    "referral_move",
    "placement_report",
    "placement_confirmation",
    "placement_void",
    "sustainment_check",
    "parked_record",
    "parked_subject",
)
TOPICS = "('intake.person.v1', 'casework.case.v1', 'referrals.referral.v1')"


def _id(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), primary_key=key, nullable=False)


def _code(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=True)


def _day(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=optional)


def _of_person() -> tuple[sa.Column[str], sa.Column[int]]:
    return _id("person_id", key=True), sa.Column("sequence", sa.BigInteger, primary_key=True)


def upgrade() -> None:
    for table in FOLDED:
        op.execute(f"delete from {table}")
    op.execute(f"delete from consumed_offset where topic in {TOPICS}")
    op.execute(f"delete from ledger where topic in {TOPICS}")
    op.add_column("referral_move", _code("declined_by"))
    op.add_column("placement_report", sa.Column("hours_per_week", sa.Integer, nullable=False))
    op.create_table("characteristic", *_of_person(), _code("sex"), _code("birth_month"))
    op.create_table("triage", *_of_person(), _day("since"), _id("departments"))
    able = sa.Column("able", sa.Boolean, nullable=False)
    op.create_table("assessment", *_of_person(), _day("assessed_on"), able)
    span = _day("valid_from"), _day("valid_until", optional=True)
    op.create_table("protection", _id("protection_id", key=True), _id("person_id"), *span)
    op.create_table("protection_clearing", *_of_person(), _id("protection_id"), _day("cleared_on"))
    op.create_table("plan_agreement", *_of_person(), _id("case_id"), _day("agreed_on"))
    op.create_table("placement_end", *_of_person(), _id("placement_id"), _day("ended_on"))
