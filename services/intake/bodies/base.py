"""What bodies are made of."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.domain.commands import Command
from services.runtime.decision import Refusal

_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True, pattern=_PRINTABLE)]
HouseNumber = Annotated[str, StringConstraints(min_length=1, max_length=12, strip_whitespace=True, pattern=_PRINTABLE)]
HouseholdNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True, pattern=_PRINTABLE)
]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True, pattern=_PRINTABLE)]
Sentences = Annotated[tuple[Sentence, ...], Field(max_length=20)]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True, pattern=_PRINTABLE)]
Postcode = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]


class InvalidActor(Refusal):
    code = "invalid_actor"
    status = 400

    def __init__(self) -> None:
        super().__init__("X-Actor must be an official's account: lower-case letters, digits, dots and dashes")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonBody(Body):
    """What one client's command says besides whose it is."""

    def order(self, person_id: str, author: str, /) -> Command:
        raise NotImplementedError
