"""The order of a client's story: by business date, and on one day what causes before what follows from it.

Topics have no order among each other. Within a day each keeps its own; intake's facts come first, and between casework
and referrals a request comes before its answer, an agency's message before the work item that it makes.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from contracts import topics
from services.casework.tables import TimelineEntry

Fact = tuple[str, str]
_RANK: Final = {topics.PERSON.name: 0, topics.CASE.name: 1, topics.REFERRAL.name: 2}
_ENDS: Final = frozenset(
    {
        "ReferralCompleted",
        "ReferralFailed",
        "ReferralRejected",
        "ReferralWithdrawn",
        "ReferralExpired",
        "ReferralDiscontinued",
        "ReferralVoided",
        "ReferralRefused",
        "PlacementVoided",
    }
)


def in_order(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """The same entries as they are told."""
    by_day = sorted(entries, key=lambda one: (one.occurred_on, _RANK[one.topic], one.person_id, one.sequence))
    return [one for _, day in groupby(by_day, key=lambda one: one.occurred_on) for one in _day(list(day))]


def _day(entries: list[TimelineEntry]) -> Iterator[TimelineEntry]:
    queues: defaultdict[tuple[int, str], deque[TimelineEntry]] = defaultdict(deque)
    for entry in entries:
        queues[_RANK[entry.topic], entry.person_id].append(entry)
    pending = Counter(fact for entry in entries for fact in set(_makes(entry)))
    told: set[Fact] = set()
    while queues:
        ready = (key for key, queue in sorted(queues.items()) if _is_ready(queue[0], pending, told))
        key = next(ready, min(queues))
        entry = queues[key].popleft()
        if not queues[key]:
            del queues[key]
        told.update(_makes(entry))
        yield entry


def _is_ready(entry: TimelineEntry, pending: Counter[Fact], told: set[Fact]) -> bool:
    return all(fact in told or not pending[fact] for fact in _needs(entry))


def _makes(entry: TimelineEntry) -> Iterator[Fact]:
    """What of the other topic may wait for this entry."""
    match entry.type:
        case "ReferralRequested" if entry.topic == topics.CASE.name:
            yield "asked", entry.referral_id or ""
        case "ReferralWithdrawalRequested":
            yield "taken back", entry.referral_id or ""
        case "PlacementConfirmed":
            yield "confirmed", entry.data["placement_id"]
        case kind if kind in _ENDS:
            yield "ended", entry.referral_id or ""
            yield "ended", ""
    if entry.topic == topics.REFERRAL.name and "message_id" in entry.data:
        yield "message", entry.data["message_id"]


def _needs(entry: TimelineEntry) -> Iterator[Fact]:
    match entry.type:
        case "ReconciliationOpened":
            yield "message", entry.data["message_id"]
        case "SuggestionMade" if entry.data.get("placement_id"):
            yield "confirmed", entry.data["placement_id"]
        case "SuggestionSettled" if entry.data["outcome"] == "lapsed":
            yield "ended", ""
        case "ReferralRequested" if entry.topic == topics.CASE.name and entry.data.get("follows"):
            yield "ended", entry.data["follows"]
        case "ReferralWithdrawn" | "MoveRefused":
            yield "taken back", entry.referral_id or ""
    if entry.topic == topics.REFERRAL.name:
        yield "asked", entry.referral_id or ""
