"""Who was erased, by the pseudonym under which their facts stand."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased",
        sa.Column("person_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("erased_on", sa.Date, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
