"""Referrals: legal moves (domain.md section 4), one open at a time (R6), and no offer against the gate (R7)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from contracts.event import Event
from contracts.events import partners
from contracts.events import referrals as facts
from lotse.check.findings import Findings, Kind, number
from lotse.check.people import People

UNDECIDED: Final = frozenset({"requested", "received"})
TAKEN_ON: Final = frozenset({"accepted", "in_service", "on_hold"})
OPEN: Final = UNDECIDED | TAKEN_ON
ENDED: Final = frozenset({"completed", "failed", "rejected", "withdrawn", "expired", "discontinued"})

MOVES: Final[dict[type[Event], tuple[frozenset[str], str]]] = {
    facts.ReferralDrafted: (frozenset({"unknown"}), "draft"),
    facts.ReferralRequested: (frozenset({"draft"}), "requested"),
    facts.ReferralRefused: (frozenset({"draft"}), "void"),
    facts.ReferralReceived: (frozenset({"requested"}), "received"),
    facts.ReferralAccepted: (UNDECIDED, "accepted"),
    facts.ReferralRejected: (UNDECIDED, "rejected"),
    facts.ReferralExpired: (UNDECIDED, "expired"),
    facts.ReferralWithdrawn: (OPEN, "withdrawn"),
    facts.ServiceStarted: (frozenset({"accepted", "on_hold"}), "in_service"),
    facts.ServiceHeld: (frozenset({"accepted", "in_service"}), "on_hold"),
    facts.ServiceResumed: (frozenset({"on_hold"}), "in_service"),
    facts.ReferralCompleted: (TAKEN_ON, "completed"),
    facts.ReferralFailed: (TAKEN_ON, "failed"),
    facts.ReferralDiscontinued: (TAKEN_ON, "discontinued"),
    facts.ReferralVoided: (OPEN | ENDED | {"draft"}, "void"),
}
"""The states from which an event may come, and the state to which it leads."""


@dataclass(slots=True)
class Referral:
    person: str
    agency: str
    intake_sequence: int
    state: str = "unknown"
    moves: list[tuple[date, str]] = field(default_factory=list)
    """Told one after the other: day and state."""


@dataclass(frozen=True, slots=True)
class Offer:
    referral_id: str
    agency: str
    on: date
    where: str


class Referrals:
    """Folds `referrals.referral.v1`, then takes the offers that left."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.referrals: dict[str, Referral] = {}
        self._open: dict[tuple[str, str], set[str]] = {}
        self._offers: list[Offer] = []
        self.moves = 0

    def move(self, event: facts.ReferralsEvent, where: str) -> None:
        """An event that occurs for the first time."""
        rule = MOVES.get(type(event))
        if rule is None:
            return
        self.moves += 1
        found = self.referrals.get(event.referral_id)
        if found is None:
            sequence = event.intake_sequence if isinstance(event, facts.ReferralDrafted) else 0
            found = self.referrals[event.referral_id] = Referral(event.person_id, event.agency, sequence)
        allowed, state = rule
        if found.state not in allowed or (found.person, found.agency) != (event.person_id, event.agency):
            self._findings.add(Kind.MOVE, where, f"{event.referral_id}: {type(event).__name__} from {found.state}")
        found.state = state
        found.moves.append((event.occurred_on, state))
        self._count_open(event.referral_id, found, where)

    def _count_open(self, referral_id: str, found: Referral, where: str) -> None:
        key = found.person, found.agency
        if found.state not in OPEN:
            self._open.get(key, set()).discard(referral_id)
            return
        mine = self._open.setdefault(key, set())
        mine.add(referral_id)
        if found.state == "requested" and len(mine) > 1:
            self._findings.add(Kind.TWINS, where, f"{referral_id}: the client has {len(mine)} open at {found.agency}")

    def offer(self, event: partners.ReferralOffered, *, agency: str, where: str) -> None:
        """An offer that left for an agency for the first time."""
        self._offers.append(Offer(event.referral_id, agency, event.occurred_on, where))

    def close_gate(self, people: People) -> str:
        """No offer while a protection was in force that referrals had to know."""
        judged = 0
        for offer in self._offers:
            found = self.referrals.get(offer.referral_id)
            if found is None or found.agency != offer.agency:
                self._findings.add(Kind.MOVE, offer.where, f"{offer.referral_id} was offered and never requested there")
                continue
            judged += 1
            family = people.family(found.person, offer.on)
            if any(
                people.is_protected(one, offer.on, sequence=found.intake_sequence if one == found.person else 0)
                for one in family
            ):
                self._findings.add(Kind.PROTECTED, offer.where, f"{offer.referral_id} was offered on {offer.on}")
        return f"{number(judged, 'offers')}, {number(len(people.protections), 'clients with protections')}"

    def close_open(self, people: People, *, today: date | None, parked: frozenset[str]) -> str:
        """At the end: one open referral per person and agency, none of a protected one; parked clients excepted."""
        canonical = people.canonical()
        by_person: dict[tuple[str, str], list[str]] = {}
        for (person, agency), ids in self._open.items():
            if ids and not people.family(person) & parked:
                by_person.setdefault((canonical.get(person, person), agency), []).extend(ids)
                if today and any(people.is_protected(one, today) for one in people.family(person)):
                    self._findings.add(Kind.STILL_OPEN, agency, f"{min(ids)} is open and the client protected")
        for (_, agency), open_ids in by_person.items():
            if len(open_ids) > 1:
                self._findings.add(Kind.TWINS, agency, f"{' and '.join(sorted(open_ids))} are open for one person")
        return number(sum(map(len, by_person.values())), "open referrals")

    def by_state(self, on: date) -> dict[str, int]:
        """Referrals by state on a day: of the moves dated up to it, the one told last holds."""
        found: dict[str, int] = {}
        for referral in self.referrals.values():
            states = [state for day, state in referral.moves if day <= on]
            if states:
                found[states[-1]] = found.get(states[-1], 0) + 1
        return found
