"""The runtime's tables, and what mirrors referrals, placements and announced capacity."""

import sqlalchemy as sa
from alembic import op

from services.runtime.tables import create_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[str]:
    """Ids and codes compare by bytes."""
    return sa.Column(name, sa.Text(collation="C"), primary_key=key, nullable=optional)


def upgrade() -> None:
    create_runtime_tables(op)
    op.create_table(
        "referral",
        _text("referral_id", key=True),
        _text("person_id"),
        _text("case_id"),
        _text("agency"),
        _text("service"),
        _text("state"),
        _text("reason", optional=True),
        sa.Column("drafted_on", sa.Date, nullable=False),
        sa.Column("requested_on", sa.Date),
        sa.Column("answer_by", sa.Date),
        sa.Column("closed_on", sa.Date),
    )
    op.create_index("ix_referral_person_id", "referral", ["person_id"])
    op.create_index("ix_referral_state", "referral", ["state"])
    op.create_table(
        "placement",
        _text("placement_id", key=True),
        _text("person_id"),
        _text("referral_id"),
        _text("agency"),
        _text("kind"),
        _text("employer_id", optional=True),
        sa.Column("start", sa.Date, nullable=False),
        sa.Column("hours_per_week", sa.Integer, nullable=False),
        sa.Column("credited", sa.Boolean, nullable=False),
        _text("state"),
        _text("confirmed_by", optional=True),
        sa.Column("ended_on", sa.Date),
        _text("superseded_by", optional=True),
    )
    op.create_index("ix_placement_person_id", "placement", ["person_id"])
    op.create_index("ix_placement_state", "placement", ["state"])
    op.create_table(
        "capacity",
        _text("agency", key=True),
        _text("service", key=True),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("announced_on", sa.Date, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
