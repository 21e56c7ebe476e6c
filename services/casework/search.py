"""HTTP: a client found by name, birth date or file number, asked by POST so that no address and no log has it (C10)."""

import re
from datetime import date
from typing import Annotated, Final, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from services.casework.domain.names import file_number, name_key
from services.casework.domain.person import Person
from services.casework.reading import business_day, persons
from services.casework.tables import CaseRow, ClientRow
from services.casework.views import View
from services.runtime.audit import about
from services.runtime.decision import Refusal
from services.runtime.web import Caller, Reads

router = APIRouter()
_CHUNK: Final = 200
_MOST_LOOKED_AT: Final = 2000
"""Rows of one search: who asks for more must say more."""


class TooLittle(Refusal):
    code = "too_little"
    status = 422


class Search(BaseModel):
    """All that is said must fit. Names by how they begin, whatever their umlauts; a file number from its first eight
    digits on: of the client or of a case."""

    model_config = ConfigDict(extra="forbid")

    family_name: Annotated[str, StringConstraints(max_length=100)] = ""
    given_name: Annotated[str, StringConstraints(max_length=100)] = ""
    birth_date: date | None = None
    file_number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f -]{0,60}$")] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class FoundCase(View):
    case_id: str
    state: str
    case_manager: str | None


class FoundClient(View):
    """Enough to tell namesakes apart."""

    person_id: str
    file_number: str
    given_name: str
    family_name: str
    birth_date: date
    office: str | None
    cases: list[FoundCase]

    @classmethod
    def of(cls, person: Person, today: date) -> Self:
        identity, office = person.identity, person.office_on(today)
        if identity is None:
            raise ValueError("a client is found by a name")
        return cls(
            person_id=person.root.person_id,
            file_number=file_number(person.root.person_id),
            given_name=identity.given_name,
            family_name=identity.family_name,
            birth_date=identity.birth_date,
            office=None if office is None else office.office,
            cases=[
                FoundCase(case_id=c.case_id, state="open" if c.open else "closed", case_manager=c.case_manager)
                for c in person.cases
            ],
        )


class FoundClients(View):
    clients: list[FoundClient]
    more: bool


@router.post("/clients/search")
async def search_clients(body: Search, reads: Reads, caller: Caller, response: Response) -> FoundClients:
    """By name, then birth date; `more`: there are more than `limit`, so say more.

    A client whom young people's services alone look after is found by them alone.
    """
    response.headers["Cache-Control"] = "no-store"
    query, today = _asked(body), await business_day(reads)
    found: dict[str, Person] = {}
    for start in range(0, _MOST_LOOKED_AT, _CHUNK):
        names = list(await reads.exec(query.offset(start).limit(_CHUNK)))
        people = await persons(reads, names)
        for name in names:
            person = people[name]
            if person.visible_to(caller.department, today):
                found.setdefault(person.root.person_id, person)
        if len(found) > body.limit or len(names) < _CHUNK:
            break
    clients = [FoundClient.of(person, today) for person in list(found.values())[: body.limit]]
    about(reads, (one.person_id for one in clients))
    return FoundClients(clients=clients, more=len(found) > body.limit)


def _asked(body: Search) -> SelectOfScalar[str]:
    """Raises `TooLittle`."""
    family, given, number = name_key(body.family_name), name_key(body.given_name), _number(body.file_number)
    if len(family) < 2 and body.birth_date is None and number is None:
        raise TooLittle("say two letters of the family name at least, or the birth date, or eight of the file number")
    row = ClientRow
    query = select(row.person_id)
    if family:
        query = query.where(col(row.family_key).startswith(family))
    if given:
        query = query.where(col(row.given_key).startswith(given))
    if body.birth_date is not None:
        query = query.where(row.birth_date == body.birth_date)
    if number is not None:
        cases = select(CaseRow.person_id).where(col(CaseRow.case_id).startswith(number))
        query = query.where(or_(col(row.person_id).startswith(number), col(row.person_id).in_(cases)))
    return query.order_by(col(row.family_key), col(row.given_key), col(row.birth_date), col(row.person_id))


def _number(said: str) -> str | None:
    """The beginning of an id, hyphens where ids have them; None if it is too short to name anybody."""
    digits = re.sub(r"[^0-9a-f]", "", said.lower())
    if len(digits) < 8:
        return None
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(part for part in parts if part)
