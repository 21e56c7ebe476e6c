"""Rules that hold whatever happens, in any order: a machine that lets everything happen to three records."""

import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import TypeAdapter

from contracts.event import Event
from contracts.events import intake, partners
from contracts.events import referrals as facts
from contracts.topics import PERSON
from contracts.words import DepartureReason, Sustainment
from services.referrals.domain.client import Client
from services.referrals.domain.commands import ConfirmPlacement, VoidReferral
from services.referrals.domain.machine import TERMINAL, State
from services.referrals.domain.placement import sustainment
from services.referrals.domain.referral import Referral
from services.runtime.decision import Message, Refusal
from tests.unit.referrals.given import ARBEITSAMT, BAG, DAY, EMPLOYER, SERVICE, START, Referrals, uid

PEOPLE = [uid(name) for name in ("anna", "berta", "carla")]
CODEC: TypeAdapter[Client] = TypeAdapter(Client)

people = st.sampled_from(PEOPLE)
agencies = st.sampled_from([ARBEITSAMT, BAG])
offsets = st.integers(-20, 20)
ids = st.sampled_from(["a", "b", "c", "d"])
rarely = st.integers(0, 3).map(lambda number: number == 3)
"""For what ends much of what the others could have shown."""
steps: dict[State, Sequence[tuple[Any, dict[str, Any]]]] = {
    State.REQUESTED: [(partners.ReferralReceived, {}), (partners.ReferralAccepted, {})],
    State.RECEIVED: [(partners.ReferralAccepted, {})],
    State.ACCEPTED: [(partners.ServiceStarted, {})],
    State.IN_SERVICE: [(partners.ServiceHeld, {"review_on": START + 400 * DAY})],
    State.ON_HOLD: [(partners.ServiceResumed, {})],
}
ways = st.sampled_from(["end", "void", "new", "status"])
messages: st.SearchStrategy[tuple[Any, dict[str, Any]]] = st.sampled_from(
    [
        (partners.ReferralReceived, {}),
        (partners.ReferralAccepted, {}),
        (partners.ReferralAccepted, {}),
        (partners.ReferralRejected, {"reason": "unreachable", "declined_by": "client"}),
        (partners.ReferralRejected, {}),
        (partners.ServiceStarted, {}),
        (partners.ServiceHeld, {"review_on": START + 40 * DAY}),
        (partners.ServiceResumed, {}),
        (partners.ServiceDiscontinued, {"reason": "illness"}),
        (partners.ServiceDiscontinued, {"reason": "no_suitable_job", "without_result": True}),
        (partners.EraseConfirmed, {}),
        (partners.ResyncRequested, {}),
    ]
)


class City(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.referrals = Referrals()
        self.numbers = count()
        self.requested: list[tuple[str, str]] = []
        self.protections: dict[str, list[str]] = defaultdict(list)
        self.merges: dict[str, tuple[str, str]] = {}
        """Of each loser the survivor and the merge, as intake has it."""
        self.coming: dict[str, list[Callable[..., Event]]] = defaultdict(list)
        """Records of merges on their way, of each person in order."""
        self.checked = 0
        self.resynced = False
        for person in PEOPLE:
            self.referrals.client(person)
            self.request(person, ARBEITSAMT)

    @rule(person=people, agency=agencies)
    def request(self, person: str, agency: str) -> None:
        referral = uid(f"referral {next(self.numbers)}")
        self.requested.append((referral, agency))
        self.referrals.request(referral, person=person, agency=agency)

    @rule(person=people, since=offsets, length=st.none() | st.integers(0, 20))
    def protect(self, person: str, since: int, length: int | None) -> None:
        if self._catch_up(person):
            return
        protection = uid(f"protection {next(self.numbers)}")
        self.protections[person].append(protection)
        begins = self.referrals.today + since * DAY
        self.referrals.hears(
            intake.ProtectionSet,
            person,
            protection_id=protection,
            protection_class="ill",
            valid_from=begins,
            valid_until=None if length is None else begins + length * DAY,
            author="m.weber",
        )

    @rule(person=people, since=offsets)
    def clear(self, person: str, since: int) -> None:
        if self._catch_up(person):
            return
        for protection in self.protections.pop(person, []):
            on = self.referrals.today + since * DAY
            self.referrals.hears(intake.ProtectionCleared, person, on=on, protection_id=protection, author="m.weber")

    @rule(person=people, length=st.none() | st.integers(0, 20))
    def record_basis(self, person: str, length: int | None) -> None:
        if self._catch_up(person):
            return
        until = None if length is None else self.referrals.today + length * DAY
        self.referrals.basis(person, name=f"basis {next(self.numbers)}", valid_until=until)

    @rule(person=people, really=rarely)
    def revoke_basis(self, person: str, *, really: bool) -> None:
        if really and not self._catch_up(person):
            self.referrals.hears(intake.DisclosureBasisRevoked, person, basis_id=uid("basis"))

    @rule(person=people, reason=st.sampled_from(DepartureReason), really=rarely)
    def depart(self, person: str, reason: DepartureReason, *, really: bool) -> None:
        if really and not self._catch_up(person):
            self.referrals.hears(intake.ClientDeparted, person, reason=reason)

    @rule(person=people, into=people, later=st.booleans())
    def merge(self, person: str, into: str, *, later: bool) -> None:
        loser, survivor = self._merged_root(person), self._merged_root(into)
        if loser != survivor:
            merge = uid(f"merge {next(self.numbers)}")
            self.merges[loser] = survivor, merge
            self._tell_both(intake.ClientsMerged, merge, survivor, loser, later=later)

    @precondition(lambda self: self.merges)
    @rule(data=st.data(), later=st.booleans())
    def unmerge(self, data: st.DataObject, *, later: bool) -> None:
        loser = data.draw(st.sampled_from(sorted(self.merges)))
        survivor, merge = self.merges.pop(loser)
        self._tell_both(intake.ClientsUnmerged, merge, survivor, loser, later=later)

    @precondition(lambda self: any(self.coming.values()))
    @rule(data=st.data())
    def the_other_record_comes(self, data: st.DataObject) -> None:
        self._catch_up(data.draw(st.sampled_from(sorted(key for key, queue in self.coming.items() if queue))))

    def _tell_both(self, kind: Callable[..., Event], merge: str, survivor: str, loser: str, *, later: bool) -> None:
        """Once under each key, on two partitions: one record comes now, the other whenever it does."""
        for key in (survivor, loser):
            self.coming[key].append(partial(kind, merge_id=merge, survivor_id=survivor, loser_id=loser))
        self._catch_up(loser if later else survivor)

    def _catch_up(self, person: str) -> bool:
        """Takes the next record of a person that is on its way; whether there was one."""
        if not self.coming[person]:
            return False
        self.referrals.hears(self.coming[person].pop(0), person)
        return True

    def _merged_root(self, person: str) -> str:
        while person in self.merges:
            person, _ = self.merges[person]
        return person

    @rule(lacking=rarely)
    def fall_behind(self, *, lacking: bool) -> None:
        self.referrals.behind = frozenset({PERSON.name} if lacking else ())

    @rule(days=st.sampled_from([1, 1, 2, 7, 35]))
    def pass_days(self, days: int) -> None:
        self.referrals.days(self.referrals.today + days * DAY)

    @rule(days=st.integers(2, 50))
    def pass_days_unhandled(self, days: int) -> None:
        """As after a redrive: the days between were handled for others, not for these clients."""
        self.referrals.day(self.referrals.today + days * DAY)

    @precondition(lambda self: self.open())
    @rule(data=st.data())
    def proceed(self, data: st.DataObject) -> None:
        referral = data.draw(st.sampled_from(self.open()))
        kind, fields = data.draw(st.sampled_from(steps[referral.state]))
        self.referrals.partner(kind, referral.referral_id, agency=referral.agency, **fields)

    @precondition(lambda self: self.open())
    @rule(data=st.data(), result=ids)
    def place(self, data: st.DataObject, result: str) -> None:
        referral = data.draw(st.sampled_from(self.open()))
        said: dict[str, Any] = {"kind": "regular_job", "employer_id": EMPLOYER, "hours_per_week": 38}
        start = self.referrals.today
        self.referrals.partner(
            partners.PlacementResultReported,
            referral.referral_id,
            agency=referral.agency,
            message_id=result,
            start_date=start,
            **said,
        )

    @precondition(lambda self: self.requested)
    @rule(data=st.data(), message=messages, message_id=st.none() | ids, other=rarely)
    def hear(
        self, data: st.DataObject, message: tuple[Any, dict[str, Any]], message_id: str | None, *, other: bool
    ) -> None:
        referral, agency = data.draw(st.sampled_from(self.requested))
        self.resynced |= message[0] is partners.ResyncRequested
        speaker = {ARBEITSAMT: BAG, BAG: ARBEITSAMT}[agency] if other else agency
        self.referrals.partner(message[0], referral, agency=speaker, message_id=message_id, **message[1])

    @precondition(lambda self: self.requested)
    @rule(data=st.data(), result=ids, since=st.integers(-10, 10), employer=st.sampled_from([EMPLOYER, "87654321"]))
    def report(self, data: st.DataObject, result: str, since: int, employer: str) -> None:
        referral, agency = data.draw(st.sampled_from(self.requested))
        said: dict[str, Any] = {"kind": "regular_job", "employer_id": employer, "hours_per_week": 38}
        start = self.referrals.today + since * DAY
        self.referrals.partner(
            partners.PlacementResultReported, referral, agency=agency, message_id=result, start_date=start, **said
        )

    @precondition(lambda self: self.requested)
    @rule(
        data=st.data(),
        result=ids,
        own=ids,
        days=st.integers(-5, 30),
        way=st.sampled_from(["end", "void", "new", "status"]),
    )
    def speak_of_a_result(self, data: st.DataObject, result: str, own: str, days: int, way: str) -> None:
        referral, agency = data.draw(st.sampled_from(self.requested))
        day = self.referrals.today + days * DAY
        kinds: dict[str, tuple[Any, dict[str, Any]]] = {
            "end": (partners.PlacementEnded, {"end_date": day, "reason": "client_quit"}),
            "void": (partners.ResultCorrected, {"void": True}),
            "new": (
                partners.ResultCorrected,
                {"kind": "minor_job", "employer_id": EMPLOYER, "start_date": day, "hours_per_week": 12},
            ),
            "status": (partners.PlacementStatusReported, {"insured": days > 0}),
        }
        kind, fields = kinds[way]
        self.referrals.partner(kind, referral, agency=agency, message_id=own, result_id=result, **fields)

    @precondition(lambda self: self.requested)
    @rule(data=st.data(), person=people, really=rarely)
    def withdraw(self, data: st.DataObject, person: str, *, really: bool) -> None:
        if not really:
            return
        referral, _ = data.draw(st.sampled_from(self.requested))
        owner = next((p for p in PEOPLE if self.referrals.states[p].referral(referral)), person)
        self.referrals.withdraw(referral, person=owner)

    @precondition(lambda self: self.requested)
    @rule(data=st.data(), really=rarely)
    def void(self, data: st.DataObject, *, really: bool) -> None:
        if not really:
            return
        referral, _ = data.draw(st.sampled_from(self.requested))
        self._try(VoidReferral(referral_id=referral))

    @precondition(lambda self: self.referrals.placements)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        placement = data.draw(st.sampled_from(self.referrals.placements))
        self._try(ConfirmPlacement(placement_id=placement.placement_id))

    def _try(self, command: Any) -> None:
        with contextlib.suppress(Refusal):
            self.referrals.command(command)

    def open(self) -> list[Referral]:
        return [one for state in self.referrals.states.values() for one in state.referrals if one.is_open]

    def _family(self, person: str) -> tuple[Client, ...]:
        return self.referrals.family(person)

    def _awaits_a_loser(self, person: str) -> bool:
        """Whether a record of the person tells of a merge of which the loser's own does not tell yet."""
        return any(
            merge.loser_id not in {one.person_id for one in self._family(person)}
            for one in self._family(person)
            for merge in one.circumstances.merges
            if not merge.ended
        )

    def _protected(self, person: str, day: date) -> bool:
        return any(
            found.valid_from <= day and (found.valid_until is None or day <= found.valid_until)
            for one in self._family(person)
            for found in one.circumstances.protections
        )

    @invariant()
    def nothing_of_a_protected_client_leaves(self) -> None:
        new = self.referrals.spoken[self.checked :]
        self.checked = len(self.referrals.spoken)
        for event in new:
            if isinstance(event, partners.ReferralOffered | partners.ContactReleased):
                person = self.referrals.referral(event.referral_id).person_id
                assert not self._protected(person, self.referrals.today)
                assert not (isinstance(event, partners.ReferralOffered) and self._awaits_a_loser(person))

    @invariant()
    def nobody_protected_is_with_an_agency(self) -> None:
        for person in PEOPLE:
            if self._protected(person, self.referrals.today):
                assert not any(one.is_open for state in self._family(person) for one in state.referrals)

    @invariant()
    def one_open_referral_a_person_and_agency(self) -> None:
        for person in PEOPLE:
            agencies = [one.agency for state in self._family(person) for one in state.referrals if one.is_open]
            assert len(set(agencies)) == len(agencies)

    @invariant()
    def every_record_has_one_final_answer_or_is_held(self) -> None:
        final = (partners.MessageApplied, partners.MessageDuplicate, partners.MessageRejected)
        answers = Counter(one.offset for one in self.referrals.spoken if isinstance(one, final))
        held = [one.offset for s in self.referrals.states.values() for r in s.referrals for one in r.held]
        assert set(answers.values()) <= {1}
        assert not answers.keys() & set(held)
        assert len(answers) + len(held) == self.referrals.records

    @invariant()
    def every_deadline_comes_once(self) -> None:
        once = Counter(
            (type(event).__name__, event.referral_id, getattr(event, "day", None))
            for event in self.referrals.spoken
            if isinstance(event, facts.ReferralReminded | facts.ReferralExpired | facts.ReferralRequested)
        )
        told = self.referrals.said(facts.SustainmentChecked)
        checks = Counter((one.placement_id, one.months, one.revision) for one in told)
        confirmed = Counter(one.placement_id for one in self.referrals.said(facts.PlacementConfirmed))
        assert all(found == 1 for seen in (once, checks, confirmed) for found in seen.values())

    @invariant()
    def the_outcome_told_last_is_what_is_known(self) -> None:
        for person in PEOPLE:
            for placement in (one for one in self.referrals.states[person].placements if one.counts):
                others = [one for state in self._family(person) for one in state.placements if one is not placement]
                for told in placement.checked:
                    known = sustainment(placement, others, months=told.months)
                    assert told.outcome is (known or Sustainment.UNKNOWN)

    @invariant()
    def what_an_agency_had_and_lost_it_is_asked_to_erase_once(self) -> None:
        for referral in (one for state in self.referrals.states.values() for one in state.referrals):
            asked = [e for e in self.referrals.said(partners.EraseRequested) if e.referral_id == referral.referral_id]
            lost = {State.WITHDRAWN, State.EXPIRED, State.REJECTED}
            if referral.state in lost:
                assert asked
            if not self.resynced:
                assert len(asked) <= 1
            if referral.state not in TERMINAL:
                assert not asked

    @invariant()
    def a_terminal_referral_never_reopens(self) -> None:
        ended = set()
        for event in self.referrals.spoken:
            if isinstance(event, facts.ReferralVoided):
                continue
            if isinstance(event, (facts.ReferralRequested, facts.ReferralAccepted, facts.ServiceStarted)):
                assert event.referral_id not in ended
            if isinstance(event, (facts.ReferralWithdrawn, facts.ReferralExpired, facts.ReferralCompleted)):
                ended.add(event.referral_id)

    @invariant()
    def states_survive_being_stored(self) -> None:
        for state in self.referrals.states.values():
            assert CODEC.validate_json(CODEC.dump_json(state)) == state

    def teardown(self) -> None:
        """The topics alone rebuild the states, in whatever order they are read."""
        for seed in range(3):
            assert replayed(self.referrals.heard, random.Random(seed)) == self.referrals.states


def replayed(heard: Sequence[Message], chance: random.Random) -> dict[str, Client]:
    """The states, from topics that are read by turns: the order within each topic is kept, between them it is not."""
    queues: dict[str, list[Message]] = defaultdict(list)
    for message in heard:
        queues[message.topic.name].append(message)
    states: dict[str, Client] = {}
    while queues:
        name = chance.choice(sorted(queues))
        message = queues[name].pop(0)
        if not queues[name]:
            del queues[name]
        assert SERVICE.initial is not None
        before = states.get(message.subject) or SERVICE.initial(message.subject)
        states[message.subject] = SERVICE.evolve(before, message)
    return states


TestCity = City.TestCase
TestCity.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
