"""The releases of months and their restatements."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_version",
        sa.Column("month", sa.Text(collation="C"), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("told_on", sa.Date, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
    )
