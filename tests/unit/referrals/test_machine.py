from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.events import partners
from contracts.events import referrals as facts
from contracts.words import RejectionCode
from services.referrals.diagram import document
from services.referrals.domain.machine import TERMINAL, TRANSITIONS, Move, State
from tests.unit.referrals.given import DAY, START, Referrals, accepted, in_service, offered, result

REASONED: dict[str, Any] = {"reason": "no_show"}
MESSAGES: dict[Move, tuple[Callable[..., Any], dict[str, Any]]] = {
    Move.RECEIVE: (partners.ReferralReceived, {}),
    Move.ACCEPT: (partners.ReferralAccepted, {}),
    Move.REJECT: (partners.ReferralRejected, {"reason": "no_capacity", "declined_by": "partner"}),
    Move.START: (partners.ServiceStarted, {}),
    Move.HOLD: (partners.ServiceHeld, {"review_on": START + 20 * DAY}),
    Move.RESUME: (partners.ServiceResumed, {}),
    Move.FAIL: (partners.ServiceDiscontinued, {"reason": "no_suitable_job", "without_result": True}),
    Move.DISCONTINUE: (partners.ServiceDiscontinued, {"reason": "no_show"}),
}


def received() -> Referrals:
    referrals = offered()
    referrals.partner(partners.ReferralReceived)
    return referrals


def on_hold() -> Referrals:
    referrals = in_service()
    referrals.partner(partners.ServiceHeld, review_on=START + 10 * DAY)
    return referrals


def ended(move: Move) -> Callable[[], Referrals]:
    def make() -> Referrals:
        referrals = offered() if move is Move.REJECT else accepted()
        kind, fields = MESSAGES[move]
        referrals.partner(kind, **fields)
        return referrals

    return make


def completed() -> Referrals:
    referrals = accepted()
    result(referrals)
    return referrals


def withdrawn() -> Referrals:
    referrals = offered()
    referrals.withdraw()
    return referrals


def expired() -> Referrals:
    referrals = offered()
    referrals.days(START + 14 * DAY)
    return referrals


IN: dict[State, Callable[[], Referrals]] = {
    State.REQUESTED: offered,
    State.RECEIVED: received,
    State.ACCEPTED: accepted,
    State.IN_SERVICE: in_service,
    State.ON_HOLD: on_hold,
    State.COMPLETED: completed,
    State.FAILED: ended(Move.FAIL),
    State.REJECTED: ended(Move.REJECT),
    State.DISCONTINUED: ended(Move.DISCONTINUE),
    State.WITHDRAWN: withdrawn,
    State.EXPIRED: expired,
}
BARRED = {State.WITHDRAWN: RejectionCode.WITHDRAWN, State.EXPIRED: RejectionCode.EXPIRED}
REPEATS = {
    (State.RECEIVED, Move.RECEIVE),
    (State.IN_SERVICE, Move.START),
    (State.FAILED, Move.FAIL),
    (State.DISCONTINUED, Move.DISCONTINUE),
    (State.REJECTED, Move.REJECT),
    *((state, Move.ACCEPT) for state in ("accepted", "in_service", "on_hold", "completed", "failed", "discontinued")),
}


@pytest.mark.parametrize("move", MESSAGES)
@pytest.mark.parametrize("state", IN)
def test_an_agencys_move_is_taken_if_the_table_has_it_and_else_answered_with_a_code(state: State, move: Move) -> None:
    referrals = IN[state]()
    assert referrals.state() == state
    before = len(referrals.spoken)
    kind, fields = MESSAGES[move]
    answer = referrals.partner(kind, **fields)
    rejected = referrals.said(facts.PartnerMessageRejected, since=before)
    if (following := TRANSITIONS[state].get(move)) is not None:
        assert isinstance(answer, partners.MessageApplied)
        assert referrals.state() == following
        assert rejected == []
    elif (state, move) in REPEATS:
        assert isinstance(answer, partners.MessageDuplicate)
        assert referrals.spoken[before:] == [answer]
    else:
        assert isinstance(answer, partners.MessageRejected)
        assert answer.code is BARRED.get(state, RejectionCode.ILLEGAL_TRANSITION)
        assert [(event.code, event.state) for event in rejected] == [(answer.code, state.value)]
        assert referrals.spoken[before:] == [*rejected, answer]
        assert referrals.state() == state


@pytest.mark.parametrize("state", IN)
def test_a_result_completes_an_open_referral_and_counts_for_the_person_after_withdrawal_or_expiry(state: State) -> None:
    referrals = IN[state]()
    before = len(referrals.spoken)
    answer = result(referrals, message_id="another", employer_id="87654321")
    reported = referrals.said(facts.PlacementReported, since=before)
    if state in BARRED:
        assert isinstance(answer, partners.MessageRejected)
        assert answer.code is BARRED[state]
        assert [one.credited for one in reported] == [False]
        assert referrals.state() == state
    elif state in TERMINAL:
        assert isinstance(answer, partners.MessageRejected)
        assert answer.code is RejectionCode.ILLEGAL_TRANSITION
        assert reported == []
    else:
        assert isinstance(answer, partners.MessageApplied)
        assert [one.credited for one in reported] == [True]
        assert referrals.state() == "completed"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (partners.ReferralRejected, {}),
        (partners.ReferralRejected, {"reason": "no_capacity"}),
        (partners.ReferralRejected, {"declined_by": "client"}),
        (partners.ServiceHeld, {}),
        (partners.ServiceDiscontinued, {}),
        (partners.ServiceDiscontinued, {"without_result": True}),
        (partners.PlacementEnded, {"result_id": "result-1", "end_date": START}),
    ],
)
def test_a_message_without_its_reason_is_rejected(kind: Callable[..., Any], fields: dict[str, Any]) -> None:
    referrals = in_service()
    answer = referrals.partner(kind, **fields)
    assert isinstance(answer, partners.MessageRejected)
    assert answer.code is RejectionCode.MISSING_REASON
    assert referrals.state() == "in_service"


def test_terminal_states_lead_nowhere_but_to_void() -> None:
    for state in TERMINAL - {State.VOID}:
        assert TRANSITIONS[state] == {Move.VOID: State.VOID}
    assert TRANSITIONS[State.VOID] == {}


def test_the_diagram_in_the_documents_is_drawn_from_the_table() -> None:
    assert Path("docs/referral-states.md").read_text(encoding="utf-8") == document()
