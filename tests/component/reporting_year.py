"""Reads `reporting_year.txt` and its like: events in the order in which they are told, and figures counted by hand."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from contracts import topics
from contracts.event import Event
from contracts.events import casework, intake, referrals
from contracts.profile import Profile
from contracts.topics import Topic
from contracts.words import (
    Ability,
    BenefitEndReason,
    BenefitKind,
    CaseClosedReason,
    ConfirmedBy,
    Currency,
    DeclinedBy,
    Department,
    DepartureReason,
    EndReason,
    Goal,
    Mobility,
    Money,
    OfficeChangeReason,
    PlacementKind,
    ProtectionClass,
    Qualification,
    RefusalCode,
    RejectReason,
    ServiceKind,
    Sex,
    Sustainment,
)
from services.runtime.decision import Message

YEAR: Final = Path(__file__).with_name("reporting_year.txt")
TODAY: Final = date(2002, 4, 15)
PROFILE: Final = Profile(
    qualification=Qualification.SCHOOL,
    languages=("de",),
    hours_per_week=38,
    mobility=Mobility.CITY,
    work_permit=True,
    earliest_start=date(2001, 10, 2),
)
FIELDS: Final = (
    "recipients",
    "households",
    "cases_open",
    "clients_registered",
    "placements",
    "integrations",
    "expenditure_dem_minor",
)


def named(name: str) -> str:
    """The id of whoever or whatever a line names."""
    return str(uuid.uuid5(uuid.UUID(int=1), name))


def told(file: Path = YEAR) -> list[Message]:
    """The year's messages, numbered per topic and person as their producers would."""
    last: Counter[tuple[str, str]] = Counter()
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line or line[0] in "#=":
            continue
        day, person, event, facts = (part.strip() for part in line.split("|"))
        for topic, one in _events(date.fromisoformat(day), person, event, facts.split()):
            last[topic.name, one.subject] += 1
            number = last[topic.name, one.subject]
            found.append(Message(topic, one, one.subject, f"{topic.name}/{one.subject}/{number}", number))
    return found


def counted() -> dict[tuple[str, str], dict[str, int]]:
    """The figures by month and office."""
    found = {}
    for line in YEAR.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            month, office, numbers = (part.strip() for part in line[1:].split("|"))
            found[month, office] = dict(zip(FIELDS, map(int, numbers.split()), strict=True))
    return found


def _events(day: date, person: str, event: str, facts: list[str]) -> Iterator[tuple[Topic, Event]]:
    who = named(person)
    match event:
        case "opened" | "closed" | "reopened" | "planned":
            yield topics.CASE, _case(day, who, event, facts)
        case "reported" | "confirmed" | "voided" | "checked" | "job_ended":
            yield topics.REFERRAL, _placement(day, who, event, facts)
        case "merged" | "unmerged":
            merge, survivor, loser = map(named, facts)
            kind = intake.ClientsMerged if event == "merged" else intake.ClientsUnmerged
            for subject in (survivor, loser):
                yield (
                    topics.PERSON,
                    kind(person_id=subject, occurred_on=day, merge_id=merge, survivor_id=survivor, loser_id=loser),
                )
        case (
            "registered" | "household" | "benefit" | "ended" | "paid" | "taken_back" | "departed" | "erased" | "office"
        ):
            yield topics.PERSON, _intake(day, who, event, facts)
        case "departments" | "assessed" | "protected" | "cleared" | "corrected":
            yield topics.PERSON, _circumstance(day, who, event, facts)
        case _:
            yield topics.REFERRAL, _referral(day, who, event, facts)


def _intake(day: date, who: str, event: str, facts: list[str]) -> Event:
    match event, facts:
        case "registered", [office, *rest]:
            sex, born = rest or ("female", "1970-01")
            return intake.ClientRegistered(
                person_id=who, occurred_on=day, office=office, district="walle", sex=Sex(sex), birth_month=born
            )
        case "household", [household, role]:
            return intake.HouseholdChanged(
                person_id=who, occurred_on=day, household_id=named(household), head=role == "head"
            )
        case "benefit", [benefit, kind]:
            share = Money(minor=50000, currency=Currency.DEM)
            return intake.BenefitStarted(
                person_id=who, occurred_on=day, benefit_id=named(benefit), kind=BenefitKind(kind), monthly=share
            )
        case "ended", [benefit]:
            reason = BenefitEndReason.OTHER_INCOME
            return intake.BenefitEnded(person_id=who, occurred_on=day, benefit_id=named(benefit), reason=reason)
        case (("paid" | "taken_back"), [payment, household, kind, month, minor, currency]):
            paid = intake.BenefitPaid(
                person_id=who,
                occurred_on=day,
                payment_id=named(payment),
                household_id=named(household),
                kind=BenefitKind(kind),
                month=month,
                amount=Money(minor=int(minor), currency=Currency(currency)),
            )
            return paid if event == "paid" else intake.PaymentReversed(**paid.model_dump(), author="a.clerk")
        case "departed", [reason]:
            return intake.ClientDeparted(person_id=who, occurred_on=day, reason=DepartureReason(reason))
        case "erased", []:
            return intake.ClientErased(person_id=who, occurred_on=day, others=())
        case "office", [office]:
            return intake.OfficeChanged(
                person_id=who,
                occurred_on=day,
                office=office,
                previous_office="region-west",
                district="walle",
                reason=OfficeChangeReason.MOVE,
            )
    raise ValueError(f"{event} {facts}")


def _circumstance(day: date, who: str, event: str, facts: list[str]) -> Event:
    match event, facts:
        case "departments", [*names]:
            found = tuple(Department(name) for name in names)
            return intake.DepartmentsAssigned(person_id=who, occurred_on=day, departments=found)
        case "assessed", [ability]:
            facets = PROFILE.model_dump()
            return intake.AbilityAssessed(
                person_id=who, occurred_on=day, ability=Ability(ability), author="a.clerk", **facets
            )
        case "protected", [protection, since, until]:
            return intake.ProtectionSet(
                person_id=who,
                occurred_on=day,
                protection_id=named(protection),
                protection_class=ProtectionClass.ILL,
                valid_from=date.fromisoformat(since),
                valid_until=None if until == "-" else date.fromisoformat(until),
                author="a.clerk",
            )
        case "cleared", [protection]:
            return intake.ProtectionCleared(
                person_id=who, occurred_on=day, protection_id=named(protection), author="a.clerk"
            )
        case "corrected", [sex]:
            return intake.ClientCorrected(person_id=who, occurred_on=day, sex=Sex(sex))
    raise ValueError(f"{event} {facts}")


def _case(day: date, who: str, event: str, facts: list[str]) -> Event:
    case_id = named(facts[0])
    if event == "planned":
        return casework.PlanAgreed(
            person_id=who,
            occurred_on=day,
            case_id=case_id,
            plan_version=1,
            goal=Goal.REGULAR_JOB,
            steps=(),
            review_on=day + timedelta(days=180),
        )
    if event == "closed":
        reason = CaseClosedReason(facts[1])
        return casework.CaseClosed(person_id=who, occurred_on=day, case_id=case_id, reason=reason)
    kind = casework.CaseOpened if event == "opened" else casework.CaseReopened
    return kind(person_id=who, occurred_on=day, case_id=case_id, office="vahr")


def _referral(day: date, who: str, event: str, facts: list[str]) -> Event:
    referral, agency = named(facts[0]), facts[1]
    case_id, service, message = named("case"), ServiceKind.JOB_PLACEMENT, f"m-{facts[0]}-{event}"
    match event:
        case "drafted":
            return referrals.ReferralDrafted(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                case_id=case_id,
                service=service,
                profile=PROFILE,
                intake_sequence=1,
            )
        case "requested":
            return referrals.ReferralRequested(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                case_id=case_id,
                service=service,
                answer_by=day + timedelta(days=14),
            )
        case "refused":
            code = RefusalCode.NO_BASIS
            return referrals.ReferralRefused(
                person_id=who, occurred_on=day, referral_id=referral, agency=agency, code=code
            )
        case "expired":
            return referrals.ReferralExpired(person_id=who, occurred_on=day, referral_id=referral, agency=agency)
        case "rejected":
            return referrals.ReferralRejected(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                message_id=message,
                reason=RejectReason.NO_CAPACITY,
                declined_by=DeclinedBy(facts[2]) if facts[2:] else DeclinedBy.PARTNER,
            )
        case "completed":
            return referrals.ReferralCompleted(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                message_id=message,
                placement_id=named("P1"),
            )
    kinds: dict[str, type[referrals.ReferralReceived | referrals.ReferralAccepted | referrals.ServiceStarted]] = {
        "received": referrals.ReferralReceived,
        "accepted": referrals.ReferralAccepted,
        "started": referrals.ServiceStarted,
    }
    return kinds[event](person_id=who, occurred_on=day, referral_id=referral, agency=agency, message_id=message)


def _placement(day: date, who: str, event: str, facts: list[str]) -> Event:
    placement, agency, referral = named(facts[0]), facts[1], named(f"referral of {facts[0]}")
    match event:
        case "reported":
            return referrals.PlacementReported(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                placement_id=placement,
                message_id=f"m-{facts[0]}",
                kind=PlacementKind(facts[2]),
                employer_id=None if facts[3] == "-" else facts[3],
                hours_per_week=int(facts[4]) if facts[4:] else 38,
                credited=facts[5:] != ["late"],
            )
        case "job_ended":
            return referrals.PlacementEnded(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                placement_id=placement,
                message_id=f"m-{facts[0]}-ended",
                reason=EndReason.EMPLOYER_ENDED,
            )
        case "confirmed":
            return referrals.PlacementConfirmed(
                person_id=who,
                occurred_on=day,
                referral_id=referral,
                agency=agency,
                placement_id=placement,
                confirmed_by=ConfirmedBy.START,
            )
        case "voided":
            return referrals.PlacementVoided(
                person_id=who, occurred_on=day, referral_id=referral, agency=agency, placement_id=placement
            )
    return referrals.SustainmentChecked(
        person_id=who,
        occurred_on=day,
        referral_id=referral,
        agency=agency,
        placement_id=placement,
        months=int(facts[2]),
        outcome=Sustainment(facts[3]),
    )
