"""Who read or wrote which client's file, when and what for (services/runtime/audit.py)."""

from alembic import op

from services.runtime.tables import Access, create_runtime_tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_runtime_tables(op, [Access])


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
