"""The base of every event: a frozen pydantic model that knows its family, its version and its record's key.

Producers are closed (a model writes only its own fields), consumers are open (unknown fields are ignored), so that a
field can be added within a version. Anything else is a new version with an `upcast` to the next one.
"""

from datetime import date
from functools import cache
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.words import CaseId, PersonId, ReferralId


class Event(BaseModel):
    """Something that happened. The docstrings of its fields are their descriptions in the published schemas."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    family: ClassVar[str]
    version: ClassVar[int] = 1

    occurred_on: date
    """The business date on which it happened or takes effect (Europe/Berlin). It is also the envelope's `ce_time`, and
    figures are attributed to it, whenever the event was learned."""

    @property
    def subject(self) -> str:
        """The record's key and `ce_subject`."""
        raise NotImplementedError

    @classmethod
    @cache
    def type_name(cls) -> str:
        """The `ce_type`, with the version: `lotse.intake.ClientRegistered.v1`."""
        return f"lotse.{cls.family}.{cls.__name__.removesuffix(f'V{cls.version}')}.v{cls.version}"

    def upcast(self) -> "Event":
        """The same fact in the newest version; an old version overrides it. Pure."""
        return self


class PersonEvent(Event):
    """An event of one client, keyed by `person_id`."""

    person_id: PersonId

    @property
    def subject(self) -> str:
        return self.person_id


class Erasure(PersonEvent):
    """The subject is erased: whoever reads it deletes what it holds of the subject, and learns nothing of it again."""

    others: tuple[PersonId, ...]
    """Subjects who are other persons and whose records name this one: they stay, and name it no more."""


class CaseEvent(PersonEvent):
    family: ClassVar[str] = "casework"

    case_id: CaseId


class ReferralMessage(Event):
    """A message between the city and an agency, keyed by the pseudonym under which both know the client."""

    family: ClassVar[str] = "partners"

    referral_id: ReferralId

    @property
    def subject(self) -> str:
        return self.referral_id
