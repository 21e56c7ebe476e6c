"""Payments that were taken back; a household's month may then be paid again, so a payment is named by its own id."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("payment_pkey", "payment", type_="primary")
    op.create_primary_key("payment_pkey", "payment", ["payment_id"])
    op.create_index("payment_household", "payment", ["household_id", "kind", "month"])
    op.create_table(
        "payment_reversal",
        sa.Column("payment_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("reversed_on", sa.Date, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
    )
