"""Intake's tables beside the states: rows that mirror states, facts of events, and what stands in no event.

Rows are upserted whole by primary key, and deleted only when a client is erased. Minor units are Pfennig or cent.
"""

from datetime import date
from typing import ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.runtime.tables import Row


class IntakeTable(Row):
    """Every service has a database, and so a catalogue of tables, of its own."""

    metadata: ClassVar[sa.MetaData] = sa.MetaData()


class ClientRow(IntakeTable, table=True):
    """A registered client, as of their latest facts."""

    __tablename__ = "client"

    person_id: str = Field(primary_key=True)
    office: str
    district: str
    registered_on: date
    departed_on: date | None = None
    departments: list[str] = Field(sa_type=JSONB)
    departments_since: date | None = None


class MembershipRow(IntakeTable, table=True):
    """From `since` the client belongs to this household, until their next row's day."""

    __tablename__ = "membership"

    person_id: str = Field(primary_key=True)
    since: date = Field(primary_key=True)
    household_id: str | None = Field(default=None, index=True)
    head: bool


class BenefitRow(IntakeTable, table=True):
    """A benefit's monthly amount from `since` to the day before `until` (None: open); never, if that is no later."""

    __tablename__ = "benefit"

    benefit_id: str = Field(primary_key=True)
    since: date = Field(primary_key=True)
    until: date | None = None
    person_id: str = Field(index=True)
    kind: str
    minor: int = Field(sa_type=sa.BigInteger)
    currency: str


class HouseholdRow(IntakeTable, table=True):
    """A household to which someone has belonged. Its lock puts its payments in order."""

    __tablename__ = "household"

    household_id: str = Field(primary_key=True)


class PaymentRow(IntakeTable, table=True):
    """A household's aid of one kind for a month was paid: there is no second time, unless it was taken back."""

    __tablename__ = "payment"
    __table_args__ = (sa.Index("payment_household", "household_id", "kind", "month"),)

    payment_id: str = Field(primary_key=True)
    household_id: str
    kind: str
    month: str
    person_id: str
    paid_on: date
    minor: int = Field(sa_type=sa.BigInteger)
    currency: str


class PaymentReversalRow(IntakeTable, table=True):
    """The payment was made in error and is taken back."""

    __tablename__ = "payment_reversal"

    payment_id: str = Field(primary_key=True)
    reversed_on: date
    author: str


class PossibleDuplicateRow(IntakeTable, table=True):
    """A review item: two records may be one person. The pair is told under both keys; it stands here once."""

    __tablename__ = "possible_duplicate"

    person_id: str = Field(primary_key=True)
    other_id: str = Field(primary_key=True)
    similarity: int
    found_on: date


class DismissedDuplicateRow(IntakeTable, table=True):
    """The two records of a review item are two persons: it is closed for good. Told under both keys, here once."""

    __tablename__ = "dismissed_duplicate"

    person_id: str = Field(primary_key=True)
    other_id: str = Field(primary_key=True)
    dismissed_on: date
    author: str


class IdentityRow(IntakeTable, table=True):
    """The newest name and address, for commands that change a part of it."""

    __tablename__ = "identity"

    person_id: str = Field(primary_key=True)
    given_name: str
    family_name: str
    birth_date: date
    street: str
    house_number: str
    postcode: str
    phone: str | None = None


class ErasureRow(IntakeTable, table=True):
    """A record was erased: by id alone, when, why, on what ground and by whom."""

    __tablename__ = "erasure"

    person_id: str = Field(primary_key=True)
    erased_on: date
    reason: str
    basis: str
    author: str


class AssessmentRow(IntakeTable, table=True):
    """An assessment in words (I6), with its author; a second one of the same day replaces it."""

    __tablename__ = "assessment"

    person_id: str = Field(primary_key=True)
    assessed_on: date = Field(primary_key=True)
    author: str
    ability: str
    qualification: str
    strengths: list[str] = Field(sa_type=JSONB)
    wishes: list[str] = Field(sa_type=JSONB)


class IdentityKey(IntakeTable, table=True):
    """Every identity that was ever recorded leads to one person (I2)."""

    __tablename__ = "identity_key"

    digest: str = Field(primary_key=True)
    person_id: str


class IdentityBlock(IntakeTable, table=True):
    """Under which keys a person's identities are looked for by those that resemble them (`domain/resemblance.py`)."""

    __tablename__ = "identity_block"

    key: int = Field(primary_key=True, sa_type=sa.BigInteger)
    person_id: str = Field(primary_key=True)


class HouseholdNumber(IntakeTable, table=True):
    """An office's own number of a household, as its files have it."""

    __tablename__ = "household_number"

    office: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    household_id: str


REBUILT: Final = (
    ClientRow,
    MembershipRow,
    BenefitRow,
    HouseholdRow,
    PaymentRow,
    PaymentReversalRow,
    PossibleDuplicateRow,
    DismissedDuplicateRow,
)
KEPT: Final = (IdentityRow, AssessmentRow, IdentityKey, IdentityBlock, HouseholdNumber, ErasureRow)
