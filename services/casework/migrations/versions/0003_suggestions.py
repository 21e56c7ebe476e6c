"""What casework suggests to case managers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _code(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), primary_key=key, nullable=optional)


def upgrade() -> None:
    op.create_table(
        "suggestion",
        _code("item_id", key=True),
        _code("person_id"),
        _code("case_id"),
        _code("kind"),
        _code("referral_id", optional=True),
        _code("placement_id", optional=True),
        _code("merge_id", optional=True),
        sa.Column("reopenable", sa.Boolean, nullable=False),
        sa.Column("made_on", sa.Date, nullable=False),
        sa.Column("settled_on", sa.Date, nullable=True),
        _code("outcome", optional=True),
        _code("settled_by", optional=True),
    )
    op.create_index("ix_suggestion_case_id", "suggestion", ["case_id"])
    op.execute("update state set document = jsonb_set(document, '{casework,suggestions}', '[]')")


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
