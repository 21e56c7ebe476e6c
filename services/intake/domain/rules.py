"""Rules that several commands share."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from contracts.city import City, Office
from contracts.events.intake import DepartmentsAssigned, PossibleDuplicateFound
from contracts.words import Ability, Department, ProtectionClass
from services.intake.domain.client import Client
from services.intake.domain.commands import Similar
from services.intake.domain.refusals import (
    Departed,
    ImplausibleDate,
    NotResponsible,
    UnknownClient,
    UnknownDistrict,
    UnknownOffice,
)
from services.runtime.decision import Clients, Context

EARLIEST: Final = date(1880, 1, 1)
FURTHEST_AHEAD: Final = timedelta(days=366)
"""A later date is a slip of the pen."""
GROWN_UP: Final = 18
OLD: Final = 65
"""Years; section 1 no. 3 BSHG's supplement and the old-age pension begin then."""


def plausible(day: date, today: date, field: str) -> date:
    if not EARLIEST <= day <= today + FURTHEST_AHEAD:
        raise ImplausibleDate(field)
    return day


def known(clients: Clients[Client], person_id: str) -> Client:
    """The client whom a command concerns, which for a merged id is the survivor."""
    client = clients.canonical(person_id)
    if not client.registered:
        raise UnknownClient
    return client


def active(clients: Clients[Client], person_id: str, day: date) -> Client:
    client = known(clients, person_id)
    if not client.is_client(day):
        raise Departed
    return client


def family(clients: Clients[Client], client: Client) -> tuple[Client, ...]:
    """All registered records of one person; a record that knows of no merge is alone, which is nearly always so."""
    if client.alone:
        return (client,) if client.registered else ()
    return tuple(one for one in clients.family(client.person_id) if one.registered)


def closed(records: Sequence[Client], department: str, _: date | None = None) -> bool:
    """Whom young people's services alone look after is there for them alone (I5)."""
    looking = {one for record in records if record.registered for one in record.departments}
    return looking == {Department.YOUNG_PEOPLE} and department != Department.YOUNG_PEOPLE


def responsible(city: City, district: str, on: date) -> Office:
    office = city.responsible(district, on)
    if office is None:
        raise UnknownDistrict
    return office


def chosen_office(city: City, district: str, office_id: str | None, on: date) -> Office:
    """The responsible office; naming another one is refused rather than followed (I4)."""
    office = responsible(city, district, on)
    if office_id is None or office_id == office.id:
        return office
    named = city.office(office_id)
    if named is None or not named.works_on(on):
        raise UnknownOffice
    raise NotResponsible(office.id)


def age(birth_date: date, on: date) -> int:
    """Completed years; who was born on 29 February completes one on 1 March of a common year (§ 188 BGB)."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def birthday(birth_date: date, years: int) -> date:
    """The day on which so many years are completed, as `age` counts them."""
    try:
        return birth_date.replace(year=birth_date.year + years)
    except ValueError:
        return date(birth_date.year + years, 3, 1)


def triage(
    years: int, protections: Collection[ProtectionClass] = (), ability: Ability | None = None
) -> tuple[Department, ...]:
    """Departments by age, need and ability to work (I5).

    Old and ill people, and adults who cannot work as others do, are for the department of adults; whoever is able to
    work or in need of qualification, and whoever needs neither of the others' support, for economic assistance.
    """
    found = []
    weak = years >= GROWN_UP and ability in {Ability.LIMITED, Ability.UNABLE}
    if years >= OLD or weak or not {ProtectionClass.OLD, ProtectionClass.ILL}.isdisjoint(protections):
        found.append(Department.ADULTS)
    if years < GROWN_UP:
        found.append(Department.YOUNG_PEOPLE)
    if years < OLD and ability in {Ability.ABLE, Ability.NEEDS_QUALIFICATION}:
        found.append(Department.ECONOMIC_ASSISTANCE)
    return tuple(found) or (Department.ECONOMIC_ASSISTANCE,)


def triaged_anew(
    client: Client, *, before: tuple[Department, ...], after: tuple[Department, ...], on: date
) -> tuple[DepartmentsAssigned, ...]:
    """What triage would now decide differently; what was assigned by hand beside it stays."""
    kept = [one for one in client.departments if one in after or one not in before]
    departments = (*kept, *(one for one in after if one not in before and one not in kept))
    if not departments or set(departments) == set(client.departments):
        return ()
    since = max(on, client.departments_since or on)
    return (DepartmentsAssigned(occurred_on=since, person_id=client.person_id, departments=departments),)


def duplicates(
    clients: Clients[Client], client: Client, similar: Similar, context: Context
) -> Iterable[PossibleDuplicateFound]:
    """A review item for each record that resembles this one and is not known to; told under both keys."""
    own = {one.person_id for one in family(clients, client)}
    for other_id, similarity in similar:
        other = clients[other_id]
        if not other.registered or other_id in own or other_id in client.possible_duplicates:
            continue
        for one, twin in ((client.person_id, other_id), (other_id, client.person_id)):
            yield PossibleDuplicateFound(occurred_on=context.today, person_id=one, other_id=twin, similarity=similarity)
