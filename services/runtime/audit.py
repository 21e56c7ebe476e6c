"""Who read or wrote about which subject, when and for what purpose (table `access`).

A command's row is part of its transaction (commands.py). A read's row is stored here before the answer leaves: what
cannot be recorded is not shown. Rows hold ids, never what was read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from fastapi import Request
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.words import is_uuid
from services.runtime import problems
from services.runtime.commands import Caller
from services.runtime.runtime import Runtime
from services.runtime.telemetry import fault, log

_INSERT: Final = """insert into access
(at, day, action, outcome, actor, office, department, purpose, route, named, subjects)
select now(), coalesce((select today from business_day), current_date), $1, $2, $3, $4, $5, $6, $7, $8::text[],
array(select unnest($9::text[])
  union select r.subject from reference r where r.name = any($8::text[])
  union select s.subject from state s where s.subject = any($8::text[]) order by 1)"""
_FORGET: Final = "delete from access where id in (select id from access where day < $1 order by day limit $2)"
_CHUNK: Final = 5000
_WITHHELD: Final = "this access cannot be recorded, so nothing is shown: send the request again"


@dataclass(slots=True)
class Access:
    """One request's access, filled in while it is answered. `write`: a command, which records itself."""

    caller: Caller | None = None
    shown: set[str] = field(default_factory=set)
    write: bool = False


def access_of(request: Request) -> Access:
    found: Access = request.state.access
    return found


def about(reads: AsyncSession, subjects: Iterable[str]) -> None:
    """The answer shows these subjects, besides those whom the address names."""
    reads.info["access"].shown.update(subjects)


def named_in(path: Mapping[str, Any]) -> list[str]:
    """The ids in an address; nothing else that somebody may have written there."""
    return sorted({str(value) for value in path.values() if is_uuid(str(value))})


class Audit:
    """Withholds an answer until the access is recorded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        access = scope.setdefault("state", {})["access"] = Access()
        withheld = False

        async def recorded(message: Message) -> None:
            nonlocal withheld
            if message["type"] == "http.response.start" and not await _kept(scope, access, message["status"]):
                withheld = True
                await problems.refused(problems.Unavailable(_WITHHELD))(scope, receive, send)
            if not withheld:
                await send(message)

        await self._app(scope, receive, recorded)


async def _kept(scope: Scope, access: Access, status: int) -> bool:
    """Whether the access is recorded, or is none: nobody was shown or named, or a command has recorded it."""
    runtime: Runtime[Any] = scope["app"].state.runtime
    refused, named = 400 <= status < 500, named_in(scope.get("path_params", {}))
    shown = set() if refused else access.shown
    if runtime.service.initial is None or access.caller is None or not (named or shown):
        return True
    if status >= 500 or (access.write and not refused):
        return True
    who = access.caller
    try:
        await runtime.pool.execute(
            _INSERT,
            "write" if access.write else "read",
            "refused" if refused else "done",
            who.actor,
            who.office,
            who.department,
            who.purpose,
            f"{scope['method']} {getattr(scope.get('route'), 'path', '')}",
            named,
            sorted(shown),
        )
    except Exception as error:  # whatever it is: what is not recorded is not shown
        log().error("an access cannot be recorded", error=fault(error))
        return False
    return True


async def forget(runtime: Runtime[Any], day: date) -> None:
    """Deletes what is older than the city keeps it, in chunks, each in a transaction of its own."""
    if runtime.service.initial is None:
        return
    before = day - timedelta(days=runtime.city.audit_days)
    while not runtime.stopping.is_set():
        done = await runtime.pool.execute(_FORGET, before, _CHUNK)
        if int(done.split()[-1]) < _CHUNK:
            return
