"""The runtime's tables and intake's own. Ids and codes compare by bytes."""

import sqlalchemy as sa
from alembic import op

from services.runtime.tables import create_runtime_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _code(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), primary_key=key, nullable=optional)


def _day(name: str, *, key: bool = False, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date, primary_key=key, nullable=optional)


def _minor() -> sa.Column[int]:
    return sa.Column("minor", sa.BigInteger, nullable=False)


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional)


def upgrade() -> None:
    create_runtime_tables(op)
    _mirrors()
    _facts()
    _kept()


def _mirrors() -> None:
    op.create_table(
        "client",
        _code("person_id", key=True),
        _code("office"),
        _code("district"),
        _day("registered_on"),
        _day("departed_on", optional=True),
    )
    op.create_table(
        "membership",
        _code("person_id", key=True),
        _day("since", key=True),
        _code("household_id", optional=True),
        sa.Column("head", sa.Boolean, nullable=False),
    )
    op.create_index("membership_household", "membership", ["household_id"])
    op.create_table(
        "benefit",
        _code("benefit_id", key=True),
        _day("since", key=True),
        _day("until", optional=True),
        _code("person_id"),
        _code("kind"),
        _minor(),
        _code("currency"),
    )
    op.create_index("benefit_person", "benefit", ["person_id"])


def _facts() -> None:
    op.create_table("household", _code("household_id", key=True))
    op.create_table(
        "payment",
        _code("household_id", key=True),
        _code("kind", key=True),
        _code("month", key=True),
        _code("payment_id"),
        _code("person_id"),
        _day("paid_on"),
        _minor(),
        _code("currency"),
    )
    op.create_table(
        "possible_duplicate",
        _code("person_id", key=True),
        _code("other_id", key=True),
        sa.Column("similarity", sa.Integer, nullable=False),
        _day("found_on"),
    )


def _kept() -> None:
    op.create_table(
        "identity",
        _code("person_id", key=True),
        _text("given_name"),
        _text("family_name"),
        _day("birth_date"),
        _text("street"),
        _text("house_number"),
        _code("postcode"),
        _text("phone", optional=True),
    )
    op.create_table("identity_key", _code("digest", key=True), _code("likeness"), _code("person_id"))
    op.create_index("identity_key_likeness", "identity_key", ["likeness"])
    op.create_table(
        "household_number",
        _code("office", key=True),
        sa.Column("number", sa.Text(collation="C"), primary_key=True),
        _code("household_id"),
    )
