"""HTTP: what case managers ask and order of referrals and placements directly. Offers are asked for at casework."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlmodel import col, or_, select

from contracts.words import Uuid
from services.referrals.domain.client import Client
from services.referrals.domain.commands import ConfirmPlacement, NoSuchReferral, VoidReferral
from services.referrals.domain.machine import State
from services.referrals.store import Capacity, PlacementRow, ReferralRow
from services.referrals.views import CapacityLine, PlacementLine, ReferralLine, ReferralView
from services.runtime.audit import about
from services.runtime.tables import Alias
from services.runtime.web import Call, Caller, Reads, load_state

router = APIRouter()
Id = Annotated[Uuid, Path()]
Optional = Annotated[Uuid | None, Query()]
Word = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/referrals")
async def list_referrals(
    reads: Reads,
    _: Caller,
    state: State | None = None,
    agency: Word = None,
    person_id: Optional = None,
    limit: Limit = 1000,
) -> list[ReferralLine]:
    """By the day of the draft. `person_id` stands for all records of that person."""
    query = select(ReferralRow).order_by(col(ReferralRow.drafted_on), col(ReferralRow.referral_id)).limit(limit)
    if state is not None:
        query = query.where(ReferralRow.state == state.value)
    if agency is not None:
        query = query.where(ReferralRow.agency == agency)
    if person_id is not None:
        query = query.where(col(ReferralRow.person_id).in_(await _records(reads, person_id)))
    rows = list(await reads.exec(query))
    about(reads, (row.person_id for row in rows))
    return [ReferralLine.model_validate(row) for row in rows]


@router.get("/referrals/{referral_id}")
async def show_referral(referral_id: Id, reads: Reads, _: Caller) -> ReferralView:
    client = await load_state(reads, Client, referral_id)
    found = client.referral(referral_id) if isinstance(client, Client) else None
    if found is None:
        raise NoSuchReferral
    return ReferralView.of(client, found)


@router.post("/referrals/{referral_id}/void")
async def void_referral(referral_id: Id, call: Call) -> Response:
    """Entered in error: from any state, terminal ones too."""
    return await call.execute(VoidReferral(referral_id=referral_id))


@router.get("/placements")
async def list_placements(
    reads: Reads,
    _: Caller,
    state: Annotated[str | None, Query(pattern="^(reported|confirmed|ended|voided)$")] = None,
    agency: Word = None,
    person_id: Optional = None,
    referral_id: Optional = None,
    limit: Limit = 1000,
) -> list[PlacementLine]:
    """By start."""
    query = select(PlacementRow).order_by(col(PlacementRow.start), col(PlacementRow.placement_id)).limit(limit)
    if state is not None:
        query = query.where(PlacementRow.state == state)
    if agency is not None:
        query = query.where(PlacementRow.agency == agency)
    if referral_id is not None:
        query = query.where(PlacementRow.referral_id == referral_id)
    if person_id is not None:
        query = query.where(col(PlacementRow.person_id).in_(await _records(reads, person_id)))
    rows = list(await reads.exec(query))
    about(reads, (row.person_id for row in rows))
    return [PlacementLine.model_validate(row) for row in rows]


@router.post("/placements/{placement_id}/confirmation")
async def confirm_placement(placement_id: Id, call: Call) -> Response:
    """A case manager confirms what the agency reported, before its start would."""
    return await call.execute(ConfirmPlacement(placement_id=placement_id))


@router.get("/capacity")
async def list_capacity(reads: Reads, _: Caller) -> list[CapacityLine]:
    """The places that agencies have announced last; no person is in question."""
    query = select(Capacity).order_by(Capacity.agency, Capacity.service)
    return [CapacityLine.model_validate(row) for row in await reads.exec(query)]


async def _records(reads: Reads, person_id: str) -> set[str]:
    """All ids of one person: what this one was merged into, and whatever else was."""
    found: set[str] = set()
    more = {person_id}
    while more - found:
        found |= more
        linked = or_(col(Alias.subject).in_(found), col(Alias.canonical).in_(found))
        more = {
            name for alias in await reads.exec(select(Alias).where(linked)) for name in (alias.subject, alias.canonical)
        }
    return found
