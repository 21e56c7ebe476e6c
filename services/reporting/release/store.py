"""What was published of months, fed by our own topic."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from services.runtime.tables import Row


class ReleaseVersion(Row, table=True):
    """The release of a month (`version` 1) or one of its restatements. `file`: the bytes of which `digest` is taken."""

    __tablename__ = "release_version"

    month: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=sa.BigInteger)
    told_on: date
    digest: str
    file: str
