"""Tables for questions over many referrals; each mirrors states (`index`) or a partner's announcement (`project`)."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import asyncpg
from sqlmodel import Field, SQLModel

from contracts.events.partners import AgencyResyncRequested, CapacityAnnounced
from contracts.topics import PERSON
from services.referrals.domain.client import Client
from services.referrals.domain.commands import Reconsider
from services.referrals.domain.machine import OPEN
from services.referrals.domain.moves import ERASABLE
from services.referrals.domain.resync import AnswerResync, Resync, TellAgain
from services.runtime.decision import Context, Message
from services.runtime.erasing import deletes
from services.runtime.tables import Row


class ReferralRow(Row, table=True):
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


class PlacementRow(Row, table=True):
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


class Capacity(Row, table=True):
    """The newest announcement of free places, by agency and service (R8)."""

    __tablename__ = "capacity"

    agency: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    places: int
    announced_on: date


class ResyncRequest(Row, table=True):
    """An agency's request to be told of all its referrals, by the place of its record."""

    __tablename__ = "resync_request"

    agency: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    offset: int = Field(primary_key=True)
    message_id: str
    reached: str = ""
    """Whom it was told of last; nobody once it is answered."""
    answered: bool = False


MIRRORS: Final = (ReferralRow, PlacementRow)

_MERGED_WITH_OPEN: Final = """select distinct r.person_id from referral r join alias a
on r.person_id in (a.subject, a.canonical) where r.state = any($1) order by 1"""


ERASURES: Final = (
    deletes("referral", "person_id"),
    deletes("placement", "person_id"),
    deletes("trace_link", "key"),
)

_PORTION: Final = 200
_ASKED: Final = """select agency, partition, "offset", message_id, reached, exists(select from resync_request o
where o.agency = r.agency and o.message_id = r.message_id and o.answered) as repeated
from resync_request r where not answered order by agency, partition, "offset" limit 1 for update"""
_CONCERNED: Final = """select distinct person_id from referral
where agency = $1 and person_id > $2 and state = any($3) order by 1 limit $4"""
_REACHED: Final = """update resync_request set reached = $4, answered = $5
where agency = $1 and partition = $2 and "offset" = $3"""


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
    if isinstance(event, AgencyResyncRequested) and event.agency == agency:
        yield ResyncRequest(agency=agency, partition=message.partition, offset=message.offset, message_id=message.id)


async def merged_with_open(db: asyncpg.Connection, _: Context) -> Sequence[Reconsider]:
    """Merged persons with an open referral: what forbids it may lie, dated ahead, in another of their records."""
    rows = await db.fetch(_MERGED_WITH_OPEN, sorted(state.value for state in OPEN))
    return [Reconsider(person_id=row[0]) for row in rows]


async def next_of_resync(db: asyncpg.Connection, context: Context) -> Sequence[TellAgain | AnswerResync]:
    """The next persons of whom an agency is told again, in order of request; then the answer to that request. While
    intake is behind nothing is told: the gate would leave out what is open."""
    row = None if PERSON.name in context.behind else await db.fetchrow(_ASKED)
    if row is None:
        return []
    asked = Resync(agency=row[0], partition=row[1], offset=row[2], message_id=row[3])
    states = sorted(state.value for state in OPEN | ERASABLE)
    found = [] if row["repeated"] else await db.fetch(_CONCERNED, asked.agency, row["reached"], states, _PORTION)
    reached = found[-1][0] if found else ""
    await db.execute(_REACHED, asked.agency, asked.partition, asked.offset, reached, not found)
    if not found:
        return [AnswerResync(resync=asked, repeated=row["repeated"])]
    return [TellAgain(resync=asked, person_id=one[0]) for one in found]
