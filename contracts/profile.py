"""What a partner may know of a client before acceptance (domain.md section 7): a closed list of coded fields."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from contracts.words import LanguageCode, Mobility, Qualification


class Profile(BaseModel):
    """A pseudonymous profile. `hours_per_week` the client can work; no free text."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    qualification: Qualification
    languages: tuple[LanguageCode, ...]
    hours_per_week: int = Field(ge=0, le=60)
    mobility: Mobility
    work_permit: bool
    earliest_start: date
