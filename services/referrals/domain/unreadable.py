"""Records of an agency that are no message: answered, and told to the case manager whose referral is their key."""

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import RejectionCode
from services.referrals.domain.turn import Turn, about
from services.runtime.decision import Unreadable


def refuse_unreadable(turn: Turn, unreadable: Unreadable) -> None:
    agency = unreadable.topic.agency
    if agency is None:
        return
    rejected = partners.MessageRejected(
        occurred_on=turn.today,
        key=unreadable.key,
        topic=unreadable.topic.name,
        partition=unreadable.partition,
        offset=unreadable.offset,
        message_id=unreadable.message_id,
        code=RejectionCode(unreadable.code),
    )
    _tell_case_manager(turn, unreadable, agency)
    turn.tell(agency, rejected)


def _tell_case_manager(turn: Turn, unreadable: Unreadable, agency: str) -> None:
    """Once for a message: sent again as unreadable as before, it is nothing new. Another agency's referral is none of
    its business (8.15)."""
    found = turn.find_referral(unreadable.key)
    place = f"{unreadable.topic.name}/{unreadable.partition}/{unreadable.offset}"
    message_id = unreadable.message_id or place
    if found is None or found.requested_on is None or found.agency != agency or message_id in found.unread:
        return
    turn.publish(
        facts.PartnerMessageRejected(
            **about(found),
            occurred_on=turn.today,
            message_id=message_id,
            message_type=unreadable.message_type or facts.UNKNOWN_MESSAGE,
            code=RejectionCode(unreadable.code),
            state=found.state,
            readable=False,
        )
    )
