"""Referring a client to an agency, and taking that back. Whether the offer leaves is for referrals' gate to decide."""

from dataclasses import dataclass

from contracts.city import City
from contracts.event import Event
from contracts.events.casework import ReferralRequested, ReferralWithdrawalRequested
from contracts.words import ServiceKind, WithdrawReason
from services.casework.domain.casebook import in_hand
from services.casework.domain.client import Client
from services.casework.domain.person import Person, UnknownReferral
from services.casework.domain.referrals import TERMINAL
from services.runtime.decision import Context, Refusal


class UnknownAgency(Refusal):
    code = "unknown_agency"
    status = 422


class ServiceNotOffered(Refusal):
    code = "service_not_offered"
    status = 422


class NoPlan(Refusal):
    code = "no_plan"


class NotAssessed(Refusal):
    code = "not_assessed"


class ClientProtected(Refusal):
    code = "protected"


class OpenReferral(Refusal):
    code = "open_referral"


class NothingToFollow(Refusal):
    code = "nothing_to_follow"
    status = 422


class ReferralEnded(Refusal):
    code = "referral_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    """`follows`: the terminal referral that this one replaces, for a terminal one never reopens."""

    case_id: str
    agency: str
    service: ServiceKind
    follows: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.case_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    referral_id: str
    reason: WithdrawReason

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.referral_id,)


def refer(holder: Client, person: Person, command: Refer, context: Context) -> ReferralRequested:
    """C5: only from an agreed plan. The profile is the newest assessment's, and the decision rests on that record."""
    case, today = in_hand(person.case(command.case_id)), context.today
    _check_service(command, context.city)
    if case.plan is None:
        raise NoPlan(f"case {case.case_id} has no agreed plan: a client is referred from a plan only")
    if person.protected_on(today):
        raise ClientProtected(f"the client of case {case.case_id} is protected today and is not referred to work")
    if (assessment := person.assessment_on(today)) is None:
        raise NotAssessed(f"the client of case {case.case_id} is not assessed: intake must record the ability first")
    if (twin := person.open_at(command.agency)) is not None:
        raise OpenReferral(f"referral {twin} to {command.agency} is open: one client has at most one at an agency")
    if command.follows is not None:
        _check_followed(person, command.follows)
    return ReferralRequested(
        person_id=case.person_id,
        case_id=case.case_id,
        occurred_on=today,
        referral_id=context.new_id(),
        agency=command.agency,
        service=command.service,
        profile=assessment.profile,
        intake_sequence=holder.intake.sequence,
        follows=command.follows,
    )


def _check_service(command: Refer, city: City) -> None:
    agency = city.agency(command.agency)
    if agency is None:
        raise UnknownAgency(f"there is no agency of that name; there are {', '.join(city.agency_ids)}")
    if command.service not in agency.services:
        raise ServiceNotOffered(
            f"{agency.name} does not offer {command.service}; it offers {', '.join(agency.services)}"
        )


def _check_followed(person: Person, referral_id: str) -> None:
    known = any(one.referral_id == referral_id for one in person.referrals)
    if not known or person.state_of(referral_id) not in TERMINAL:
        raise NothingToFollow("`follows` must name a referral of this client that has ended")


def take_back(person: Person, command: TakeBack, context: Context) -> tuple[Event, ...]:
    """Asks referrals to withdraw, once. Whether the agency was faster is for referrals to decide."""
    asked = next((one for one in person.requests if one.referral_id == command.referral_id), None)
    if asked is None:
        raise UnknownReferral(f"casework knows no referral {command.referral_id}")
    if asked.withdrawal is not None:
        return ()
    if (state := person.state_of(command.referral_id)) in TERMINAL:
        raise ReferralEnded(f"referral {command.referral_id} is {state} already: there is nothing to take back")
    return (
        ReferralWithdrawalRequested(
            person_id=person.case(asked.case_id).person_id,
            case_id=asked.case_id,
            occurred_on=context.today,
            referral_id=asked.referral_id,
            reason=command.reason,
        ),
    )
