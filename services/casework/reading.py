"""Persons for reading: the states of many clients, with all that they were merged with, in two or three queries."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from pydantic import TypeAdapter
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.city import City
from services.casework.domain.client import Client
from services.casework.domain.person import Person, UnknownCase, person_of
from services.casework.tables import CaseRow, PlanText, TimelineEntry
from services.casework.told.order import in_order
from services.casework.views import CaseLine, PlanTextView
from services.casework.work_views import EntryView
from services.runtime.audit import about
from services.runtime.batch import NoBusinessDay
from services.runtime.decision import Clients
from services.runtime.tables import Alias, BusinessDay, State

_STATES = TypeAdapter(Client)


def _city(request: Request) -> City:
    city: City = request.app.state.runtime.city
    return city


TheCity = Annotated[City, Depends(_city)]


async def business_day(reads: AsyncSession) -> date:
    """Raises `NoBusinessDay` before the first one."""
    row = (await reads.exec(select(BusinessDay))).first()
    if row is None:
        raise NoBusinessDay
    return row.today


async def persons(reads: AsyncSession, subjects: Collection[str]) -> dict[str, Person]:
    """The person of every one of these subjects."""
    names = await families(reads, set(subjects))
    rows = await reads.exec(select(State).where(col(State.subject).in_(names)))
    loaded = {row.subject: _STATES.validate_python(row.document) for row in rows}
    clients = Clients(loaded, locked=names, references={}, initial=lambda name: Client(person_id=name))
    return {subject: person_of(clients, subject) for subject in subjects}


async def person_with_case(reads: AsyncSession, case_id: str, department: str) -> Person:
    """Raises `UnknownCase`, also of a client who is invisible to this department."""
    owner = (await reads.exec(select(CaseRow.person_id).where(CaseRow.case_id == case_id))).first()
    if owner is None:
        raise UnknownCase(f"there is no case {case_id}")
    person = (await persons(reads, [owner]))[owner]
    if not person.visible_to(department, await business_day(reads)):
        raise UnknownCase(f"there is no case {case_id}")
    about(reads, (member.person_id for member in person.members))
    return person


async def case_lines(reads: AsyncSession, rows: Sequence[CaseRow], department: str) -> list[CaseLine]:
    """The cases of these rows that this department may see, in their order."""
    today = await business_day(reads)
    people = await persons(reads, [row.person_id for row in rows])
    shown = [row for row in rows if people[row.person_id].visible_to(department, today)]
    about(reads, (row.person_id for row in shown))
    return [CaseLine.of(person := people[row.person_id], person.case(row.case_id), today) for row in shown]


async def story(reads: AsyncSession, person: Person) -> list[TimelineEntry]:
    """Everything known of a person, of all their records, in the order in which it is told."""
    names = [member.person_id for member in person.members]
    return in_order(await reads.exec(select(TimelineEntry).where(col(TimelineEntry.person_id).in_(names))))


async def plans_of(reads: AsyncSession, case_id: str, entries: Sequence[TimelineEntry]) -> list[PlanTextView]:
    """Every version of a case's plan with its wording, the first one first."""
    texts = await reads.exec(select(PlanText).where(PlanText.case_id == case_id).order_by(col(PlanText.plan_version)))
    agreed = {
        entry.data["plan_version"]: entry
        for entry in entries
        if entry.type in {"PlanAgreed", "PlanRevised"} and entry.data["case_id"] == case_id
    }
    return [PlanTextView.of(text, agreed[text.plan_version]) for text in texts]


def told(person: Person, entries: Sequence[TimelineEntry], department: str, city: City) -> list[EntryView]:
    """A person's story as a department may read it; what casework said of a referral names its agency too."""
    agencies = {one.referral_id: one.agency for one in person.requests}
    agencies |= {one.referral_id: one.agency for one in person.referrals}
    return [EntryView.of(one, department, city, agencies.get(one.referral_id or "")) for one in entries]


async def families(reads: AsyncSession, names: set[str]) -> set[str]:
    """These subjects and all that were merged with them."""
    found: set[str] = set()
    while more := names - found:
        linked = or_(col(Alias.subject).in_(more), col(Alias.canonical).in_(more))
        found |= more
        rows = await reads.exec(select(Alias).where(linked))
        names = names | {name for alias in rows for name in (alias.subject, alias.canonical)}
    return found
