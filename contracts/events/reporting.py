"""`reporting.release.v1`: a month's figures, frozen, with the offset vector that reproduces them."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.event import Event
from contracts.words import OfficeId, YearMonth

Place = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,199}/[0-9]{1,9}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""A code of the release's code book."""


class ReleasedFigure(BaseModel):
    """A number of a release. One that is not in it is not told."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    figure: Code
    offices: Annotated[tuple[OfficeId, ...], Field(min_length=1)]
    """Those taken together; all of the release's: the city."""
    by: Code | None = None
    """What the figure is broken down by; None: it is of all."""
    value: Code | None = None
    """Which part of that."""
    number: int
    since: Annotated[int, Field(ge=1)]
    """The version of the month that told this number first: 1 is the release."""


class Release(Event):
    family: ClassVar[str] = "reporting"

    month: YearMonth
    offsets: dict[Place, int]
    """`<topic>/<partition>` -> next offset: the fold up to here gives the figures."""
    digest: Digest
    """SHA-256 of the release file."""
    as_of: date | None = None
    """The last day whose facts could count."""
    offices: tuple[OfficeId, ...] = ()
    """The offices of the month, in the order of the file."""
    notes: tuple[Code, ...] = ()
    """What is to be known of the figures and stands in no topic."""
    figures: tuple[ReleasedFigure, ...] = ()
    """All numbers that are told, in the order of the file, which can be written from this event alone."""
    agencies: tuple[Code, ...] = ()
    """Those of the tables, in the order of the configuration."""
    format: Annotated[int, Field(ge=1)] = 1
    """Of the file: 1 has totals by office; 2 two-way tables too."""

    @property
    def subject(self) -> str:
        return self.month


class ReleasePublished(Release):
    """The month's figures are final."""


class ReleaseRestated(Release):
    """Facts learned after the release changed the month."""


ReportingEvent = ReleasePublished | ReleaseRestated
