"""Clients as people look for them, from the names that the states hold."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KNOWN = "select subject, document -> 'identity' from state where jsonb_typeof(document -> 'identity') = 'object'"


def upgrade() -> None:
    client = op.create_table(
        "client",
        sa.Column("person_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("family_key", sa.Text(collation="C"), nullable=False),
        sa.Column("given_key", sa.Text(collation="C"), nullable=False),
        sa.Column("birth_date", sa.Date, nullable=False),
    )
    op.create_index("ix_client_family_key", "client", ["family_key"])
    op.create_index("ix_client_birth_date", "client", ["birth_date"])
    op.bulk_insert(client, list(_clients()))


def _clients() -> Iterator[dict[str, Any]]:
    for subject, identity in op.get_bind().execute(sa.text(_KNOWN)):
        yield {
            "person_id": subject,
            "family_key": _key(identity["family_name"]),
            "given_key": _key(identity["given_name"]),
            "birth_date": date.fromisoformat(identity["birth_date"]),
        }


def _key(name: str) -> str:
    """As `domain/names.py` had it when this was written."""
    bare = unicodedata.normalize("NFKD", name.casefold().translate(str.maketrans("łøđıæœ", "lodiao")))
    words = re.sub(r"[^a-z0-9]+", " ", "".join(letter for letter in bare if not unicodedata.combining(letter)))
    return re.sub(r"(?<=[aou])e", "", words).strip()


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
