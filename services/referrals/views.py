"""What a GET answers. Contact data is in no view: it goes to agencies after acceptance, and to nobody from here."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict

from contracts.words import ConfirmedBy, DeclinedBy, EndReason, PlacementKind, ServiceKind, Sustainment
from services.referrals.domain.client import Client
from services.referrals.domain.machine import State
from services.referrals.domain.placement import Placement
from services.referrals.domain.referral import Referral


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ReferralLine(_View):
    referral_id: str
    person_id: str
    case_id: str
    agency: str
    service: ServiceKind
    state: State
    reason: str | None
    drafted_on: date
    requested_on: date | None
    answer_by: date | None
    closed_on: date | None


class PlacementLine(_View):
    placement_id: str
    person_id: str
    referral_id: str
    agency: str
    kind: PlacementKind
    employer_id: str | None
    start: date
    hours_per_week: int
    credited: bool
    state: str
    confirmed_by: ConfirmedBy | None
    ended_on: date | None
    superseded_by: str | None


class CapacityLine(_View):
    agency: str
    service: ServiceKind
    places: int
    announced_on: date


class CheckView(_View):
    """`revision`: how often another outcome was told before this one."""

    months: int
    outcome: Sustainment
    revision: int


class PlacementView(_View):
    placement_id: str
    kind: PlacementKind
    employer_id: str | None
    start: date
    hours_per_week: int
    credited: bool
    state: str
    confirmed_by: ConfirmedBy | None
    ended_on: date | None
    end_reason: EndReason | None
    superseded_by: str | None
    checked: tuple[CheckView, ...]


class HeldView(_View):
    message_id: str
    message_type: str
    waits_for: str
    held_until: date


class ReferralView(ReferralLine):
    """A referral with everything known of it. `implied`: a result showed the acceptance (8.1)."""

    follows: str | None
    received_on: date | None
    accepted_on: date | None
    implied: bool
    declined_by: DeclinedBy | None
    review_on: date | None
    placement_id: str | None
    erased_on: date | None
    held: tuple[HeldView, ...]
    placements: tuple[PlacementView, ...] = ()

    @classmethod
    def of(cls, client: Client, referral: Referral) -> Self:
        mine = [placement for placement in client.placements if placement.referral_id == referral.referral_id]
        view = cls.model_validate(referral)
        return view.model_copy(update={"placements": tuple(map(_placement, mine))})


def _placement(placement: Placement) -> PlacementView:
    return PlacementView.model_validate(placement)
