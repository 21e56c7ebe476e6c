"""Payments that were made in error and taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_reversal",
        sa.Column("payment_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("reversed_on", sa.Date, nullable=False),
    )
