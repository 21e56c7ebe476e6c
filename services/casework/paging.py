"""Lists a page at a time: at most `limit` rows, and where the next ones are as `Link: <…>; rel="next"` (RFC 8288)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Query, Request, Response
from pydantic import AfterValidator, StringConstraints
from sqlalchemy import tuple_
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

DEFAULT: Final = 100
MOST: Final = 1000
Limit = Annotated[int, Query(ge=1, le=MOST)]
R = TypeVar("R")


def _begins_with_a_day(after: str) -> str:
    date.fromisoformat(after.partition("~")[0])
    return after


_Place = Annotated[str, StringConstraints(pattern=r"^[0-9-]{10}~[!-~]{1,200}$"), AfterValidator(_begins_with_a_day)]
After = Annotated[_Place | None, Query(description="Where the page before ended.")]


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """`after`: where the next page begins; None: there is none."""

    rows: Sequence[R]
    after: str | None = None


async def read_page(
    reads: AsyncSession, query: SelectOfScalar[R], *, day: Any, name: Any, after: str | None, limit: int
) -> Page[R]:
    """A query's rows in order of a day and an id, both columns of `R`."""
    if after is not None:
        since, _, last = after.partition("~")
        query = query.where(tuple_(day, name) > tuple_(date.fromisoformat(since), last))
    rows = list(await reads.exec(query.order_by(day, name).limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows)
    last_row = rows[limit - 1]
    return Page(rows[:limit], f"{getattr(last_row, day.key)}~{getattr(last_row, name.key)}")


def link_next(request: Request, response: Response, after: str | None) -> None:
    """Says where the next page is, if there is one."""
    if after is not None:
        url = request.url.include_query_params(after=after)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
