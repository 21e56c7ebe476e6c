"""What holds for a client: ability to work, protection, legal bases for disclosure."""

from datetime import date

from contracts.events.intake import (
    AbilityAssessed,
    DepartmentsAssigned,
    DisclosureBasisRecorded,
    DisclosureBasisRevoked,
    IntakeEvent,
    ProtectionCleared,
    ProtectionSet,
)
from contracts.words import Ability
from services.intake.domain import rules
from services.intake.domain.client import Client
from services.intake.domain.commands import (
    AssessAbility,
    ClearProtection,
    RecordBasis,
    Retriage,
    RevokeBasis,
    SetProtection,
)
from services.intake.domain.refusals import (
    BasisAlreadyRevoked,
    ImplausibleDate,
    InvalidPeriod,
    OutOfOrder,
    ProtectionAlreadyCleared,
    UnknownAgency,
    UnknownBasis,
    UnknownProtection,
)
from services.intake.domain.registration import protection_set
from services.runtime.decision import Clients, Context


def assess(
    clients: Clients[Client], command: AssessAbility, context: Context
) -> tuple[AbilityAssessed, tuple[DepartmentsAssigned, ...]]:
    """The assessment, and the departments that follow from it."""
    on = command.on or context.today
    if not rules.EARLIEST <= on <= context.today:
        raise ImplausibleDate("on")
    client = rules.active(clients, command.person_id, on)
    if client.assessment is not None and on < client.assessment.assessed_on:
        raise OutOfOrder("assessment")
    assessed = AbilityAssessed(
        occurred_on=on,
        person_id=client.person_id,
        ability=command.ability,
        qualification=command.qualification,
        languages=command.languages,
        hours_per_week=command.hours_per_week,
        mobility=command.mobility,
        work_permit=command.work_permit,
        earliest_start=command.earliest_start or on,
        author=command.author,
    )
    return assessed, _triaged(client, command, on)


def _triaged(client: Client, command: AssessAbility, on: date) -> tuple[DepartmentsAssigned, ...]:
    if command.birth_date is None:
        return ()
    return _by_age(client, command.birth_date, on, ability=command.ability)


def grow_older(clients: Clients[Client], command: Retriage, context: Context) -> tuple[DepartmentsAssigned, ...]:
    """On the 18th and the 65th birthday: what followed from the age before goes on where triage sends this one."""
    client = rules.active(clients, command.person_id, context.today)
    ability = client.assessment.ability if client.assessment else None
    return _by_age(client, command.birth_date, context.today, ability=ability)


def _by_age(client: Client, born: date, on: date, *, ability: Ability | None) -> tuple[DepartmentsAssigned, ...]:
    """What triage decides on that day, against what it decided when the departments were assigned: the rest of them
    somebody assigned by hand."""
    classes = client.protected_by(on)
    assessed = client.assessment.ability if client.assessment else None
    since = client.departments_since or on
    return rules.triaged_anew(
        client,
        before=rules.triage(rules.age(born, since), classes, assessed),
        after=rules.triage(rules.age(born, on), classes, ability),
        on=on,
    )


def set_protection(clients: Clients[Client], command: SetProtection, context: Context) -> ProtectionSet:
    client = rules.active(clients, command.person_id, context.today)
    return protection_set(
        client.person_id, command.protection, author=command.author, on=context.today, context=context
    )


def clear_protection(clients: Clients[Client], command: ClearProtection, context: Context) -> tuple[IntakeEvent, ...]:
    on = rules.plausible(command.on or context.today, context.today, "on")
    for one in rules.family(clients, rules.known(clients, command.person_id)):
        found = one.protection(command.protection_id)
        if found is None:
            continue
        if found.cleared_on is not None:
            raise ProtectionAlreadyCleared
        return (
            ProtectionCleared(
                occurred_on=on,
                person_id=one.person_id,
                protection_id=found.protection_id,
                author=command.author,
                recorded_on=context.today,
            ),
        )
    raise UnknownProtection


def record_basis(clients: Clients[Client], command: RecordBasis, context: Context) -> DisclosureBasisRecorded:
    client = rules.active(clients, command.person_id, context.today)
    if command.agency is not None and context.city.agency(command.agency) is None:
        raise UnknownAgency
    start = rules.plausible(command.valid_from or context.today, context.today, "valid_from")
    if command.valid_until is not None and command.valid_until < start:
        raise InvalidPeriod
    return DisclosureBasisRecorded(
        occurred_on=start,
        person_id=client.person_id,
        basis_id=context.new_id(),
        kind=command.kind,
        agency=command.agency,
        valid_from=start,
        valid_until=command.valid_until,
    )


def revoke_basis(clients: Clients[Client], command: RevokeBasis, context: Context) -> tuple[IntakeEvent, ...]:
    on = rules.plausible(command.on or context.today, context.today, "on")
    for one in rules.family(clients, rules.known(clients, command.person_id)):
        found = one.basis(command.basis_id)
        if found is None:
            continue
        if found.revoked_on is not None:
            raise BasisAlreadyRevoked
        return (DisclosureBasisRevoked(occurred_on=on, person_id=one.person_id, basis_id=found.basis_id),)
    raise UnknownBasis
