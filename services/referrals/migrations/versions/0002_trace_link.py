"""Which trace first wrote to an agency about a key (services/runtime/tracing.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trace_link",
        sa.Column("agency", sa.Text(collation="C"), primary_key=True),
        sa.Column("key", sa.Text(collation="C"), primary_key=True),
        sa.Column("traceparent", sa.Text, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
