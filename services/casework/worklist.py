"""HTTP: what waits for a case manager, or for an office, section by section and a page at a time (C10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, assert_never

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts import topics
from contracts.city import City
from contracts.words import OfficeId, StaffId
from services.casework.paging import DEFAULT, After, Limit, Page, link_next, read_page
from services.casework.reading import TheCity, business_day, case_lines, families
from services.casework.tables import CaseRow, ItemRow, SuggestionRow, TimelineEntry
from services.casework.views import CaseLine
from services.casework.work_views import EntryView, ItemView, ParkedView, SuggestionView, Worklist
from services.runtime.audit import about
from services.runtime.commands import Caller as Asking
from services.runtime.problems import BadRequest
from services.runtime.tables import ParkedRecord, ParkedSubject
from services.runtime.web import Caller, Reads

router = APIRouter()
FEEDBACK_DAYS: Final = 14
"""How far back a work list shows feedback, unless it is asked for more."""


class Section(StrEnum):
    WITHOUT_PLAN = "without_plan"
    DUE_REVIEWS = "due_reviews"
    FEEDBACK = "feedback"
    RECONCILIATION = "reconciliation"
    SUGGESTIONS = "suggestions"
    PARKED = "parked"


@dataclass(frozen=True)
class Desk:
    """Whose list it is: `mine` selects the cases, open and closed."""

    reads: AsyncSession
    caller: Asking
    city: City
    today: date
    since: date
    mine: ColumnElement[bool]
    limit: int

    async def page(self, query: Any, *, day: Any, name: Any, after: str | None) -> Page[Any]:
        """Recorded as shown; a list of cases shows them by itself, whom its reader may see."""
        page = await read_page(self.reads, query, day=day, name=name, after=after, limit=self.limit)
        about(self.reads, (row.person_id for row in page.rows if not isinstance(row, CaseRow)))
        return page

    @property
    def open_cases(self) -> Any:
        return select(CaseRow).where(self.mine, CaseRow.state == "open")

    @property
    def case_ids(self) -> Any:
        return select(CaseRow.case_id).where(self.mine)


async def desk(
    reads: Reads,
    caller: Caller,
    city: TheCity,
    *,
    case_manager: Annotated[StaffId | None, Query()] = None,
    office: Annotated[OfficeId | None, Query()] = None,
    since: date | None = None,
    limit: Limit = DEFAULT,
) -> Desk:
    """Raises `BadRequest` unless one of the two is named."""
    if (case_manager is None) is (office is None):
        raise BadRequest("whose_work_list", "name the case_manager whose list it is, or the office, and not both")
    today = await business_day(reads)
    mine = col(CaseRow.case_manager) == case_manager if office is None else col(CaseRow.office) == office
    return Desk(reads, caller, city, today, since or today - timedelta(days=FEEDBACK_DAYS), mine, limit)


Mine = Annotated[Desk, Depends(desk)]


@router.get("/worklist")
async def show_worklist(request: Request, mine: Mine) -> Worklist:
    """The first page of every section, and in `next` where those that go on do.

    Of open cases: without a plan, reviews due, agencies' feedback dated from `since` on, clients that are parked. Work
    items of closed cases too: whoever had them last answers for them. An office's list has cases that wait as well.
    """
    pages = {section: await _section(mine, section, None) for section in Section}
    here, query = request.url.path, request.url
    following = {
        section.value: f"{here}/{section}?{query.include_query_params(after=page.after).query}"
        for section, page in pages.items()
        if page.after is not None
    }
    return Worklist.model_validate({section.value: page.rows for section, page in pages.items()} | {"next": following})


@router.get("/worklist/{section}")
async def show_section(
    section: Section, request: Request, response: Response, mine: Mine, after: After = None
) -> Sequence[CaseLine | EntryView | ItemView | SuggestionView | ParkedView]:
    """One section of the work list; the header `Link` says where it goes on."""
    page = await _section(mine, section, after)
    link_next(request, response, page.after)
    return page.rows


async def _section(mine: Desk, section: Section, after: str | None) -> Page[Any]:
    match section:
        case Section.WITHOUT_PLAN:
            query = mine.open_cases.where(col(CaseRow.plan_version).is_(None))
            return await _cases(mine, query, CaseRow.opened_on, after)
        case Section.DUE_REVIEWS:
            query = mine.open_cases.where(col(CaseRow.review_on) <= mine.today)
            return await _cases(mine, query, CaseRow.review_on, after)
        case Section.FEEDBACK:
            return await _feedback(mine, after)
        case Section.RECONCILIATION:
            items = select(ItemRow).where(col(ItemRow.case_id).in_(mine.case_ids), col(ItemRow.resolved_on).is_(None))
            page = await mine.page(items, day=ItemRow.opened_on, name=ItemRow.item_id, after=after)
            return Page([ItemView.model_validate(row) for row in page.rows], page.after)
        case Section.SUGGESTIONS:
            row = SuggestionRow
            made = select(row).where(col(row.case_id).in_(mine.case_ids), col(row.settled_on).is_(None))
            page = await mine.page(made, day=row.made_on, name=row.item_id, after=after)
            return Page([SuggestionView.model_validate(one) for one in page.rows], page.after)
        case Section.PARKED:
            return await _parked(mine, after)
        case _:
            assert_never(section)


async def _cases(mine: Desk, query: Any, day: Any, after: str | None) -> Page[CaseLine]:
    page = await mine.page(query, day=day, name=CaseRow.case_id, after=after)
    return Page(await case_lines(mine.reads, page.rows, mine.caller.department), page.after)


async def _feedback(mine: Desk, after: str | None) -> Page[EntryView]:
    """What agencies said of one's open cases' clients, of all their records."""
    owners = await mine.reads.exec(select(CaseRow.person_id).where(mine.mine, CaseRow.state == "open"))
    entry = TimelineEntry
    said = select(entry).where(
        col(entry.person_id).in_(await families(mine.reads, set(owners))),
        col(entry.occurred_on) >= mine.since,
        entry.topic == topics.REFERRAL.name,
        col(entry.data).op("?")("message_id"),
    )
    page = await mine.page(said, day=entry.occurred_on, name=entry.event_id, after=after)
    return Page([EntryView.of(row, mine.caller.department, mine.city) for row in page.rows], page.after)


async def _parked(mine: Desk, after: str | None) -> Page[ParkedView]:
    """Clients of whom nothing more is heard until an operator redrives a message of theirs (`lotse dlq`)."""
    since = {row.subject: row.since for row in await mine.reads.exec(select(ParkedSubject))}
    waiting = select(ParkedRecord.subject, func.count()).group_by(ParkedRecord.subject)
    queued = dict((await mine.reads.exec(waiting)).all())
    owners = await families(mine.reads, set(since))
    page = await mine.page(
        mine.open_cases.where(col(CaseRow.person_id).in_(owners)),
        day=CaseRow.opened_on,
        name=CaseRow.case_id,
        after=after,
    )
    found = []
    for row in page.rows:
        person = await families(mine.reads, {row.person_id})
        about(mine.reads, [row.person_id])
        found.append(
            ParkedView(
                case_id=row.case_id,
                person_id=row.person_id,
                case_manager=row.case_manager,
                since=min(since[name] for name in person if name in since),
                waiting=sum(queued.get(name, 0) for name in person),
            )
        )
    return Page(found, page.after)
