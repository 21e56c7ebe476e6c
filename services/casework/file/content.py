"""What a client's file holds: all that casework's database has of one person, in one value."""

from datetime import date
from typing import Self

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.city import City
from services.casework.domain.names import file_number
from services.casework.domain.person import Person
from services.casework.reading import business_day, plans_of, story, told
from services.casework.tables import ItemRow, SuggestionRow
from services.casework.views import (
    AssessmentView,
    CaseLine,
    ContactView,
    PlacementView,
    PlanTextView,
    ReferralView,
    View,
    placements_of,
    referrals_of,
)
from services.casework.work_views import EntryView, ItemView, SuggestionView


class FiledCase(View):
    """A case with every version of its plan."""

    case: CaseLine
    plans: list[PlanTextView]


class ClientFile(View):
    """`records`: the ids of all records that are this person, the one that counts first."""

    printed_on: date
    file_number: str
    records: list[str]
    client: ContactView | None
    office: str | None
    assessment: AssessmentView | None
    cases: list[FiledCase]
    referrals: list[ReferralView]
    placements: list[PlacementView]
    reconciliation: list[ItemView]
    suggestions: list[SuggestionView]
    story: list[EntryView]

    @classmethod
    async def of(cls, reads: AsyncSession, person: Person, department: str, city: City) -> Self:
        today, entries = await business_day(reads), await story(reads, person)
        office, assessment = person.office_on(today), person.assessment_on(today)
        names = [person.root.person_id, *(m.person_id for m in person.members if m is not person.root)]
        lines = [CaseLine.of(person, case, today) for case in sorted(person.cases, key=lambda one: one.opened_on)]
        items = select(ItemRow).where(col(ItemRow.person_id).in_(names)).order_by(col(ItemRow.opened_on))
        made = select(SuggestionRow).where(col(SuggestionRow.person_id).in_(names)).order_by(col(SuggestionRow.made_on))
        return cls(
            printed_on=today,
            file_number=file_number(person.root.person_id),
            records=names,
            client=None if person.identity is None else ContactView.model_validate(person.identity),
            office=None if office is None else office.office,
            assessment=None if assessment is None else AssessmentView.model_validate(assessment),
            cases=[FiledCase(case=one, plans=await plans_of(reads, one.case_id, entries)) for one in lines],
            referrals=referrals_of(person),
            placements=placements_of(person),
            reconciliation=[ItemView.model_validate(row) for row in await reads.exec(items)],
            suggestions=[SuggestionView.model_validate(row) for row in await reads.exec(made)],
            story=told(person, entries, department, city),
        )
