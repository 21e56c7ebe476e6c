"""An agency asks how all its referrals stand: told person by person, in portions, and answered when all are told."""

from dataclasses import dataclass

from contracts.events import partners
from contracts.topics import partner_in
from services.referrals.domain.machine import OPEN
from services.referrals.domain.moves import ERASABLE, tell_again
from services.referrals.domain.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """An agency's request, by the place of its record on the agency's topic."""

    agency: str
    partition: int
    offset: int
    message_id: str

    @property
    def cause(self) -> str:
        return f"resync/{self.agency}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellAgain:
    """How the agency's referrals of one person stand."""

    resync: Resync
    person_id: str

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.person_id,)

    @property
    def cause(self) -> str:
        return f"{self.resync.cause}/{self.person_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResync:
    """All is told; `repeated`: it had been told before, for the same message id."""

    resync: Resync
    repeated: bool

    @property
    def targets(self) -> tuple[str, ...]:
        return ()

    @property
    def cause(self) -> str:
        return f"{self.resync.cause}/answer"


def tell_person_again(turn: Turn, command: TellAgain) -> None:
    """What is open as it stands, and what the agency has yet to erase; nothing of what has ended otherwise."""
    for found in turn.client(command.person_id).referrals:
        if found.agency != command.resync.agency or found.requested_on is None:
            continue
        if found.state in OPEN or (found.state in ERASABLE and found.erased_on is None):
            tell_again(turn, found)


def answer_resync(turn: Turn, command: AnswerResync) -> None:
    asked = command.resync
    kind = partners.MessageDuplicate if command.repeated else partners.MessageApplied
    answer = kind(
        occurred_on=turn.today,
        key=asked.agency,
        topic=partner_in(asked.agency).name,
        partition=asked.partition,
        offset=asked.offset,
        message_id=asked.message_id,
    )
    turn.tell(asked.agency, answer)
