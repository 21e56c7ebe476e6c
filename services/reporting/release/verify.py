"""Whether releases follow from the topics: `python -m services.reporting.release.verify [month ...]`.

Folds reporting's topics from zero up to a release's offsets into a scratch schema, writes the file from what is there,
and compares its digest with the one that was published. Only the topics are asked, and this program's rule: nothing of
the service's own tables is read or changed. Prints JSON; exit code 1: a release differs.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from contracts.city import City, read_city
from services.reporting.app import service
from services.reporting.release.document import Document, digest, read
from services.reporting.release.freeze import written
from services.reporting.release.reading import versions
from services.runtime.database import connect_pool
from services.runtime.migrations import migrate
from services.runtime.replay import Replay
from services.runtime.runtime import Runtime
from services.runtime.settings import Settings
from services.runtime.stand import Stand
from services.runtime.telemetry import Metrics

SCHEMA: Final = "verify"
_PUBLISHED: Final = "select month, version, digest, file from release_version order by month, version"


@dataclass(frozen=True, slots=True)
class Verified:
    """A version of a month, the digest published and the one of the file written anew."""

    month: str
    version: int
    published: str
    rebuilt: str
    identical: bool


async def verify(settings: Settings, months: Sequence[str] = ()) -> list[Verified]:
    """All versions of these months, or of all: each from an empty schema."""
    city = read_city(settings.config)
    return [
        await _verified(settings, city, document, published)
        for document, published in await _published(settings, city)
        if not months or document.month in months
    ]


async def _published(settings: Settings, city: City) -> list[tuple[Document, str]]:
    """What the own topic holds: documents with the digests that were published."""
    async with _folded(settings, city, Stand()) as db:
        return [(read(row.file), row.digest) for row in await db.execute(text(_PUBLISHED))]


async def _verified(settings: Settings, city: City, told: Document, published: str) -> Verified:
    async with _folded(settings, city, _stand(told)) as db:
        earlier = await versions(db, told.month, before=told.version)
        [document] = await written(db, city, {told.month: earlier}, told)
        found = digest(document.json())
    return Verified(told.month, told.version, published, found, published == found)


def _stand(told: Document) -> Stand:
    stand = Stand()
    for place, offset in told.offsets.items():
        topic, _, partition = place.rpartition("/")
        stand.reach((topic, int(partition)), offset)
    return stand


@asynccontextmanager
async def _folded(settings: Settings, city: City, stand: Stand) -> AsyncIterator[AsyncConnection]:
    """A schema with what the topics say up to where somebody stood."""
    live = await asyncpg.connect(settings.database)
    try:
        await live.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
        await migrate("reporting", settings.database, schema=SCHEMA)
        scratch = await connect_pool(settings, schema=SCHEMA)
        try:
            await Replay(Runtime(service(city), settings, city, scratch, Metrics()), scratch, stand).run()
        finally:
            await scratch.close()
        engine = create_async_engine(
            settings.database.replace("postgresql://", "postgresql+asyncpg://", 1),
            poolclass=NullPool,
            connect_args={"server_settings": {"search_path": SCHEMA, "jit": "off"}},
        )
        async with engine.connect() as db:
            yield db
        await engine.dispose()
    finally:
        await live.execute(f"drop schema if exists {SCHEMA} cascade")
        await live.close()


if __name__ == "__main__":
    answer = asyncio.run(verify(Settings(service="reporting"), sys.argv[1:]))
    sys.stdout.write(json.dumps([asdict(one) for one in answer]) + "\n")
    sys.exit(0 if all(one.identical for one in answer) else 1)
