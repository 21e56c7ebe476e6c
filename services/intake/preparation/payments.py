"""What a month still owes households, one query for any number of them; and what a payment that is taken back was."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import asyncpg

from contracts.words import BenefitKind, Currency, Money
from services.intake.domain.commands import Paid, PayHousehold, ReversePayment, Share
from services.intake.domain.refusals import PayeeErased, PaymentAlreadyReversed, UnknownHousehold, UnknownPayment
from services.intake.preparation.prepared import Prepared
from services.runtime.database import reads_whole

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
  select distinct on (r.person, b.kind) r.person, b.kind, b.minor, b.currency,
    greatest(b.since, $2::date) as first, least(b.until - 1, $3::date) as last
  from record r join benefit b on b.person_id = r.record
  where b.since <= $3 and (b.until is null or b.until > greatest(b.since, $2::date))
  order by r.person, b.kind, (r.record = r.person) desc, b.since desc, b.benefit_id),
housed as (
  select a.*, m.household_id from aid a cross join lateral (
    select household_id from membership where person_id = a.person and since <= a.last
    order by since <= a.first desc, abs(since - a.first) limit 1) m
  where m.household_id = any($1)),
living as (
  select p.person, m.household_id, m.head from member p join client c on c.person_id = p.person
  cross join lateral (
    select household_id, head from membership where person_id = p.person and since <= $3
    order by since desc limit 1) m
  where c.departed_on is null or c.departed_on > $3),
head as (select household_id, min(person) as person from living where head group by household_id)
select h.household_id, coalesce(head.person, min(h.person) over (partition by h.household_id)) as head,
  h.kind, h.currency, h.minor
from housed h left join head using (household_id)
where not exists (
  select from payment p where p.household_id = h.household_id and p.kind = h.kind and p.month = $4
  and not exists (select from payment_reversal r where r.payment_id = p.payment_id))
order by h.household_id, h.kind, h.currency"""
"""$1 households, $2 and $3 the month's first and last day, $4 the month.

A benefit counts if it was in force on any day of the month, at the amount of its last such day and in the household of
its first: who moves within a month is paid in one of the two, whether the other was paid before or is paid later. Of
several records and benefits of one person and kind one counts, the person's own and newest. The head is the one of the
month's last day who has not departed; without one, the lowest of those who receive.
"""


_PAID: Final = """
select p.*, r.payment_id is not null as taken_back, c.person_id is null as erased
from payment p left join payment_reversal r using (payment_id) left join client c using (person_id)
where p.payment_id = any($1)"""
_HOUSEHOLDS_OF: Final = "select household_id from payment where payment_id = any($1)"
_LOCK_HOUSEHOLDS: Final = (
    "select household_id from household where household_id = any($1) order by household_id for update"
)


async def payments(db: asyncpg.Connection, commands: Sequence[Prepared]) -> list[Prepared]:
    """Completes payments and reversals; their households' locks put them in order."""
    paying = [c for c in commands if isinstance(c, PayHousehold)]
    reversing = sorted({c.payment_id for c in commands if isinstance(c, ReversePayment)})
    if not paying and not reversing:
        return list(commands)
    households = {c.household_id for c in paying} | {row[0] for row in await db.fetch(_HOUSEHOLDS_OF, reversing)}
    existing = {row["household_id"] for row in await db.fetch(_LOCK_HOUSEHOLDS, sorted(households))}
    owed = {
        (month, household_id): due
        for month in sorted({c.month for c in paying})
        for household_id, due in (await shares(db, month, sorted(existing))).items()
    }
    paid: dict[str, Mapping[str, Any]] = {row["payment_id"]: dict(row) for row in await db.fetch(_PAID, reversing)}
    return [
        _owing(command, existing, owed)
        if isinstance(command, PayHousehold)
        else _reversible(command, paid)
        if isinstance(command, ReversePayment)
        else command
        for command in commands
    ]


def _owing(
    command: PayHousehold, existing: set[str], owed: dict[tuple[str, str], tuple[Share, ...]]
) -> PayHousehold | UnknownHousehold:
    """What the household is still owed; nothing to the second of two commands for one household and month."""
    if command.household_id not in existing:
        return UnknownHousehold()
    return replace(command, shares=owed.pop((command.month, command.household_id), ()))


def _reversible(
    command: ReversePayment, paid: dict[str, Mapping[str, Any]]
) -> ReversePayment | UnknownPayment | PaymentAlreadyReversed | PayeeErased:
    """Whom it was paid to and what for. A second line about one payment finds it taken."""
    row = paid.get(command.payment_id)
    if row is None:
        return UnknownPayment()
    if row["taken_back"]:
        return PaymentAlreadyReversed()
    if row["erased"]:
        return PayeeErased()
    paid[command.payment_id] = {**row, "taken_back": True}
    found = Paid(
        person_id=row["person_id"],
        household_id=row["household_id"],
        kind=BenefitKind(row["kind"]),
        month=row["month"],
        amount=Money(minor=row["minor"], currency=Currency(row["currency"])),
    )
    return replace(command, paid=found)


async def shares(db: asyncpg.Connection, month: str, households: Sequence[str]) -> dict[str, tuple[Share, ...]]:
    """The sums that are not paid yet, by household."""
    first, last = days_of(month)
    sums: dict[tuple[str, str, str, str], int] = {}
    await reads_whole(db)  # a run of payments: many households, and whoever was ever merged
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
