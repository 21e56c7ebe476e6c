"""Releases over HTTP: public, like the page; what is in them was decided when they were published."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.words import YearMonth
from services.reporting.release.codebook import CodeBook, code_book
from services.reporting.release.document import read
from services.reporting.release.freeze import months_lacking
from services.runtime.decision import NotFound
from services.runtime.web import Reads

_TOLD: Final = "select month, version, told_on, digest from release_version order by month, version"
_FILE: Final = """select file, digest from release_version
where month = :month and (version = :version or cast(:version as bigint) is null) order by version desc limit 1"""
_STAND: Final = "select (select today from business_day), (select count(*) from parked_subject)"

router = APIRouter(prefix="/releases", tags=["releases"])


class NotReleased(NotFound):
    code = "not_released"


class Version(BaseModel):
    """Version 1 is the release and never changes; those after it restate the month."""

    version: int
    told_on: date
    digest: str
    """SHA-256 of the JSON file."""


class Released(BaseModel):
    month: str
    versions: list[Version]


class Waiting(BaseModel):
    """Months that should be final and are not; `parked` subjects are why, if there are any."""

    months: list[str]
    parked: int


class Releases(BaseModel):
    releases: list[Released]
    waiting: Waiting


@router.get("")
async def list_releases(reads: Reads) -> Releases:
    """All months that are final, and those that should be."""
    db = await reads.connection()
    today, parked = (await db.execute(text(_STAND))).one()
    lacking = await months_lacking(db, today) if today else []
    return Releases(releases=await released(db), waiting=Waiting(months=lacking, parked=parked))


@router.get("/codebook.json")
async def show_code_book(request: Request) -> CodeBook:
    """What every code of the files means, in German and English."""
    return code_book(request.app.state.runtime.city)


@router.get("/{month}.json")
async def show_json(reads: Reads, month: YearMonth, version: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """A month's file: its newest version, or the one asked for. Its SHA-256 is the entity tag."""
    file, digest = await _file(await reads.connection(), month, version)
    return _download(file, "application/json", f"{month}.json", digest)


@router.get("/{month}.csv")
async def show_csv(reads: Reads, month: YearMonth, version: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """The same as CSV (RFC 4180)."""
    file, digest = await _file(await reads.connection(), month, version)
    return _download(read(file).csv(), "text/csv; charset=utf-8; header=present", f"{month}.csv", digest)


@router.get("/{month}")
async def show_release(reads: Reads, month: YearMonth) -> Released:
    """The versions of a month."""
    found = [one for one in await released(await reads.connection()) if one.month == month]
    if not found:
        raise NotReleased(f"{month} is not released: GET /releases lists the months that are")
    return found[0]


async def released(db: AsyncConnection) -> list[Released]:
    found: dict[str, Released] = {}
    for month, version, told_on, digest in await db.execute(text(_TOLD)):
        one = found.setdefault(month, Released(month=month, versions=[]))
        one.versions.append(Version(version=version, told_on=told_on, digest=digest))
    return list(found.values())


async def _file(db: AsyncConnection, month: str, version: int | None) -> tuple[str, str]:
    row = (await db.execute(text(_FILE), {"month": month, "version": version})).one_or_none()
    if row is None:
        which = month if version is None else f"version {version} of {month}"
        raise NotReleased(f"{which} is not released: GET /releases lists what is")
    return row[0], row[1]


def _download(body: str, media_type: str, name: str, digest: str) -> Response:
    headers = {
        "ETag": f'"{digest}"',
        "Cache-Control": "public, max-age=300",
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body.encode(), media_type=media_type, headers=headers)
