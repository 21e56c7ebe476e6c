"""Registering a client: one person once (I2), at the responsible office, triaged, with household and benefits."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from contracts import topics
from contracts.events.intake import (
    BenefitStarted,
    ClientRegistered,
    DepartmentsAssigned,
    HouseholdChanged,
    IntakeEvent,
    OfficeChanged,
    ProtectionSet,
)
from contracts.words import OfficeChangeReason
from services.intake.domain import rules
from services.intake.domain.client import Client
from services.intake.domain.commands import BenefitGrant, ProtectionGrant, Register
from services.intake.domain.household import settled
from services.intake.domain.refusals import BenefitInForce, ImplausibleDate, InvalidPeriod
from services.runtime.decision import Addressed, Clients, Context, Publication

REGISTERED: Final = "registered"
KNOWN: Final = "known"


def check(command: Register, context: Context) -> None:
    """Refuses what no lookup can make right, so that nothing is reserved for it."""
    on = registered_on(command, context.today)
    if not rules.EARLIEST <= command.identity.birth_date <= on:
        raise ImplausibleDate("birth_date")
    if not command.identity.birth_date <= on <= context.today:
        raise ImplausibleDate("registered_on")
    rules.chosen_office(context.city, command.district, command.office, on)
    rules.responsible(context.city, command.district, context.today)
    for grant in command.benefits:
        rules.plausible(grant.since, context.today, "benefits.since")
    if len({grant.kind for grant in command.benefits}) < len(command.benefits):
        raise BenefitInForce
    if command.protection is not None:
        period(command.protection, on, context.today)


def register(clients: Clients[Client], command: Register, context: Context) -> tuple[str, str, tuple[Publication, ...]]:
    """The client's id, `registered` or `known`, and the events: none for a client who is known already."""
    client = clients.canonical(command.person_id)
    on = registered_on(command, context.today)
    if client.is_client(on):
        return client.person_id, KNOWN, ()
    check(command, context)
    events: tuple[Publication, ...] = (
        *_belonging(client, command, context, on),
        Addressed(topics.IDENTITY, command.identity.recorded(client.person_id, on=on)),
        *_support(client, command, context, on),
        *rules.duplicates(clients, client, command.similar, context),
    )
    appointed = client.person_id if command.household.head else None
    return client.person_id, REGISTERED, settled(clients, events, command.relatives, appointed=appointed)


def registered_on(command: Register, today: date) -> date:
    return command.registered_on or today


def period(grant: ProtectionGrant, on: date, today: date) -> date:
    """The first day of a protection, if its days make sense."""
    start = rules.plausible(grant.valid_from or on, today, "valid_from")
    if grant.valid_until is not None and grant.valid_until < start:
        raise InvalidPeriod
    return start


def protection_set(person_id: str, grant: ProtectionGrant, *, author: str, on: date, context: Context) -> ProtectionSet:
    start = period(grant, on, context.today)
    return ProtectionSet(
        occurred_on=start,
        person_id=person_id,
        protection_id=context.new_id(),
        protection_class=grant.protection_class,
        valid_from=start,
        valid_until=grant.valid_until,
        author=author,
        recorded_on=context.today,
    )


def benefit_started(person_id: str, grant: BenefitGrant, context: Context) -> BenefitStarted:
    return BenefitStarted(
        occurred_on=grant.since,
        person_id=person_id,
        benefit_id=context.new_id(),
        kind=grant.kind,
        monthly=grant.monthly,
    )


def _belonging(client: Client, command: Register, context: Context, on: date) -> Iterator[IntakeEvent]:
    """Where the client belongs on that day; whoever is entered late follows the offices' reorganisation."""
    office = rules.chosen_office(context.city, command.district, command.office, on)
    yield ClientRegistered(
        occurred_on=on,
        person_id=client.person_id,
        office=office.id,
        district=command.district,
        sex=command.sex,
        birth_month=f"{command.identity.birth_date:%Y-%m}",
    )
    now = rules.responsible(context.city, command.district, context.today)
    if now.id != office.id:
        yield OfficeChanged(
            occurred_on=now.since or context.today,
            person_id=client.person_id,
            office=now.id,
            previous_office=office.id,
            district=command.district,
            reason=OfficeChangeReason.REORGANISATION,
        )
    yield HouseholdChanged(
        occurred_on=on,
        person_id=client.person_id,
        household_id=command.household_id,
        head=command.household.head,
    )


def _support(client: Client, command: Register, context: Context, on: date) -> Iterator[IntakeEvent]:
    protection = command.protection
    years = rules.age(command.identity.birth_date, on)
    by_need = rules.triage(years, {protection.protection_class} if protection else ())
    departments = by_need if command.departments is None else command.departments
    yield DepartmentsAssigned(occurred_on=on, person_id=client.person_id, departments=departments)
    if protection is not None:
        yield protection_set(client.person_id, protection, author=command.author, on=on, context=context)
    for grant in command.benefits:
        if not any(b.kind is grant.kind and b.lasts_beyond(grant.since) for b in client.benefits):
            yield benefit_started(client.person_id, grant, context)
