"""Errors over HTTP as problem documents (RFC 9457): what happened, to what, what to do; never a value that was sent."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.runtime.batch import NoBusinessDay
from services.runtime.database import is_away
from services.runtime.decision import Refusal
from services.runtime.telemetry import fault, log

MEDIA_TYPE = "application/problem+json"


class BadRequest(Refusal):
    """The request itself is wrong, whatever the state of things."""

    status = 400

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422


class Parked(Refusal):
    code = "parked"


class Unavailable(Refusal):
    code = "unavailable"
    status = 503


_TEXT: Final = {"type": "string"}
_FIELD: Final = {"type": "object", "properties": {"field": _TEXT, "code": _TEXT, "detail": _TEXT}}
_SCHEMA: Final = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": _TEXT | {"description": "`urn:lotse:problem:` and the code"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT | {"description": "What happened, to what, and what to do"},
        "code": _TEXT | {"description": "For programs: it keeps its meaning"},
        "errors": {"type": "array", "items": _FIELD},
    },
}
_SAID: Final = {"description": "An error (RFC 9457)", "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {422: _SAID, "default": _SAID}
"""What every address may answer beside its own, for the service's description."""


def problem(status: int, code: str, detail: str, *, errors: Sequence[dict[str, str]] = ()) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:lotse:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = list(errors)
    headers = {"Retry-After": "1"} if status == Unavailable.status else None
    return Response(orjson.dumps(body), status, headers=headers, media_type=MEDIA_TYPE)


def field_errors(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Pydantic's errors as field, code and an explanation that quotes no value."""
    found = []
    for error in errors[:20]:
        where = ".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path", "header"})
        quiet = error["type"] in {"value_error", "assertion_error"}
        found.append({"field": where or "body", "code": error["type"], "detail": "" if quiet else error["msg"]})
    return found


def refused(refusal: Refusal) -> Response:
    return problem(refusal.status, refusal.code, str(refusal))


def answer_to(error: Exception) -> Response:
    """The problem that an error is to whoever asked."""
    match error:
        case Refusal():
            return refused(error)
        case NoBusinessDay():
            return problem(503, "no_business_day", "no business day has started yet: start the calendar and try again")
        case _:
            return _broken(error)


def install(app: FastAPI) -> None:
    """Answers every error of an app with a problem."""

    async def on_invalid(_: Request, error: Exception) -> Response:
        errors = field_errors(error.errors()) if isinstance(error, RequestValidationError) else []
        return problem(422, "invalid", "the request does not have the form that this address takes", errors=errors)

    async def on_http(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = str(error.detail) if isinstance(error, HTTPException) else ""
        if status == BadRequest.status:  # whatever the framework could not take apart
            return problem(status, "unreadable", "the body cannot be read: send JSON in UTF-8, or lines of it")
        return problem(status, {404: "not_found", 405: "method_not_allowed"}.get(status, "refused"), detail)

    async def on_fault(_: Request, error: Exception) -> Response:
        return answer_to(error)

    app.add_exception_handler(Refusal, on_fault)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(NoBusinessDay, on_fault)
    app.add_exception_handler(DBAPIError, on_fault)
    app.add_exception_handler(asyncpg.PostgresError, on_fault)
    app.add_exception_handler(asyncpg.InterfaceError, on_fault)
    app.add_exception_handler(OSError, on_fault)
    app.add_exception_handler(Exception, on_fault)


def unstorable(error: BaseException) -> bool:
    """Whether the database says that a value cannot be stored at all, such as a NUL in a text."""
    original = getattr(error, "orig", None) or error
    cause = original.__cause__ or original
    return isinstance(cause, (asyncpg.DataError, asyncpg.exceptions.CharacterNotInRepertoireError))


def _broken(error: Exception) -> Response:
    if unstorable(error):
        log().warning("a value cannot be stored", error=fault(error))
        return problem(
            422, "unstorable", "a value cannot be stored: remove control characters and numbers out of range"
        )
    original = getattr(error, "orig", None) or error
    if is_away(original) or is_away(original.__cause__ or original):
        return problem(503, "unavailable", "the database is away: the request changed nothing, send it again")
    log().error("request failed", error=fault(error))
    return problem(500, "internal", "a defect on our side: the request changed nothing; the log tells more")
