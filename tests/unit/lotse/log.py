"""A log in memory, as the broker would give it to the checker, and the events that tests plant in it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts import topics
from contracts.envelope import Envelope, midnight
from contracts.event import Event
from contracts.events import calendar, casework, intake, partners, referrals
from contracts.profile import Profile
from contracts.topics import Topic
from contracts.words import (
    BenefitKind,
    ConfirmedBy,
    Currency,
    Mobility,
    Money,
    PlacementKind,
    ProtectionClass,
    Qualification,
    ServiceKind,
    Sex,
)
from lotse.check.audit import Audit
from lotse.check.findings import Findings, Kind

AGENCY = "arbeitsamt"
IN, OUT = topics.partner_in(AGENCY), topics.partner_out(AGENCY)
DAY_1 = date(2001, 3, 1)
PROFILE = Profile(
    qualification=Qualification.SCHOOL,
    languages=("de",),
    hours_per_week=38,
    mobility=Mobility.CITY,
    work_permit=True,
    earliest_start=DAY_1,
)


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


PERSON, OTHER, REFERRAL, TWIN, CASE, HOUSEHOLD = (uuid(number) for number in range(1, 7))


def day(number: int) -> date:
    return DAY_1.replace(day=number)


@dataclass(frozen=True, slots=True)
class Written:
    """A record of the log."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass
class WrittenLog:
    """Numbers what is published as the services do; `sequence`, `partition` and `event_id` plant faults."""

    records: dict[str, list[Written]] = field(default_factory=dict)
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1000))

    def put(
        self,
        topic: Topic,
        event: Event,
        *,
        sequence: int | None = None,
        partition: int = 0,
        event_id: str | None = None,
        recorded: date | None = None,
        value: bytes | None = None,
    ) -> Written:
        place = topic.name, event.subject
        following = self._sequences.get(place, 0) + 1 if sequence is None else sequence
        self._sequences[place] = following
        envelope = Envelope(
            id=event_id or uuid(next(self._ids)),
            source="/test",
            type=event.type_name(),
            subject=event.subject,
            time=midnight(event.occurred_on),
            recorded=(recorded or event.occurred_on).isoformat(),
            sequence=following if topic.sequenced else None,
        )
        content = event.model_dump_json().encode() if value is None else value
        return self.append(topic, event.subject.encode(), content, envelope.headers(), partition=partition)

    def append(
        self,
        topic: Topic,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        *,
        partition: int = 0,
    ) -> Written:
        known = self.records.setdefault(topic.name, [])
        offset = sum(1 for one in known if one.partition == partition)
        record = Written(partition, offset, 1_000 + len(known), key, value, headers)
        known.append(record)
        return record

    def repeat(self, topic: Topic, record: Written) -> None:
        """The relay sends a record again."""
        self.append(topic, record.key, record.value, record.headers, partition=record.partition)

    def audited(
        self, *, begins: dict[int, int] | None = None, heard: dict[tuple[str, str], int] | None = None
    ) -> Audit:
        """The log read to its end."""
        audit = Audit(Findings(), heard=heard)
        for topic in audit.order([AGENCY]):
            audit.begin(topic, begins or {0: 0, 1: 0})
            for record in self.records.get(topic.name, ()):
                audit.take(topic, record)
            audit.close(topic)
        return audit


def found(audit: Audit) -> dict[Kind, int]:
    return dict(audit.findings.counts)


def registered(person: str = PERSON, on: date = DAY_1) -> intake.ClientRegistered:
    return intake.ClientRegistered(
        occurred_on=on, person_id=person, office="mitte", district="mitte", sex=Sex.FEMALE, birth_month="1970-01"
    )


def benefit(number: int, person: str = PERSON, on: date = DAY_1) -> intake.BenefitStarted:
    money = Money(minor=50_000, currency=Currency.DEM)
    return intake.BenefitStarted(
        occurred_on=on, person_id=person, benefit_id=uuid(number), kind=BenefitKind.HLU, monthly=money
    )


def paid(month: str = "2001-03", *, minor: int = 50_000, currency: Currency = Currency.DEM) -> intake.BenefitPaid:
    return intake.BenefitPaid(
        occurred_on=DAY_1,
        person_id=PERSON,
        payment_id=uuid(900),
        household_id=HOUSEHOLD,
        kind=BenefitKind.HLU,
        month=month,
        amount=Money(minor=minor, currency=currency),
    )


def taken_back(month: str = "2001-03", *, minor: int = 50_000) -> intake.PaymentReversed:
    """Of what `paid` paid in the same month."""
    made = paid(month, minor=minor)
    return intake.PaymentReversed(**made.model_dump() | {"author": "s.meyer"})


def protected(
    person: str = PERSON, *, on: date = DAY_1, since: date = DAY_1, until: date | None = None
) -> intake.ProtectionSet:
    return intake.ProtectionSet(
        occurred_on=on,
        person_id=person,
        protection_id=uuid(700),
        protection_class=ProtectionClass.CARE,
        valid_from=since,
        valid_until=until,
        author="s.meyer",
    )


def cleared(on: date) -> intake.ProtectionCleared:
    return intake.ProtectionCleared(occurred_on=on, person_id=PERSON, protection_id=uuid(700), author="s.meyer")


def merged(survivor: str = PERSON, loser: str = OTHER, *, on: date = DAY_1) -> intake.ClientsMerged:
    return intake.ClientsMerged(
        occurred_on=on, person_id=loser, merge_id=uuid(800), survivor_id=survivor, loser_id=loser
    )


def drafted(referral: str = REFERRAL, person: str = PERSON, *, sequence: int = 0) -> referrals.ReferralDrafted:
    return referrals.ReferralDrafted(
        occurred_on=DAY_1,
        person_id=person,
        referral_id=referral,
        agency=AGENCY,
        case_id=CASE,
        service=ServiceKind.JOB_PLACEMENT,
        profile=PROFILE,
        intake_sequence=sequence,
    )


def requested(referral: str = REFERRAL, person: str = PERSON, on: date = DAY_1) -> referrals.ReferralRequested:
    return referrals.ReferralRequested(
        occurred_on=on,
        person_id=person,
        referral_id=referral,
        agency=AGENCY,
        case_id=CASE,
        service=ServiceKind.JOB_PLACEMENT,
        answer_by=day(15),
    )


def accepted(referral: str = REFERRAL, on: date = DAY_1) -> referrals.ReferralAccepted:
    return referrals.ReferralAccepted(
        occurred_on=on, person_id=PERSON, referral_id=referral, agency=AGENCY, message_id="m-1"
    )


def offered(referral: str = REFERRAL, on: date = DAY_1) -> partners.ReferralOffered:
    return partners.ReferralOffered(
        occurred_on=on, referral_id=referral, service=ServiceKind.JOB_PLACEMENT, profile=PROFILE, answer_by=day(15)
    )


def received() -> partners.ReferralReceived:
    return partners.ReferralReceived(occurred_on=DAY_1, referral_id=REFERRAL)


def applied(offset: int, *, message_id: str, key: str = REFERRAL) -> partners.MessageApplied:
    return partners.MessageApplied(
        occurred_on=DAY_1, key=key, topic=IN.name, partition=0, offset=offset, message_id=message_id
    )


def held(offset: int, *, message_id: str, until: date) -> partners.MessageHeld:
    return partners.MessageHeld(
        occurred_on=DAY_1,
        key=REFERRAL,
        topic=IN.name,
        partition=0,
        offset=offset,
        message_id=message_id,
        held_until=until,
    )


def reported(
    number: int,
    *,
    person: str = PERSON,
    start: date = DAY_1,
    kind: PlacementKind = PlacementKind.REGULAR_JOB,
    employer: str | None = "12345678",
) -> referrals.PlacementReported:
    return referrals.PlacementReported(
        occurred_on=start,
        person_id=person,
        referral_id=REFERRAL,
        agency=AGENCY,
        placement_id=uuid(number),
        message_id=f"m-{number}",
        kind=kind,
        employer_id=employer,
        hours_per_week=38,
    )


def confirmed(number: int, *, person: str = PERSON, start: date = DAY_1) -> referrals.PlacementConfirmed:
    return referrals.PlacementConfirmed(
        occurred_on=start,
        person_id=person,
        referral_id=REFERRAL,
        agency=AGENCY,
        placement_id=uuid(number),
        confirmed_by=ConfirmedBy.START,
    )


def case_opened(case: str = CASE, on: date = DAY_1) -> casework.CaseOpened:
    return casework.CaseOpened(occurred_on=on, person_id=PERSON, case_id=case, office="mitte")


def day_started(on: date) -> calendar.DayStarted:
    return calendar.DayStarted(occurred_on=on)
