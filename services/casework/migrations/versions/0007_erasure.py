"""When a client was erased, in the states: nobody yet."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""update state set document = document || '{"erased_on": null}'""")


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
