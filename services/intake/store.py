"""Intake's tables beside the states: rows that mirror states, facts of events, and what stands in no event.

Rows are upserted whole by primary key and never deleted. Minor units are Pfennig or cent.
"""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar, Final

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from contracts.events.intake import BenefitPaid, HouseholdChanged, IdentityRecorded, PossibleDuplicateFound
from services.intake.domain.client import Benefit, Client
from services.intake.domain.identity import Identity
from services.runtime.decision import Message


class IntakeTable(SQLModel):
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
    """A household's aid of one kind for a month was paid: there is no second time."""

    __tablename__ = "payment"

    household_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    payment_id: str
    person_id: str
    paid_on: date
    minor: int = Field(sa_type=sa.BigInteger)
    currency: str


class PossibleDuplicateRow(IntakeTable, table=True):
    """A review item: two records may be one person. The pair is told under both keys; it stands here once."""

    __tablename__ = "possible_duplicate"

    person_id: str = Field(primary_key=True)
    other_id: str = Field(primary_key=True)
    similarity: int
    found_on: date


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


class IdentityKey(IntakeTable, table=True):
    """Every identity that was ever recorded leads to one person (I2); `likeness` leaves the address out."""

    __tablename__ = "identity_key"

    digest: str = Field(primary_key=True)
    likeness: str = Field(index=True)
    person_id: str


class HouseholdNumber(IntakeTable, table=True):
    """An office's own number of a household, as its files have it."""

    __tablename__ = "household_number"

    office: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    household_id: str


REBUILT: Final = (ClientRow, MembershipRow, BenefitRow, HouseholdRow, PaymentRow, PossibleDuplicateRow)
KEPT: Final = (IdentityRow, IdentityKey, HouseholdNumber)


def index(client: Client) -> Iterator[SQLModel]:
    """The rows that mirror a client's state."""
    if client.registered_on is None:
        return
    yield ClientRow.model_construct(
        person_id=client.person_id,
        office=client.residence.office,
        district=client.residence.district,
        registered_on=client.registered_on,
        departed_on=client.departed_on,
    )
    for one in client.memberships:
        yield MembershipRow.model_construct(
            person_id=client.person_id, since=one.since, household_id=one.household_id, head=one.head
        )
    for benefit in client.benefits:
        yield from _amounts(client.person_id, benefit)


def _amounts(person_id: str, benefit: Benefit) -> Iterator[BenefitRow]:
    for step, amount in enumerate(benefit.amounts):
        following = benefit.amounts[step + 1].since if step + 1 < len(benefit.amounts) else None
        ends = [day for day in (following, benefit.ended_on) if day is not None]
        yield BenefitRow.model_construct(
            benefit_id=benefit.benefit_id,
            since=amount.since,
            until=min(ends, default=None),
            person_id=person_id,
            kind=benefit.kind.value,
            minor=amount.monthly.minor,
            currency=amount.monthly.currency.value,
        )


def project(message: Message) -> Iterator[SQLModel]:
    """The facts that stand in tables of their own."""
    match message.event:
        case HouseholdChanged(household_id=str() as household_id):
            yield HouseholdRow.model_construct(household_id=household_id)
        case BenefitPaid() as paid:
            yield PaymentRow.model_construct(
                household_id=paid.household_id,
                kind=paid.kind.value,
                month=paid.month,
                payment_id=paid.payment_id,
                person_id=paid.person_id,
                paid_on=paid.occurred_on,
                minor=paid.amount.minor,
                currency=paid.amount.currency.value,
            )
        case PossibleDuplicateFound() as found if found.person_id < found.other_id:
            yield PossibleDuplicateRow.model_construct(
                person_id=found.person_id,
                other_id=found.other_id,
                similarity=found.similarity,
                found_on=found.occurred_on,
            )
        case _:
            return


def identity_row(event: IdentityRecorded) -> IdentityRow:
    return IdentityRow(
        person_id=event.person_id,
        given_name=event.given_name,
        family_name=event.family_name,
        birth_date=event.birth_date,
        street=event.street,
        house_number=event.house_number,
        postcode=event.postcode,
        phone=event.phone,
    )


def identity_of(row: IdentityRow) -> Identity:
    return Identity(
        given_name=row.given_name,
        family_name=row.family_name,
        birth_date=row.birth_date,
        street=row.street,
        house_number=row.house_number,
        postcode=row.postcode,
        phone=row.phone,
    )
