"""When a client was erased, and which agencies were told so, in the states: nobody yet."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""update state set document = document || '{"erased_on": null, "told_to_erase": []}'""")


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
