"""Tables for questions over many referrals; each mirrors states (`index`) or a partner's announcement (`project`)."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import asyncpg
from sqlmodel import Field, SQLModel

from contracts.events.partners import CapacityAnnounced
from services.referrals.domain.client import Client
from services.referrals.domain.commands import Reconsider
from services.referrals.domain.machine import OPEN
from services.runtime.decision import Context, Message
from services.runtime.erasing import deletes


class ReferralRow(SQLModel, table=True):
    """A referral as it stands; the state document holds the rest."""

    __tablename__ = "referral"

    referral_id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    case_id: str
    agency: str
    service: str
    state: str = Field(index=True)
    reason: str | None
    drafted_on: date
    requested_on: date | None
    answer_by: date | None
    closed_on: date | None


class PlacementRow(SQLModel, table=True):
    """A placement as it stands."""

    __tablename__ = "placement"

    placement_id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    referral_id: str
    agency: str
    kind: str
    employer_id: str | None
    start: date
    hours_per_week: int
    credited: bool
    state: str = Field(index=True)
    confirmed_by: str | None
    ended_on: date | None
    superseded_by: str | None


class Capacity(SQLModel, table=True):
    """The newest announcement of free places, by agency and service (R8)."""

    __tablename__ = "capacity"

    agency: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    places: int
    announced_on: date


MIRRORS: Final = (ReferralRow, PlacementRow)

_MERGED_WITH_OPEN: Final = """select distinct r.person_id from referral r join alias a
on r.person_id in (a.subject, a.canonical) where r.state = any($1) order by 1"""


ERASURES: Final = (
    deletes("referral", "person_id"),
    deletes("placement", "person_id"),
    deletes("trace_link", "key"),
)


def index(client: Client) -> Iterator[SQLModel]:
    for referral in client.referrals:
        yield ReferralRow.model_construct(
            referral_id=referral.referral_id,
            person_id=client.person_id,
            case_id=referral.case_id,
            agency=referral.agency,
            service=referral.service.value,
            state=referral.state.value,
            reason=referral.reason,
            drafted_on=referral.drafted_on,
            requested_on=referral.requested_on,
            answer_by=referral.answer_by,
            closed_on=referral.closed_on,
        )
    for placement in client.placements:
        yield PlacementRow.model_construct(
            placement_id=placement.placement_id,
            person_id=client.person_id,
            referral_id=placement.referral_id,
            agency=placement.agency,
            kind=placement.kind.value,
            employer_id=placement.employer_id,
            start=placement.start,
            hours_per_week=placement.hours_per_week,
            credited=placement.credited,
            state=placement.state,
            confirmed_by=placement.confirmed_by,
            ended_on=placement.ended_on,
            superseded_by=placement.superseded_by,
        )


def project(message: Message) -> Iterator[SQLModel]:
    """Capacity is a statement about no person, so no client's state holds it."""
    event, agency = message.event, message.topic.agency
    if isinstance(event, CapacityAnnounced) and agency is not None:
        yield Capacity(agency=agency, service=event.service.value, places=event.places, announced_on=event.occurred_on)


async def merged_with_open(db: asyncpg.Connection, _: Context) -> Sequence[Reconsider]:
    """Merged persons with an open referral: what forbids it may lie, dated ahead, in another of their records."""
    rows = await db.fetch(_MERGED_WITH_OPEN, sorted(state.value for state in OPEN))
    return [Reconsider(person_id=row[0]) for row in rows]
