"""What intake has told of a client, folded from `intake.person.v1` and `intake.identity.v1` alone."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, assert_never

from contracts.city import City, OfficeKind
from contracts.events import intake as told
from contracts.profile import Profile
from contracts.words import (
    Ability,
    BenefitEndReason,
    Department,
    DepartureReason,
    Mobility,
    OfficeChangeReason,
    Qualification,
)
from services.casework.domain.dates import with_fact

WORKABLE: Final = frozenset({Ability.ABLE, Ability.NEEDS_QUALIFICATION})
"""Whom case managers look after: clients able to work or in need of qualification (press release of 24.04.2002)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeSince:
    office: str
    since: date
    centre: bool
    """Whether it is a Sozialzentrum: only those have case managers."""
    reason: OfficeChangeReason | None = None
    """None: of a registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentsSince:
    departments: tuple[Department, ...]
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    since: date
    ability: Ability
    qualification: Qualification
    languages: tuple[str, ...]
    hours_per_week: int
    mobility: Mobility
    work_permit: bool
    earliest_start: date

    @property
    def profile(self) -> Profile:
        """What an agency may know before acceptance."""
        return Profile(
            qualification=self.qualification,
            languages=self.languages,
            hours_per_week=self.hours_per_week,
            mobility=self.mobility,
            work_permit=self.work_permit,
            earliest_start=self.earliest_start,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Valid on both its days; cleared from `cleared_on`."""

    protection_id: str
    valid_from: date
    valid_until: date | None
    cleared_on: date | None = None

    def holds_on(self, day: date) -> bool:
        if self.cleared_on is not None and self.cleared_on <= day:
            return False
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """`ended_on` is the first day without it."""

    benefit_id: str
    since: date
    ended_on: date | None = None
    end_reason: BenefitEndReason | None = None

    def in_force_on(self, day: date) -> bool:
        return self.since <= day and (self.ended_on is None or day < self.ended_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    merge_id: str
    survivor_id: str
    loser_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """`sequence` is the newest record folded; payments concern nobody here and are left out of it."""

    sequence: int = 0
    registered: bool = False
    offices: tuple[OfficeSince, ...] = ()
    departments: tuple[DepartmentsSince, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    protections: tuple[Protection, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    departed_on: date | None = None
    departure: DepartureReason | None = None
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Name and address by the compacted topic's `version`: the newest wins, an older one that comes late is ignored."""

    version: int
    given_name: str
    family_name: str
    birth_date: date
    street: str
    house_number: str
    postcode: str
    phone: str | None


def fold(record: Intake, event: told.IntakePersonEvent, *, sequence: int, city: City) -> Intake:
    """The record after one more message of `intake.person.v1`."""
    match event:
        case told.BenefitPaid() | told.PaymentReversed():
            return record
        case told.ClientRegistered() | told.OfficeChanged():
            offices = with_fact(record.offices, _office(event, city))
            changed = replace(record, offices=offices)
            if isinstance(event, told.ClientRegistered):
                changed = replace(changed, registered=True, departed_on=None, departure=None)
        case told.DepartmentsAssigned():
            fact = DepartmentsSince(departments=event.departments, since=event.occurred_on)
            changed = replace(record, departments=with_fact(record.departments, fact))
        case told.AbilityAssessed():
            changed = replace(record, assessments=with_fact(record.assessments, _assessment(event)))
        case told.ProtectionSet() | told.ProtectionCleared():
            changed = replace(record, protections=_protections(record.protections, event))
        case told.BenefitStarted() | told.BenefitEnded():
            changed = replace(record, benefits=_benefits(record.benefits, event))
        case told.ClientDeparted():
            changed = replace(record, departed_on=event.occurred_on, departure=event.reason)
        case told.ClientsMerged():
            merge = Merge(merge_id=event.merge_id, survivor_id=event.survivor_id, loser_id=event.loser_id)
            changed = replace(record, merges=(*record.merges, merge))
        case told.ClientsUnmerged():
            changed = replace(record, merges=tuple(m for m in record.merges if m.merge_id != event.merge_id))
        case (
            told.HouseholdChanged()
            | told.DisclosureBasisRecorded()
            | told.DisclosureBasisRevoked()
            | told.BenefitChanged()
            | told.PossibleDuplicateFound()
            | told.PossibleDuplicateDismissed()
            | told.ClientCorrected()
            | told.ClientErased()
        ):
            changed = (
                record  # amounts, households and statistics are not casework's; the legal basis is referrals' gate;
                # whoever is erased has no record any more (domain/client.py)
            )
        case _:
            assert_never(event)
    return replace(changed, sequence=sequence)


def _office(event: told.ClientRegistered | told.OfficeChanged, city: City) -> OfficeSince:
    known = city.office(event.office)
    centre = known is not None and known.kind is OfficeKind.SOZIALZENTRUM
    reason = event.reason if isinstance(event, told.OfficeChanged) else None
    return OfficeSince(office=event.office, since=event.occurred_on, centre=centre, reason=reason)


def _assessment(event: told.AbilityAssessed) -> Assessment:
    return Assessment(
        since=event.occurred_on,
        ability=event.ability,
        qualification=event.qualification,
        languages=event.languages,
        hours_per_week=event.hours_per_week,
        mobility=event.mobility,
        work_permit=event.work_permit,
        earliest_start=event.earliest_start,
    )


def _protections(
    known: tuple[Protection, ...], event: told.ProtectionSet | told.ProtectionCleared
) -> tuple[Protection, ...]:
    others = tuple(one for one in known if one.protection_id != event.protection_id)
    match event:
        case told.ProtectionSet():
            found = Protection(
                protection_id=event.protection_id, valid_from=event.valid_from, valid_until=event.valid_until
            )
            return (*others, found)
        case told.ProtectionCleared():
            cleared = (
                replace(p, cleared_on=event.occurred_on) for p in known if p.protection_id == event.protection_id
            )
            return (*others, *cleared)
        case _:
            assert_never(event)


def _benefits(known: tuple[Benefit, ...], event: told.BenefitStarted | told.BenefitEnded) -> tuple[Benefit, ...]:
    others = tuple(one for one in known if one.benefit_id != event.benefit_id)
    match event:
        case told.BenefitStarted():
            return (*others, Benefit(benefit_id=event.benefit_id, since=event.occurred_on))
        case told.BenefitEnded():
            ended = (
                replace(one, ended_on=event.occurred_on, end_reason=event.reason)
                for one in known
                if one.benefit_id == event.benefit_id
            )
            return (*others, *ended)
        case _:
            assert_never(event)


def fold_identity(known: Identity | None, event: told.IdentityRecorded, *, version: int) -> Identity:
    if known is not None and known.version >= version:
        return known
    return Identity(
        version=version,
        given_name=event.given_name,
        family_name=event.family_name,
        birth_date=event.birth_date,
        street=event.street,
        house_number=event.house_number,
        postcode=event.postcode,
        phone=event.phone,
    )
