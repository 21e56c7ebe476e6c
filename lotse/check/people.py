"""Who is protected when, who is one person with whom: from intake's topic alone."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from contracts.events import intake


@dataclass(frozen=True, slots=True)
class Known:
    """When intake's fact was told: by its sequence, and by the business day on which intake learned it."""

    sequence: int
    recorded: date

    def before(self, day: date, sequence: int) -> bool:
        """Whether a decision on `day`, resting on `sequence` records, had to know it; on one day the order is open."""
        return self.recorded < day or self.sequence <= sequence


@dataclass(frozen=True, slots=True)
class ProtectionFact:
    """`valid_until` None: without end. A clearing is a fact without `valid_from`: it ends before `valid_until`."""

    protection_id: str
    known: Known
    valid_from: date | None
    valid_until: date | None


@dataclass(slots=True)
class Merge:
    loser: str
    survivor: str
    recorded: date
    ended: date | None = None


@dataclass
class People:
    """Folds protections and merges; everything else is ignored."""

    protections: dict[str, list[ProtectionFact]] = field(default_factory=dict)
    merges: dict[str, Merge] = field(default_factory=dict)

    def on_intake(self, event: intake.IntakePersonEvent, known: Known) -> None:
        match event:
            case intake.ProtectionSet():
                fact = ProtectionFact(event.protection_id, known, event.valid_from, event.valid_until)
                self.protections.setdefault(event.person_id, []).append(fact)
            case intake.ProtectionCleared():
                cleared = ProtectionFact(event.protection_id, known, None, event.occurred_on - timedelta(days=1))
                self.protections.setdefault(event.person_id, []).append(cleared)
            case intake.ClientsMerged() if event.merge_id not in self.merges:
                self.merges[event.merge_id] = Merge(event.loser_id, event.survivor_id, known.recorded)
            case intake.ClientsUnmerged() if event.merge_id in self.merges:
                self.merges[event.merge_id].ended = known.recorded
            case _:
                pass

    def family(self, person: str, on: date | None = None) -> set[str]:
        """Who was surely one person on a day (None: now): merged before it, not parted up to it."""
        links = [m for m in self.merges.values() if _holds(m, on)]
        found = {person}
        while more := {x for m in links if {m.loser, m.survivor} & found for x in (m.loser, m.survivor)} - found:
            found |= more
        return found

    def canonical(self) -> dict[str, str]:
        """Merged persons, each with the one it leads to now."""
        into = {m.loser: m.survivor for m in self.merges.values() if m.ended is None}
        found = {}
        for person in into:
            root, seen = person, {person}
            while root in into and into[root] not in seen:
                root = into[root]
                seen.add(root)
            found[person] = root
        return found

    def is_protected(self, person: str, on: date, *, sequence: int | None = None) -> bool:
        """Whether a protection was in force on a day. `sequence`: by what a decision of that day had to know."""
        spans: dict[str, tuple[date, date | None]] = {}
        for fact in self.protections.get(person, ()):
            if sequence is not None and not fact.known.before(on, sequence):
                if fact.known.recorded == on:
                    spans.pop(fact.protection_id, None)  # changed on that very day, perhaps in time: not decidable
                continue
            if fact.valid_from is not None:
                spans[fact.protection_id] = fact.valid_from, fact.valid_until
            elif fact.protection_id in spans:
                since, until = spans[fact.protection_id]
                end = fact.valid_until or until
                spans[fact.protection_id] = since, end if until is None or (end and end < until) else until
        return any(since <= on and (until is None or on <= until) for since, until in spans.values())


def _holds(merge: Merge, on: date | None) -> bool:
    if on is None:
        return merge.ended is None
    return merge.recorded < on and (merge.ended is None or merge.ended > on)
