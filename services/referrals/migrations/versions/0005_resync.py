"""Requests of agencies to be told of all their referrals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "resync_request",
        sa.Column("agency", sa.Text(collation="C"), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("offset", sa.BigInteger, primary_key=True),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("reached", sa.Text(collation="C"), nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
