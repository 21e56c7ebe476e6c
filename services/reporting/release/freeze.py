"""When months become final: a release once, and restatements of what was learned after it.

A month is frozen when a day starts that lies more than three months after its end: January with 1 May. Whatever was
told until then is in it; later facts never change it. On the first of each month the releases of two years are looked
at again, and one whose told numbers have changed is restated. While facts are known to be missing nothing is published:
every day that starts catches up on what is lacking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.city import City
from contracts.events.reporting import Release, ReleasePublished, ReleaseRestated
from services.reporting.period import month_of, months_from, shift
from services.reporting.release.catalogue import FORMAT, OUTCOMES, families
from services.reporting.release.document import Document, digest
from services.reporting.release.families import numbers_of
from services.reporting.release.reading import (
    FROZEN_AFTER,
    as_of,
    cells,
    notes,
    offices_of,
    outcomes_from,
    records_since,
    versions,
)
from services.reporting.release.telling import tell
from services.reporting.release.tree import tree
from services.runtime.service import Snapshot, Summary

RESTATED_FOR: Final = 24
"""Months after its release that a month is looked at again."""
_RELEASED: Final = "select distinct month from release_version"


R = TypeVar("R", bound=Release)


async def summarise(snapshot: Snapshot) -> Summary:
    """The releases that are lacking, and on the first of a month the restatements."""
    lacking = await months_lacking(snapshot.db, snapshot.today)
    again = await _months_again(snapshot.db, snapshot.today) if lacking or snapshot.today.day == 1 else []
    if snapshot.loss and (lacking or again):
        return Summary(held=f"{_named(lacking or again)} cannot be released: {snapshot.loss}")
    before = {month: await versions(snapshot.db, month) for month in again}
    documents = await written(snapshot.db, snapshot.city, {**dict.fromkeys(lacking, ()), **before}, snapshot)
    published = [_event(ReleasePublished, one) for one in documents if one.month not in before]
    changed = (one for one in documents if one.month in before and one.lines != before[one.month][-1].lines)
    return Summary([*published, *(_event(ReleaseRestated, one) for one in changed)])


async def months_lacking(db: AsyncConnection, today: date) -> list[str]:
    """Months that should be final on a day and are not, in order."""
    since = await records_since(db)
    if since is None:
        return []
    released = set((await db.execute(text(_RELEASED))).scalars())
    return [m for m in months_from(month_of(since), _newest(today)) if m not in released]


async def written(
    db: AsyncConnection, city: City, months: Mapping[str, Sequence[Document]], stand: Snapshot | Document
) -> list[Document]:
    """The next versions of months, in order, from the facts in a database. `months`: with their versions so far;
    `stand`: what is not in the facts. Later versions have the offices, agencies and format of the first, so that their
    numbers can be told beside each other."""
    told_on = stand.today if isinstance(stand, Snapshot) else stand.told_on
    firsts = {month: _first(city, month, earlier, stand) for month, earlier in sorted(months.items())}
    numbers = await cells(db, {month: tree(first.offices) for month, first in firsts.items()}, told_on)
    made = []
    for month, first in firsts.items():
        earlier = months[month]
        sustained = _sustained(month, earlier, told_on) if first.form > 1 else {}
        told = families(first.form, first.agencies, sustained)
        made.append(
            replace(
                first,
                version=len(earlier) + 1,
                told_on=told_on,
                offsets=stand.offsets,
                notes=await notes(db, sustained) if isinstance(stand, Snapshot) else stand.notes,
                lines=tell(tree(first.offices), told, numbers_of(numbers[month]), [one.lines for one in earlier]),
            )
        )
    return made


def _first(city: City, month: str, earlier: Sequence[Document], stand: Snapshot | Document) -> Document:
    """The first version of a month, or what can be said of it before it is there."""
    if earlier:
        return earlier[0]
    if isinstance(stand, Document):
        return stand
    offices = offices_of(city, month).offices
    return Document(month, 1, as_of(month), stand.today, offices, {}, (), {}, city.agency_ids, FORMAT)


def _sustained(month: str, earlier: Sequence[Document], today: date) -> dict[int, int]:
    """The outcomes that can be told by now, each with the first version of the month that could."""
    days = {after: outcomes_from(month, after) for after in OUTCOMES}
    return {n: 1 + sum(one.told_on < day for one in earlier) for n, day in days.items() if day <= today}


async def _months_again(db: AsyncConnection, today: date) -> list[str]:
    released = sorted((await db.execute(text(_RELEASED))).scalars())
    return [month for month in released if month > shift(_newest(today), -RESTATED_FOR)]


def _newest(today: date) -> str:
    """The youngest month that is final on a day."""
    return shift(month_of(today), -FROZEN_AFTER - 1)


def _event(kind: type[R], document: Document) -> R:
    return kind(
        occurred_on=document.told_on,
        month=document.month,
        offsets=dict(document.offsets),
        digest=digest(document.json()),
        as_of=document.as_of,
        offices=document.offices,
        notes=document.notes,
        figures=document.figures(),
        agencies=document.agencies,
        format=document.form,
    )


def _named(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} and {len(months) - 1} more months"
