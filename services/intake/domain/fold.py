"""How a client's state follows from the events of `intake.person.v1`: a total fold, which refuses nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

from contracts.event import Event
from contracts.events import intake as said
from services.intake.domain.client import (
    Amount,
    Assessment,
    Basis,
    Benefit,
    Client,
    Membership,
    Merge,
    Protection,
    Residence,
)


class _Dated(Protocol):
    @property
    def since(self) -> date: ...


D = TypeVar("D", bound=_Dated)
T = TypeVar("T")


def fold(client: Client, event: Event) -> Client:
    if client.erased:
        return client
    match event:
        case said.ClientErased(occurred_on=day):
            return _erased(client, day)
        case said.ClientRegistered():
            return _registered(client, event)
        case said.HouseholdChanged(occurred_on=since, household_id=household_id, head=head):
            joined = Membership(since=since, household_id=household_id, head=head)
            return replace(client, memberships=_from(client.memberships, joined))
        case said.OfficeChanged(occurred_on=since, office=office, district=district):
            moved = Residence(since=since, office=office, district=district)
            return replace(client, residences=_from(client.residences, moved))
        case said.DepartmentsAssigned(departments=departments, occurred_on=since):
            return replace(client, departments=departments, departments_since=since)
        case said.AbilityAssessed():
            return replace(client, assessment=_assessment(event))
        case said.ProtectionSet() | said.ProtectionCleared():
            return replace(client, protections=_protections(client, event))
        case said.DisclosureBasisRecorded() | said.DisclosureBasisRevoked():
            return replace(client, bases=_bases(client, event))
        case said.BenefitStarted() | said.BenefitChanged() | said.BenefitEnded():
            return replace(client, benefits=_benefits(client, event))
        case said.ClientCorrected(sex=sex, birth_month=birth_month):
            return replace(client, sex=sex or client.sex, birth_month=birth_month or client.birth_month)
        case said.ClientDeparted(occurred_on=day, reason=reason):
            return replace(client, departed_on=day, departure=reason)
        case said.ClientsMerged() | said.ClientsUnmerged():
            return replace(client, merges=_merges(client, event))
        case said.PossibleDuplicateFound(other_id=other) if other not in client.possible_duplicates:
            return replace(client, possible_duplicates=(*client.possible_duplicates, other))
        case said.PossibleDuplicateDismissed(other_id=other) if other not in client.dismissed_duplicates:
            return replace(client, dismissed_duplicates=(*client.dismissed_duplicates, other))
        case _:  # payments stand in a table of their own, so that a state does not grow with every month
            return client


def _registered(client: Client, event: said.ClientRegistered) -> Client:
    """A client who had departed is registered again under the same id."""
    lives = Residence(since=event.occurred_on, office=event.office, district=event.district)
    return replace(
        client,
        registered_on=event.occurred_on,
        sex=event.sex,
        birth_month=event.birth_month,
        residences=_from(client.residences, lives),
        departed_on=None,
        departure=None,
    )


def _erased(client: Client, day: date) -> Client:
    """Households are those of the surviving record; a merged one's never counted."""
    return Client(
        person_id=client.person_id,
        memberships=client.memberships if client.canonical == client.person_id else (),
        departed_on=day if client.departed_on is None else min(client.departed_on, day),
        erased_on=day,
    )


def _from(history: tuple[D, ...], newest: D) -> tuple[D, ...]:
    """History up to the newest fact, which replaces what was said of its own day and of later ones."""
    if not history or history[-1].since < newest.since:
        return (*history, newest)
    return (*(fact for fact in history if fact.since < newest.since), newest)


def _changed(facts: tuple[T, ...], is_it: Callable[[T], bool], change: Callable[[T], T]) -> tuple[T, ...]:
    return tuple(change(fact) if is_it(fact) else fact for fact in facts)


def _assessment(event: said.AbilityAssessed) -> Assessment:
    return Assessment(
        assessed_on=event.occurred_on,
        ability=event.ability,
        qualification=event.qualification,
        languages=event.languages,
        hours_per_week=event.hours_per_week,
        mobility=event.mobility,
        work_permit=event.work_permit,
        earliest_start=event.earliest_start,
        author=event.author,
    )


def _protections(client: Client, event: said.ProtectionSet | said.ProtectionCleared) -> tuple[Protection, ...]:
    if isinstance(event, said.ProtectionCleared):
        return _changed(
            client.protections,
            lambda one: one.protection_id == event.protection_id,
            lambda one: replace(
                one,
                cleared_on=event.occurred_on,
                cleared_by=event.author,
                clearing_recorded_on=event.recorded_on,
            ),
        )
    protection = Protection(
        protection_id=event.protection_id,
        protection_class=event.protection_class,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        set_by=event.author,
        set_recorded_on=event.recorded_on,
    )
    return (*client.protections, protection)


def _bases(client: Client, event: said.DisclosureBasisRecorded | said.DisclosureBasisRevoked) -> tuple[Basis, ...]:
    if isinstance(event, said.DisclosureBasisRevoked):
        return _changed(
            client.bases,
            lambda one: one.basis_id == event.basis_id,
            lambda one: replace(one, revoked_on=event.occurred_on),
        )
    basis = Basis(
        basis_id=event.basis_id,
        kind=event.kind,
        agency=event.agency,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )
    return (*client.bases, basis)


def _benefits(
    client: Client, event: said.BenefitStarted | said.BenefitChanged | said.BenefitEnded
) -> tuple[Benefit, ...]:
    def it(one: Benefit) -> bool:
        return one.benefit_id == event.benefit_id

    match event:
        case said.BenefitStarted(occurred_on=since, monthly=monthly):
            amounts = (Amount(since=since, monthly=monthly),)
            started = Benefit(benefit_id=event.benefit_id, kind=event.kind, amounts=amounts)
            return (*client.benefits, started)
        case said.BenefitChanged(occurred_on=since, monthly=monthly):
            amount = Amount(since=since, monthly=monthly)
            return _changed(client.benefits, it, lambda one: replace(one, amounts=_from(one.amounts, amount)))
        case said.BenefitEnded(occurred_on=day):
            return _changed(client.benefits, it, lambda one: replace(one, ended_on=day))


def _merges(client: Client, event: said.ClientsMerged | said.ClientsUnmerged) -> tuple[Merge, ...]:
    """A merge that was ended stays so, whatever is heard of it later."""
    ended = isinstance(event, said.ClientsUnmerged)
    if any(merge.merge_id == event.merge_id for merge in client.merges):
        return _changed(
            client.merges,
            lambda one: one.merge_id == event.merge_id,
            lambda one: replace(one, ended=one.ended or ended),
        )
    merge = Merge(merge_id=event.merge_id, survivor_id=event.survivor_id, loser_id=event.loser_id, ended=ended)
    return (*client.merges, merge)
