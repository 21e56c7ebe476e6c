"""What assessments say in words. Of those before, date, author and codes are known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment",
        sa.Column("person_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("assessed_on", sa.Date, primary_key=True),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("ability", sa.Text(collation="C"), nullable=False),
        sa.Column("qualification", sa.Text(collation="C"), nullable=False),
        sa.Column("strengths", JSONB, nullable=False),
        sa.Column("wishes", JSONB, nullable=False),
    )
    op.execute("""
        insert into assessment
        select subject, (known ->> 'assessed_on')::date, known ->> 'author', known ->> 'ability',
          known ->> 'qualification', '[]', '[]'
        from (select subject, document -> 'assessment' as known from state) found
        where jsonb_typeof(known) = 'object'""")
