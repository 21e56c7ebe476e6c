"""Persons for reading: the states of many clients, with all that they were merged with, in two or three queries."""

from collections.abc import Collection
from datetime import date

from pydantic import TypeAdapter
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.casework.domain.client import Client
from services.casework.domain.person import Person, UnknownCase, person_of
from services.casework.store import CaseRow
from services.runtime.consumer import NoBusinessDay
from services.runtime.decision import Clients
from services.runtime.tables import Alias, BusinessDay, State

_STATES = TypeAdapter(Client)


async def business_day(reads: AsyncSession) -> date:
    """Raises `NoBusinessDay` before the first one."""
    row = (await reads.exec(select(BusinessDay))).first()
    if row is None:
        raise NoBusinessDay
    return row.today


async def persons(reads: AsyncSession, subjects: Collection[str]) -> dict[str, Person]:
    """The person of every one of these subjects."""
    names = await _families(reads, set(subjects))
    rows = await reads.exec(select(State).where(col(State.subject).in_(names)))
    loaded = {row.subject: _STATES.validate_python(row.document) for row in rows}
    clients = Clients(loaded, locked=names, references={}, initial=lambda name: Client(person_id=name))
    return {subject: person_of(clients, subject) for subject in subjects}


async def person_with_case(reads: AsyncSession, case_id: str) -> Person:
    """Raises `UnknownCase`."""
    owner = (await reads.exec(select(CaseRow.person_id).where(CaseRow.case_id == case_id))).first()
    if owner is None:
        raise UnknownCase(f"there is no case {case_id}")
    return (await persons(reads, [owner]))[owner]


async def _families(reads: AsyncSession, names: set[str]) -> set[str]:
    found: set[str] = set()
    while more := names - found:
        linked = or_(col(Alias.subject).in_(more), col(Alias.canonical).in_(more))
        found |= more
        rows = await reads.exec(select(Alias).where(linked))
        names = names | {name for alias in rows for name in (alias.subject, alias.canonical)}
    return found
