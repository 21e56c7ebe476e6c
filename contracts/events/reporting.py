"""`reporting.release.v1`: a month's figures, frozen, with the offset vector that reproduces them."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from contracts.event import Event
from contracts.words import YearMonth

Place = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,199}/[0-9]{1,9}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Release(Event):
    family: ClassVar[str] = "reporting"

    month: YearMonth
    offsets: dict[Place, int]
    """`<topic>/<partition>` -> next offset: the fold up to here gives the figures."""
    digest: Digest
    """SHA-256 of the release file."""

    @property
    def subject(self) -> str:
        return self.month


class ReleasePublished(Release):
    """The month's figures are final."""


class ReleaseRestated(Release):
    """Facts learned after the release changed the month."""


ReportingEvent = ReleasePublished | ReleaseRestated
