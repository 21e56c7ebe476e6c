"""The referral state machine of domain.md section 4, as data: nothing else decides what is legal."""

from enum import StrEnum
from typing import Final

from contracts.words import RejectionCode


class State(StrEnum):
    DRAFT = "draft"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_SERVICE = "in_service"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DISCONTINUED = "discontinued"
    VOID = "void"


class Move(StrEnum):
    REQUEST = "request"
    REFUSE = "refuse"
    RECEIVE = "receive"
    ACCEPT = "accept"
    REJECT = "reject"
    EXPIRE = "expire"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    FAIL = "fail"
    DISCONTINUE = "discontinue"
    WITHDRAW = "withdraw"
    VOID = "void"


class Actor(StrEnum):
    CASE_MANAGER = "case manager"
    PARTNER = "partner"
    CALENDAR = "calendar"
    GATE = "gate"


ACTORS: Final[dict[Move, tuple[Actor, ...]]] = {
    Move.REQUEST: (Actor.CASE_MANAGER, Actor.GATE),
    Move.REFUSE: (Actor.GATE, Actor.CASE_MANAGER),
    Move.RECEIVE: (Actor.PARTNER,),
    Move.ACCEPT: (Actor.PARTNER,),
    Move.REJECT: (Actor.PARTNER,),
    Move.EXPIRE: (Actor.CALENDAR,),
    Move.START: (Actor.PARTNER,),
    Move.HOLD: (Actor.PARTNER,),
    Move.RESUME: (Actor.PARTNER,),
    Move.COMPLETE: (Actor.PARTNER,),
    Move.FAIL: (Actor.PARTNER,),
    Move.DISCONTINUE: (Actor.PARTNER,),
    Move.WITHDRAW: (Actor.CASE_MANAGER, Actor.GATE),
    Move.VOID: (Actor.CASE_MANAGER,),
}

_UNDECIDED: Final = {
    Move.ACCEPT: State.ACCEPTED,
    Move.REJECT: State.REJECTED,
    Move.WITHDRAW: State.WITHDRAWN,
    Move.EXPIRE: State.EXPIRED,
}
_TAKEN_ON: Final = {
    Move.COMPLETE: State.COMPLETED,
    Move.FAIL: State.FAILED,
    Move.DISCONTINUE: State.DISCONTINUED,
    Move.WITHDRAW: State.WITHDRAWN,
}
_VOIDABLE: Final = {Move.VOID: State.VOID}

TRANSITIONS: Final[dict[State, dict[Move, State]]] = {
    State.DRAFT: {Move.REQUEST: State.REQUESTED, Move.REFUSE: State.VOID, **_VOIDABLE},
    State.REQUESTED: {Move.RECEIVE: State.RECEIVED, **_UNDECIDED, **_VOIDABLE},
    State.RECEIVED: {**_UNDECIDED, **_VOIDABLE},
    State.ACCEPTED: {Move.START: State.IN_SERVICE, Move.HOLD: State.ON_HOLD, **_TAKEN_ON, **_VOIDABLE},
    State.IN_SERVICE: {Move.HOLD: State.ON_HOLD, **_TAKEN_ON, **_VOIDABLE},
    State.ON_HOLD: {Move.START: State.IN_SERVICE, Move.RESUME: State.IN_SERVICE, **_TAKEN_ON, **_VOIDABLE},
    State.COMPLETED: _VOIDABLE,
    State.FAILED: _VOIDABLE,
    State.REJECTED: _VOIDABLE,
    State.WITHDRAWN: _VOIDABLE,
    State.EXPIRED: _VOIDABLE,
    State.DISCONTINUED: _VOIDABLE,
    State.VOID: {},
}

UNDECIDED: Final = frozenset({State.REQUESTED, State.RECEIVED})
OPEN: Final = UNDECIDED | {State.ACCEPTED, State.IN_SERVICE, State.ON_HOLD}
"""An agency has the offer and may act on it: one at a time per person and agency (R6)."""
TERMINAL: Final = frozenset(State) - OPEN - {State.DRAFT}
ENDED_BY_US: Final = frozenset({State.WITHDRAWN, State.EXPIRED})
"""A result that comes now still counts for the person, not for the agency (8.2)."""


def after(state: State, move: Move) -> State | None:
    """The next state; None if the move is illegal."""
    return TRANSITIONS[state].get(move)


def barred(state: State) -> RejectionCode:
    """What a partner is told whose move comes in a state that does not allow it."""
    match state:
        case State.WITHDRAWN:
            return RejectionCode.WITHDRAWN
        case State.EXPIRED:
            return RejectionCode.EXPIRED
        case _:
            return RejectionCode.ILLEGAL_TRANSITION
