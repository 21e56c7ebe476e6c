"""What time alone does (R4): each deadline once, on its day, or on the first day after it that could be handled."""

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import StatusQuestion
from services.referrals.domain.machine import UNDECIDED
from services.referrals.domain.offers import tell_erase
from services.referrals.domain.referral import Referral
from services.referrals.domain.turn import Turn, about


def expire_or_remind(turn: Turn, person_id: str) -> None:
    """No decision yet: expiry with the day of `answer_by`, reminders before that."""
    for found in turn.client(person_id).referrals:
        if found.state not in UNDECIDED or found.answer_by is None:
            continue
        if found.answer_by <= turn.today:
            turn.publish(facts.ReferralExpired(**about(found), occurred_on=turn.today))
            tell_erase(turn, found)
            continue
        for reminder in found.reminders:
            if reminder.on <= turn.today:
                turn.publish(facts.ReferralReminded(**about(found), occurred_on=turn.today, day=reminder.day))
                message = partners.ReferralReminded(
                    referral_id=found.referral_id, occurred_on=turn.today, answer_by=found.answer_by
                )
                turn.tell(found.agency, message)


def ask_the_silent(turn: Turn, person_id: str) -> None:
    """No message for 30 days of service: ask once, until the agency speaks again."""
    for found in turn.client(person_id).referrals:
        if found.query_on is not None and found.query_on <= turn.today:
            ask(turn, found)


def ask(turn: Turn, found: Referral) -> None:
    turn.publish(facts.StatusQueried(**about(found), occurred_on=turn.today, question=StatusQuestion.SILENCE))
    message = partners.StatusQueried(
        referral_id=found.referral_id, occurred_on=turn.today, question=StatusQuestion.SILENCE
    )
    turn.tell(found.agency, message)
