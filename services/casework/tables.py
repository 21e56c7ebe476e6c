"""Casework's tables: rows that mirror states, the timeline of facts, and what no event may hold."""

from datetime import date
from typing import Any, Final

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.runtime.tables import Row


class CaseRow(Row, table=True):
    """A case as it stands; the state document holds the rest."""

    __tablename__ = "cases"

    case_id: str = Field(primary_key=True)
    person_id: str
    office: str = Field(index=True)
    case_manager: str | None = Field(index=True)
    state: str
    """`open` or `closed`."""
    opened_on: date
    queued_on: date | None
    plan_version: int | None
    review_on: date | None = Field(index=True)
    instead_of: str | None
    """Whose case it is, while somebody stands in for them."""


class ItemRow(Row, table=True):
    """A work item of the reconciliation list."""

    __tablename__ = "reconciliation_item"

    item_id: str = Field(primary_key=True)
    person_id: str
    case_id: str = Field(index=True)
    referral_id: str
    message_id: str
    code: str
    opened_on: date
    resolved_on: date | None
    resolved_by: str | None


class SuggestionRow(Row, table=True):
    """What casework suggests to a case manager."""

    __tablename__ = "suggestion"

    item_id: str = Field(primary_key=True)
    person_id: str
    case_id: str = Field(index=True)
    kind: str
    referral_id: str | None
    placement_id: str | None
    merge_id: str | None
    reopenable: bool
    made_on: date
    settled_on: date | None
    outcome: str | None
    settled_by: str | None


class TimelineEntry(Row, table=True):
    """One fact about a client, from any of the topics, with its coded fields; `sequence` orders within a topic.

    Of `data` is left out what an optional field says by default: a field that a contract gains changes no older row.
    """

    __tablename__ = "timeline"

    event_id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    occurred_on: date
    topic: str
    sequence: int
    type: str
    referral_id: str | None
    agency: str | None
    data: dict[str, Any] = Field(sa_type=JSONB)


class ClientRow(Row, table=True):
    """A client as people look for one; see `domain/names.py`."""

    __tablename__ = "client"

    person_id: str = Field(primary_key=True)
    family_key: str = Field(index=True)
    given_key: str
    birth_date: date = Field(index=True)


class CaseManagerRow(Row, table=True):
    """Who runs cases where, from `since`; without a limit of their own the city's holds."""

    __tablename__ = "case_manager"

    staff_id: str = Field(primary_key=True)
    office: str
    since: date
    caseload_limit: int | None


class AbsenceRow(Row, table=True):
    """A case manager is absent from `since` until the day before `returns_on`."""

    __tablename__ = "absence"

    staff_id: str = Field(primary_key=True)
    since: date = Field(primary_key=True)
    returns_on: date
    deputy: str | None
    recorded_by: str


class PlanText(Row, table=True):
    """The wording of a plan's version. Every version stays readable."""

    __tablename__ = "plan_text"

    case_id: str = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    author: str
    strengths: list[str] = Field(sa_type=JSONB)
    duties_client: list[str] = Field(sa_type=JSONB)
    duties_office: list[str] = Field(sa_type=JSONB)


REBUILT: Final = (CaseRow, ItemRow, SuggestionRow, TimelineEntry, ClientRow)
KEPT: Final = (CaseManagerRow, AbsenceRow, PlanText)
