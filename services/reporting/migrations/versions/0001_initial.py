"""The runtime's tables and the dated facts. Texts compare by bytes: they are codes and ids, sorted by the million."""

import sqlalchemy as sa
from alembic import op

from services.runtime.tables import create_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _id(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), primary_key=key, nullable=optional)


def _code(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=optional)


def _day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=False)


def _of_person() -> tuple[sa.Column[str], sa.Column[int]]:
    """The key of a dated fact of one person."""
    return _id("person_id", key=True), sa.Column("sequence", sa.BigInteger, primary_key=True)


DAYS_WITHIN = """
create function days_within(since date, until date, days date[]) returns bigint immutable parallel safe
return (1::bigint << width_bucket(greatest(since, until) - 1, days)) - (1::bigint << width_bucket(since - 1, days))
"""
"""Days, ascending and at most 62, as bits: bit i is 1 where since <= days[i + 1] < until. What holds on many ends of
months is then one number, and a union of them `bit_or`."""


def upgrade() -> None:
    create_runtime_tables(op)
    op.execute(DAYS_WITHIN)
    _intake()
    _casework()
    _referrals()


def _intake() -> None:
    op.create_table("registration", *_of_person(), _day("registered_on"))
    op.create_table("responsible_office", *_of_person(), _day("since"), _code("office"))
    op.create_table(
        "household_membership",
        *_of_person(),
        _day("since"),
        _id("household_id", optional=True),
        sa.Column("head", sa.Boolean, nullable=False),
    )
    op.create_table("benefit_start", _id("benefit_id", key=True), _id("person_id"), _code("kind"), _day("since"))
    op.create_table("benefit_end", *_of_person(), _id("benefit_id"), _day("ended_on"))
    op.create_table(
        "payment",
        _id("payment_id", key=True),
        _id("person_id"),
        _code("kind"),
        _code("month"),
        _day("paid_on"),
        sa.Column("minor", sa.BigInteger, nullable=False),
        _code("currency"),
    )
    op.create_index("ix_payment_month", "payment", ["month"])
    op.create_table("departure", *_of_person(), _day("departed_on"), _code("reason"))
    op.create_table("client_merge", _id("merge_id", key=True), _id("loser_id"), _id("survivor_id"), _day("merged_on"))
    op.create_table("client_unmerge", _id("merge_id", key=True), _day("unmerged_on"))


def _casework() -> None:
    op.create_table(
        "case_move", *_of_person(), _id("case_id"), _day("moved_on"), sa.Column("is_open", sa.Boolean, nullable=False)
    )


def _referrals() -> None:
    op.create_table(
        "referral_move", *_of_person(), _id("referral_id"), _code("agency"), _code("state"), _day("moved_on")
    )
    op.create_table(
        "placement_report",
        _id("placement_id", key=True),
        _id("person_id"),
        _code("agency"),
        _code("kind"),
        _code("employer_id", optional=True),
        _day("started_on"),
        sa.Column("credited", sa.Boolean, nullable=False),
    )
    op.create_table("placement_confirmation", _id("placement_id", key=True), _id("person_id"), _day("started_on"))
    op.create_table("placement_void", _id("placement_id", key=True), _day("voided_on"))
    op.create_table(
        "sustainment_check",
        _id("placement_id", key=True),
        sa.Column("months", sa.Integer, primary_key=True),
        _day("checked_on"),
        _code("outcome"),
    )
