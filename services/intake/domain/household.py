"""Households: who belongs to which, and exactly one head in each on every day (I3).

Headship follows one rule, applied to a household's whole history whenever anyone's place in it changes: who was named
head last is head; a head who leaves, dies or steps down is followed by the eldest of those who are left; whoever is
alone is head. Of a merged person the surviving record counts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from contracts.event import PersonEvent
from contracts.events.intake import HouseholdChanged
from services.intake.domain import rules
from services.intake.domain.client import Client, Membership
from services.intake.domain.commands import JoinHousehold
from services.intake.domain.fold import fold
from services.intake.domain.refusals import OutOfOrder
from services.runtime.decision import Clients, Context, Publication

Events = tuple[Publication, ...]


@dataclass(frozen=True, slots=True)
class _Stay:
    """A member from `since` to the day before `until`, and what was told of them as head."""

    record: Client
    row: Membership
    since: date
    until: date

    @property
    def person_id(self) -> str:
        return self.record.person_id


@dataclass(frozen=True, slots=True)
class _Led:
    """Who is head from `since` to the day before `until`."""

    since: date
    until: date
    head: str


def join(clients: Clients[Client], command: JoinHousehold, context: Context) -> Events:
    """The client and who goes along, all or none; who is there already stays."""
    on = rules.plausible(command.on or context.today, context.today, "on")
    named = [rules.active(clients, one, on) for one in (command.person_id, *command.companions)]
    leader, *others = {one.person_id: one for one in named}.values()
    moved = [*_joined(leader, command, on=on, head=command.household.head)]
    for one in others:
        moved += _joined(one, command, on=on, head=False)
    appointed = leader.person_id if command.household.head else None
    return settled(clients, tuple(moved), command.relatives, appointed=appointed)


def _joined(client: Client, command: JoinHousehold, *, on: date, head: bool) -> Iterator[HouseholdChanged]:
    now = client.membership
    if now is not None and on < _stays_since(client):
        raise OutOfOrder("household")
    if now is None or (now.household_id, now.head) != (command.household_id, head):
        yield HouseholdChanged(occurred_on=on, person_id=client.person_id, household_id=command.household_id, head=head)


def _stays_since(client: Client) -> date:
    """Since when the client has belonged to the household of the last membership; headship may have changed since."""
    found = client.memberships[-1]
    for row in reversed(client.memberships):
        if row.household_id != found.household_id:
            break
        found = row
    return found.since


def settled(
    clients: Clients[Client], told: Events, relatives: Collection[str], *, appointed: str | None = None
) -> Events:
    """The same events, with each household's head passed on as they demand. `relatives`: whoever shares a household
    with someone they concern; `appointed` is named head by the command itself."""
    concerned = {one.person_id for one in told if isinstance(one, PersonEvent)}
    before = {name: clients[name] for name in {*relatives, *concerned}}
    after = dict(before)
    for event in told:
        if isinstance(event, PersonEvent):
            after[event.person_id] = fold(after[event.person_id], event)
    rows = {name: record.memberships for name, record in after.items()}
    touched = {row.household_id for name in concerned for row in (*before[name].memberships, *rows[name])}
    for household in sorted(one for one in touched if one is not None):
        led = _led(_stays(household, after), appointed)
        rows = {name: _flagged(after[name], mine, household, led) for name, mine in rows.items()}
    news = {name: tuple(_news(name, before[name].memberships, mine)) for name, mine in rows.items()}
    return (*_in_place(told, news), *(event for name in sorted(news.keys() - _housed(told)) for event in news[name]))


def _housed(told: Events) -> set[str]:
    return {one.person_id for one in told if isinstance(one, HouseholdChanged)}


def _in_place(told: Events, news: Mapping[str, Events]) -> Iterator[Publication]:
    """Where a household was told, what is to be told of it; once a person."""
    done: set[str] = set()
    for event in told:
        if not isinstance(event, HouseholdChanged):
            yield event
        elif event.person_id not in done:
            done.add(event.person_id)
            yield from news[event.person_id]


def _stays(household: str, records: Mapping[str, Client]) -> list[_Stay]:
    found = []
    for record in records.values():
        gone = record.departed_on or date.max
        ends = [*(row.since for row in record.memberships[1:]), date.max]
        for row, following in zip(record.memberships, ends, strict=False):
            until = min(following, gone)
            if row.household_id == household and row.since < until and record.canonical == record.person_id:
                found.append(_Stay(record, row, row.since, until))
    return found


def _led(stays: Sequence[_Stay], appointed: str | None) -> list[_Led]:
    """Who is head when, from the first day on which anyone belongs to the household."""
    days = sorted({day for stay in stays for day in (stay.since, stay.until)})
    found: list[_Led] = []
    for since, until in pairwise(days):
        present = [stay for stay in stays if stay.since <= since < stay.until]
        if present:
            found.append(_Led(since, until, _head(present, since, found[-1].head if found else None, appointed)))
    return found


def _head(present: Sequence[_Stay], day: date, before: str | None, appointed: str | None) -> str:
    named = [stay for stay in present if stay.row.head]
    if named:
        newest = max(stay.row.since for stay in named)
        latest = [stay.person_id for stay in named if stay.row.since == newest]
        return min(latest, key=lambda one: (one != appointed, one != before, one))
    steps_down = [stay for stay in present if stay.person_id == before and stay.row.since == day]
    if before in {stay.person_id for stay in present} and not steps_down:
        return before or ""
    heirs = [stay for stay in present if stay not in steps_down] or present
    return min(heirs, key=lambda stay: (stay.record.birth_month or "9999-12", stay.person_id)).person_id


def _flagged(
    record: Client, rows: tuple[Membership, ...], household: str, led: Sequence[_Led]
) -> tuple[Membership, ...]:
    """A record's memberships with who is head, each cut where that changes. After a departure nothing changes."""
    if record.canonical != record.person_id:
        return rows
    gone = record.departed_on or date.max
    found: list[Membership] = []
    for row, following in zip(rows, [*(one.since for one in rows[1:]), date.max], strict=False):
        pieces = [
            replace(row, since=max(row.since, one.since), head=one.head == record.person_id)
            for one in led
            if row.household_id == household and one.since < min(following, gone) and row.since < one.until
        ] or [row]
        found += [one for place, one in enumerate(pieces) if not place or one.head != pieces[place - 1].head]
    return tuple(found)


def _news(person_id: str, before: tuple[Membership, ...], after: tuple[Membership, ...]) -> Iterator[HouseholdChanged]:
    """What to tell so that `after` holds: from the first membership that differs on, also on days of which
    something was told before, so that no reader keeps what no longer is."""
    days = {row.since for row in after}
    stale = [row.since for row in before if row.since not in days and after and row.since > after[0].since]
    kept = [replace(_on(after, day), since=day) for day in stale]
    rows = sorted((*after, *kept), key=lambda row: row.since)
    same = next((n for n, (one, other) in enumerate(zip(before, rows, strict=False)) if one != other), len(before))
    for row in rows[same:]:
        yield HouseholdChanged(occurred_on=row.since, person_id=person_id, household_id=row.household_id, head=row.head)


def _on(rows: Sequence[Membership], day: date) -> Membership:
    return next(row for row in reversed(rows) if row.since <= day)
