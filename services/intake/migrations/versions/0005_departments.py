"""Which departments look after a client, and since when; of those assigned before, since the registration."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        update state set document = jsonb_set(document, '{departments_since}', document -> 'registered_on')
        where jsonb_array_length(document -> 'departments') > 0""")
    op.add_column("client", sa.Column("departments", JSONB, nullable=False, server_default="[]"))
    op.add_column("client", sa.Column("departments_since", sa.Date))
    op.alter_column("client", "departments", server_default=None)
    op.execute("""
        update client set departments = document -> 'departments',
          departments_since = (document ->> 'departments_since')::date
        from state where subject = person_id""")
    op.create_index("client_departments", "client", ["departments"])
