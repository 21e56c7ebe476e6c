"""Draws the state machine from its table: `python -m services.referrals.diagram > docs/referral-states.md`."""

import sys
from typing import Final

from services.referrals.domain.machine import ACTORS, TRANSITIONS, Move, State

FHIR: Final[dict[State, str]] = {
    State.DRAFT: "draft",
    State.REQUESTED: "requested",
    State.RECEIVED: "received",
    State.ACCEPTED: "accepted",
    State.IN_SERVICE: "in-progress",
    State.ON_HOLD: "on-hold",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
    State.REJECTED: "rejected",
    State.WITHDRAWN: "cancelled",
    State.EXPIRED: "cancelled",
    State.DISCONTINUED: "cancelled",
    State.VOID: "entered-in-error",
}
"""Codes of FHIR R4 Task.status (domain.md section 4)."""

_HEAD = """# The states of a referral

Generated from the transition table in `services/referrals/domain/machine.py`; a test compares. A move that is not
here is refused: to an agency with a code, to a case manager with an error or `MoveRefused`. Any state can become void
(entered in error); those arrows are left out.
"""


def document() -> str:
    return "\n".join([_HEAD, "```mermaid", *_arrows(), "```", "", *_table(), ""])


def _arrows() -> list[str]:
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    for state, moves in TRANSITIONS.items():
        lines += [f"    {state} --> {following}: {move}" for move, following in moves.items() if move is not Move.VOID]
    ends = [state for state, moves in TRANSITIONS.items() if set(moves) <= {Move.VOID}]
    return lines + [f"    {state} --> [*]" for state in ends]


def _table() -> list[str]:
    rows = ["| state | FHIR Task | move | by | next |", "|---|---|---|---|---|"]
    for state, moves in TRANSITIONS.items():
        for move, following in moves.items():
            rows.append(f"| {state} | {FHIR[state]} | {move} | {', '.join(ACTORS[move])} | {following} |")
    return rows


if __name__ == "__main__":
    sys.stdout.write(document())
