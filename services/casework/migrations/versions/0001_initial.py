"""The runtime's tables and casework's own. Ids and codes compare by bytes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.runtime.tables import create_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _code(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), primary_key=key, nullable=optional)


def _day(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=optional)


def _number(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=key, nullable=optional)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False)


def upgrade() -> None:
    create_runtime_tables(op)
    _mirrors()
    _timeline()
    _kept()


def _mirrors() -> None:
    op.create_table(
        "cases",
        _code("case_id", key=True),
        _code("person_id"),
        _code("office"),
        _code("case_manager", optional=True),
        _code("state"),
        _day("opened_on"),
        _day("queued_on", optional=True),
        _number("plan_version", optional=True),
    )
    op.create_index("ix_cases_office", "cases", ["office"])
    op.create_index("ix_cases_case_manager", "cases", ["case_manager"])
    op.create_table(
        "reconciliation_item",
        _code("item_id", key=True),
        _code("person_id"),
        _code("case_id"),
        _code("referral_id"),
        _code("message_id"),
        _code("code"),
        _day("opened_on"),
        _day("resolved_on", optional=True),
        _code("resolved_by", optional=True),
    )
    op.create_index("ix_reconciliation_item_case_id", "reconciliation_item", ["case_id"])


def _timeline() -> None:
    op.create_table(
        "timeline",
        _code("event_id", key=True),
        _code("person_id"),
        _day("occurred_on"),
        _code("topic"),
        _number("sequence"),
        _code("type"),
        _code("referral_id", optional=True),
        _code("agency", optional=True),
        _json("data"),
    )
    op.create_index("ix_timeline_person_id", "timeline", ["person_id"])


def _kept() -> None:
    op.create_table(
        "case_manager",
        _code("staff_id", key=True),
        _code("office"),
        _day("since"),
        _number("caseload_limit", optional=True),
    )
    op.create_table(
        "plan_text",
        _code("case_id", key=True),
        _number("plan_version", key=True),
        _code("author"),
        _json("strengths"),
        _json("duties_client"),
        _json("duties_office"),
    )
