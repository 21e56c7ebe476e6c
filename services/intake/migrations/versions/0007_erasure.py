"""Which records were erased, by whom and why; in the states, when."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""update state set document = document || '{"erased_on": null}'""")
    op.create_table(
        "erasure",
        sa.Column("person_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("erased_on", sa.Date, nullable=False),
        sa.Column("reason", sa.Text(collation="C"), nullable=False),
        sa.Column("basis", sa.Text(collation="C"), nullable=False),
        sa.Column("author", sa.Text(collation="C"), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
