"""The reconciliation list (domain.md C7): one work item for each partner message that could not be applied."""

from dataclasses import dataclass
from typing import Final

from contracts.event import Event
from contracts.events.casework import ReconciliationOpened, ReconciliationResolved
from contracts.events.referrals import PartnerMessageRejected, PlacementReported
from contracts.words import RejectionCode
from services.casework.domain.client import Client
from services.casework.domain.person import UnknownItem
from services.casework.domain.referrals import ReferralState
from services.runtime.decision import Context, Refusal

_LATE: Final = {
    ReferralState.WITHDRAWN: RejectionCode.WITHDRAWN,
    ReferralState.EXPIRED: RejectionCode.EXPIRED,
}


class ItemResolved(Refusal):
    code = "item_resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveItem:
    item_id: str
    resolved_by: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.item_id,)


def on_rejected(client: Client, event: PartnerMessageRejected, context: Context) -> tuple[Event, ...]:
    """Also of one that nobody could read: the agency wanted to say something about this client, and must be asked."""
    return _open(client, event, event.code, context)


def on_late_result(client: Client, event: PlacementReported, context: Context) -> tuple[Event, ...]:
    """8.2: a result after withdrawal or expiry changes no state, but somebody must look at it. Its correction is
    applied, and asks for nobody."""
    if event.credited or event.supersedes is not None:
        return ()
    states = {one.referral_id: one.state for one in client.referrals.referrals}
    code = _LATE.get(states.get(event.referral_id, ReferralState.VOID), RejectionCode.ILLEGAL_TRANSITION)
    return _open(client, event, code, context)


def _open(
    client: Client, event: PartnerMessageRejected | PlacementReported, code: RejectionCode, context: Context
) -> tuple[Event, ...]:
    """A late result is told twice, as rejected and as a placement: it is one message and one item. Two agencies may
    give their messages the same id."""
    told = event.referral_id, event.message_id
    for one in client.casework.items:
        if (one.referral_id, one.message_id) == told and one.agency in {None, event.agency}:
            return ()
    return (
        ReconciliationOpened(
            person_id=client.person_id,
            case_id=_case_of(client, event.referral_id),
            occurred_on=context.today,
            item_id=context.new_id(),
            referral_id=event.referral_id,
            message_id=event.message_id,
            code=code,
            agency=event.agency,
        ),
    )


def _case_of(client: Client, referral_id: str) -> str:
    cases = {one.referral_id: one.case_id for one in client.casework.requests}
    cases |= {one.referral_id: one.case_id for one in client.referrals.referrals if one.case_id is not None}
    if (case_id := cases.get(referral_id)) is not None:
        return case_id
    raise LookupError(f"referral {referral_id} came from no case: an earlier record of it must be missing")


def resolve(client: Client, command: ResolveItem, context: Context) -> ReconciliationResolved:
    item = next((one for one in client.casework.items if one.item_id == command.item_id), None)
    if item is None:
        raise UnknownItem(f"casework knows no work item {command.item_id}")
    if item.resolved_on is not None:
        raise ItemResolved(f"work item {item.item_id} was resolved on {item.resolved_on}")
    return ReconciliationResolved(
        person_id=client.person_id,
        case_id=item.case_id,
        occurred_on=context.today,
        item_id=item.item_id,
        resolved_by=command.resolved_by,
    )
