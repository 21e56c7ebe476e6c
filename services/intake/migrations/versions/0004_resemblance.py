"""Possible duplicates are found by keys that resembling identities share; and review items that were closed."""

import sqlalchemy as sa
from alembic import op

from services.intake.domain.identity import Identity
from services.intake.domain.resemblance import keys

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    blocks = op.create_table(
        "identity_block",
        sa.Column("key", sa.BigInteger, primary_key=True),
        sa.Column("person_id", sa.Text(collation="C"), primary_key=True),
    )
    op.create_table(
        "dismissed_duplicate",
        sa.Column("person_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("other_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("dismissed_on", sa.Date, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
    )
    op.drop_column("identity_key", "likeness")
    _fill(blocks)


def _fill(blocks: sa.Table) -> None:
    """The keys of everyone who is known already."""
    rows = op.get_bind().execute(sa.text("select * from identity")).mappings().all()
    for start in range(0, len(rows), 1000):
        found = []
        for row in rows[start : start + 1000]:
            identity = Identity(
                given_name=row["given_name"],
                family_name=row["family_name"],
                birth_date=row["birth_date"],
                street=row["street"],
                house_number=row["house_number"],
                postcode=row["postcode"],
            )
            found += [{"key": key, "person_id": row["person_id"]} for key in keys(identity)]
        op.bulk_insert(blocks, found)
