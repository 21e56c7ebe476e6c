"""Where a client belongs: address and office, departments; and when they no longer do."""

from datetime import date

from contracts import topics
from contracts.city import Office
from contracts.events.intake import (
    BenefitEnded,
    ClientCorrected,
    ClientDeparted,
    DepartmentsAssigned,
    IntakeEvent,
    OfficeChanged,
)
from contracts.words import BenefitEndReason, DepartureReason, OfficeChangeReason
from services.intake.domain import rules
from services.intake.domain.client import Client
from services.intake.domain.commands import (
    AssignDepartments,
    Correct,
    Depart,
    IdentityCommand,
    Move,
    Transfer,
)
from services.intake.domain.household import settled
from services.intake.domain.identity import Identity
from services.intake.domain.refusals import ImplausibleDate, MergedMeanwhile, OutOfOrder
from services.runtime.decision import Addressed, Clients, Context, Publication

Events = tuple[Publication, ...]


def identity_after(command: Move | Correct, before: Identity) -> Identity:
    """The whole identity once the command is carried out."""
    match command:
        case Move():
            return Identity(
                given_name=before.given_name,
                family_name=before.family_name,
                birth_date=before.birth_date,
                street=command.street,
                house_number=command.house_number,
                postcode=command.postcode,
                phone=before.phone,
            )
        case Correct():
            return Identity(
                given_name=command.given_name or before.given_name,
                family_name=command.family_name or before.family_name,
                birth_date=command.birth_date or before.birth_date,
                street=command.street or before.street,
                house_number=command.house_number or before.house_number,
                postcode=command.postcode or before.postcode,
                phone=command.phone or before.phone,
            )


def move(clients: Clients[Client], command: Move, context: Context) -> Events:
    on = rules.plausible(command.on or context.today, context.today, "on")
    client = rules.active(clients, command.person_id, on)
    if on < client.residence.since:
        raise OutOfOrder("address")
    office = rules.responsible(context.city, command.district, on)
    changed = _at(clients, client, office, command.district, on=on, reason=OfficeChangeReason.MOVE)
    return (*changed, *_identity(clients, client, command, context, on=on))


def transfer(clients: Clients[Client], command: Transfer, context: Context) -> Events:
    """Nothing for a client who is where they belong, has departed, or has moved on a later day already."""
    on = rules.plausible(command.on, context.today, "on")
    client = rules.known(clients, command.person_id)
    if not client.is_client(on):
        return ()
    return tuple(
        event
        for one in rules.family(clients, client)
        for event in _moved(
            one,
            rules.responsible(context.city, one.residence.district, on),
            one.residence.district,
            on=on,
            reason=command.reason,
        )
    )


def correct(clients: Clients[Client], command: Correct, context: Context) -> Events:
    """Facts that were wrong from the start; a wrong address also moves the client, from the day it was taken."""
    client = rules.known(clients, command.person_id)
    if command.birth_date is not None and not rules.EARLIEST <= command.birth_date <= context.today:
        raise ImplausibleDate("birth_date")
    events: list[Publication] = []
    month = None if command.birth_date is None else f"{command.birth_date:%Y-%m}"
    sex = command.sex if command.sex is not client.sex else None
    month = month if month != client.birth_month else None
    if sex is not None or month is not None:
        events.append(
            ClientCorrected(occurred_on=context.today, person_id=client.person_id, sex=sex, birth_month=month)
        )
    if command.district is not None:
        since = client.residence.since
        office = rules.responsible(context.city, command.district, since)
        events += _moved(client, office, command.district, on=since, reason=OfficeChangeReason.CORRECTION)
    return (*events, *_identity(clients, client, command, context, on=context.today))


def assign_departments(clients: Clients[Client], command: AssignDepartments, context: Context) -> Events:
    on = rules.plausible(command.on or context.today, context.today, "on")
    client = rules.active(clients, command.person_id, on)
    departments = tuple(dict.fromkeys(command.departments))
    if set(departments) == set(client.departments):
        return ()
    if on < (client.departments_since or on):
        raise OutOfOrder("departments")
    return (DepartmentsAssigned(occurred_on=on, person_id=client.person_id, departments=departments),)


def depart(clients: Clients[Client], command: Depart, context: Context) -> Events:
    """Told under every key of the person, the departure before the benefits that end by it."""
    on = rules.plausible(command.on or context.today, context.today, "on")
    client = rules.active(clients, command.person_id, on)
    if command.reason is not DepartureReason.VOID and on < (client.registered_on or on):
        raise OutOfOrder("registration")
    told = tuple(
        event
        for one in rules.family(clients, client)
        if one.is_client(on)
        for event in _departed(one, command.reason, on)
    )
    return settled(clients, told, command.relatives)


def _departed(client: Client, reason: DepartureReason, on: date) -> list[IntakeEvent]:
    void = reason is DepartureReason.VOID
    last = client.registered_on or on if void else on
    events: list[IntakeEvent] = [ClientDeparted(occurred_on=last, person_id=client.person_id, reason=reason)]
    for benefit in client.benefits:
        ends = benefit.since if void else max(on, benefit.since)
        if benefit.lasts_beyond(ends):
            events.append(
                BenefitEnded(
                    occurred_on=ends,
                    person_id=client.person_id,
                    benefit_id=benefit.benefit_id,
                    reason=BenefitEndReason.ERROR if void else BenefitEndReason.DEPARTED,
                )
            )
    return events


def _at(
    clients: Clients[Client], client: Client, office: Office, district: str, *, on: date, reason: OfficeChangeReason
) -> list[OfficeChanged]:
    """All of a person's records move, so that each is right if a merge turns out wrong."""
    return [
        event for one in rules.family(clients, client) for event in _moved(one, office, district, on=on, reason=reason)
    ]


def _moved(
    client: Client, office: Office, district: str, *, on: date, reason: OfficeChangeReason
) -> list[OfficeChanged]:
    lives = client.residence
    if (office.id, district) == (lives.office, lives.district) or on < lives.since or not client.is_client(on):
        return []
    return [
        OfficeChanged(
            occurred_on=on,
            person_id=client.person_id,
            office=office.id,
            previous_office=lives.office,
            district=district,
            reason=reason,
        )
    ]


def _identity(
    clients: Clients[Client], client: Client, command: IdentityCommand, context: Context, *, on: date
) -> Events:
    """`prepare` read the identity of whom the command named; if that one was merged since, it is asked for again."""
    if client.person_id != command.person_id:
        raise MergedMeanwhile
    if command.identity is None:
        return ()
    recorded = Addressed(topics.IDENTITY, command.identity.recorded(client.person_id, on=on))
    return (recorded, *rules.duplicates(clients, client, command.similar, context))
