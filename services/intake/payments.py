"""What a month owes a household: one query for any number of households."""

import calendar
from collections.abc import Sequence
from datetime import date
from typing import Final

import asyncpg

from contracts.words import BenefitKind, Currency
from services.intake.domain.commands import Share

_OWED: Final = """
with recursive lead(record, person) as (
  select subject, canonical from alias
  union select l.record, a.canonical from lead l join alias a on a.subject = l.person),
root(record, person) as (
  select record, person from lead where not exists (select from alias where subject = lead.person)),
member(person) as (
  select distinct person_id from membership
  where household_id = any($1) and not exists (select from alias where subject = person_id)),
record(record, person) as (
  select person, person from member union all select r.record, r.person from root r join member m using (person)),
aid as (
  select distinct on (r.person, b.kind) r.person, b.kind, b.minor, b.currency, least(b.until - 1, $3::date) as day
  from record r join benefit b on b.person_id = r.record
  where b.since <= $3 and (b.until is null or b.until > greatest(b.since, $2::date))
  order by r.person, b.kind, (r.record = r.person) desc, b.since desc, b.benefit_id),
housed as (
  select a.*, m.household_id from aid a cross join lateral (
    select household_id from membership where person_id = a.person and since <= a.day order by since desc limit 1) m
  where m.household_id = any($1)),
living as (
  select p.person, m.household_id, m.head from member p join client c on c.person_id = p.person
  cross join lateral (
    select household_id, head from membership where person_id = p.person and since <= $3
    order by since desc limit 1) m
  where c.departed_on is null or c.departed_on > $2),
head as (select household_id, min(person) as person from living where head group by household_id)
select h.household_id, coalesce(head.person, min(h.person) over (partition by h.household_id)) as head,
  h.kind, h.currency, h.minor
from housed h left join head using (household_id)
where not exists (
  select from payment p where p.household_id = h.household_id and p.kind = h.kind and p.month = $4)
order by h.household_id, h.kind, h.currency"""
"""$1 households, $2 and $3 the month's first and last day, $4 the month.

A benefit counts if it was in force on any day of the month, at the amount and in the household of its last such day; of
several records and benefits of one person and kind one counts, the person's own and newest. The head is the one of the
month's last day who has not departed; without one, the lowest of those who receive.
"""


async def shares(db: asyncpg.Connection, month: str, households: Sequence[str]) -> dict[str, tuple[Share, ...]]:
    """The sums that are not paid yet, by household."""
    first, last = days_of(month)
    sums: dict[tuple[str, str, str, str], int] = {}
    for row in await db.fetch(_OWED, list(households), first, last, month):
        key = row["household_id"], row["head"], row["kind"], row["currency"]
        sums[key] = sums.get(key, 0) + row["minor"]
    found: dict[str, list[Share]] = {}
    for (household_id, head, kind, currency), minor in sums.items():
        share = Share(head=head, kind=BenefitKind(kind), minor=minor, currency=Currency(currency))
        found.setdefault(household_id, []).append(share)
    return {household_id: tuple(owed) for household_id, owed in found.items()}


def days_of(month: str) -> tuple[date, date]:
    """A month's first and last day."""
    year, ordinal = int(month[:4]), int(month[5:])
    return date(year, ordinal, 1), date(year, ordinal, calendar.monthrange(year, ordinal)[1])
