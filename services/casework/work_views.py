"""What casework shows of a story and of work: its facts, work items, lists, and who is there to do it."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import Field

from contracts.city import City
from contracts.words import Department, RejectionCode, SuggestionKind, SuggestionOutcome
from services.casework.tables import TimelineEntry
from services.casework.told.words import LANGUAGES, sentence
from services.casework.views import CaseLine, View


class EntryView(View):
    """A fact of the story; `words` tell it by language. `agency`: whose referral it is about, or who spoke."""

    event_id: str
    occurred_on: date
    topic: str
    type: str
    referral_id: str | None
    agency: str | None
    data: dict[str, Any]
    words: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, entry: TimelineEntry, department: str, city: City, agency: str | None = None) -> Self:
        """I5: that young people's services look after a client is for them alone to know."""
        shown = cls.model_validate(entry)
        shown.agency = entry.agency or agency
        if entry.type == "DepartmentsAssigned" and department != Department.YOUNG_PEOPLE:
            others = [name for name in entry.data["departments"] if name != Department.YOUNG_PEOPLE]
            shown.data = {**entry.data, "departments": others}
        shown.words = {language: sentence(shown, city, language) for language in LANGUAGES}
        return shown


class AbsenceView(View):
    since: date
    returns_on: date
    deputy: str | None


class CaseManagerView(View):
    staff_id: str
    office: str
    since: date
    caseload_limit: int | None
    absences: list[AbsenceView]


class ItemView(View):
    item_id: str
    case_id: str
    person_id: str
    referral_id: str
    message_id: str
    code: RejectionCode
    opened_on: date
    resolved_on: date | None
    resolved_by: str | None


class SuggestionView(View):
    """`withdraw_referral`: another agency's `placement_id` is confirmed. `review_unmerge`: accepting reopens the case
    if it is `reopenable`, else asks for the referral again; declining leaves all as it is."""

    item_id: str
    case_id: str
    person_id: str
    kind: SuggestionKind
    referral_id: str | None
    placement_id: str | None
    merge_id: str | None
    reopenable: bool
    made_on: date
    settled_on: date | None
    outcome: SuggestionOutcome | None
    settled_by: str | None


class ParkedView(View):
    """A client one of whose messages could not be applied: `waiting` messages queue until an operator redrives."""

    case_id: str
    person_id: str
    case_manager: str | None
    since: datetime
    waiting: int


class Worklist(View):
    """What waits for a case manager, or at an office (C10). `next`: where a section goes on."""

    without_plan: list[CaseLine]
    due_reviews: list[CaseLine]
    feedback: list[EntryView]
    reconciliation: list[ItemView]
    suggestions: list[SuggestionView]
    parked: list[ParkedView]
    next: dict[str, str]
