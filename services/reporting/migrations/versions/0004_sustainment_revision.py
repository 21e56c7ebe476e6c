"""Outcomes that are told again: each revision stays, so that what was known on a day can still be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sustainment_check", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    op.alter_column("sustainment_check", "revision", server_default=None)
    op.drop_constraint("sustainment_check_pkey", "sustainment_check")
    op.create_primary_key("sustainment_check_pkey", "sustainment_check", ["placement_id", "months", "revision"])
