"""What an operator asks of a running service over HTTP, with the headers that every request carries (domain.md C9)."""

import contextlib
import getpass
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx

from lotse.refusal import Refusal
from lotse.settings import setting_of

TIMEOUT: Final = httpx.Timeout(60.0, connect=3.0)
"""Seconds: a redrive or a year of figures takes a moment."""
SILENT: Final = 3


class Addresses(Protocol):
    """Where the services are; of `lotse.settings.Settings`, for one."""

    def url(self, part: str) -> str: ...


class DoesNotAnswer(Refusal):
    """Nobody listens there, or nobody who speaks HTTP."""

    exit_code = SILENT


class Refused(Refusal):
    """The service refused. `code` is its problem's stable code, `status` HTTP's."""

    def __init__(self, what: str, *, remedy: str, status: int, code: str) -> None:
        super().__init__(what, remedy=remedy)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks and what for."""

    actor: str
    purpose: str
    department: str = "operator"

    @property
    def headers(self) -> dict[str, str]:
        names = ("X-Actor", "X-Office", "X-Department", "X-Purpose")
        values = (self.actor, "operator", self.department, self.purpose)
        return dict(zip(names, map(_header, values), strict=True))


def account() -> str:
    """The name of the system's account that runs this."""
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return "unknown"


def ask(at: Addresses, service: str, path: str, *, operator: Operator, body: dict[str, str] | None = None) -> Any:
    """What a service answers to GET, or to POST if there is a body. Raises `DoesNotAnswer` and `Refused`."""
    return _answer(at, service, path, operator, body).json()


def download(at: Addresses, service: str, path: str, *, operator: Operator) -> bytes:
    """A file, byte for byte. Raises `DoesNotAnswer` and `Refused`."""
    return _answer(at, service, path, operator).content


def _answer(
    at: Addresses, service: str, path: str, operator: Operator, body: dict[str, str] | None = None
) -> httpx.Response:
    method = "GET" if body is None else "POST"
    try:
        response = httpx.request(
            method,
            f"{at.url(service)}{path}",
            json=body,
            headers=operator.headers,
            timeout=TIMEOUT,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise DoesNotAnswer(
            f"{service} does not answer at {at.url(service)} ({type(error).__name__}).",
            remedy=f"`lotse status` tells how it is. If it runs on another port: {setting_of(service)}=<port>",
        ) from None
    if response.is_success:
        return response
    problem = _problem(response)
    raise Refused(
        f"{service} refused ({response.status_code} {problem.get('code', '')}): {problem.get('detail', '')}",
        remedy="Nothing was changed.",
        status=response.status_code,
        code=str(problem.get("code", "")),
    )


def _problem(response: httpx.Response) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        found = response.json()
        if isinstance(found, dict):
            return found
    return {}


def _header(text: str) -> str:
    """Headers hold ASCII of one line; 200 characters are accepted."""
    return " ".join(text.encode("ascii", "replace").decode().split())[:200]
