"""The senator's page over HTTP: public, reading only, and the one part of reporting that small cells are hidden in.

It asks for no caller's headers, sends nothing that another origin would have to supply, and needs no script.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from contracts.city import City
from services.reporting.page.asked import Asked, asked
from services.reporting.page.board import Board, board
from services.reporting.page.history import KEPT_SECONDS, History, Kept
from services.reporting.page.seen import seen
from services.reporting.page.sheet import sheet
from services.runtime.web import Reads

_SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE: Final = f"public, max-age={KEPT_SECONDS}"
_STYLE: Final = "public, max-age=31536000, immutable"
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b4a7f"/>'
    '<path d="M3 13V9h2v4zm4 0V6h2v7zm4 0V3h2v10z" fill="#fff"/></svg>'
)

router = APIRouter(tags=["page"], include_in_schema=False)


class Wish:
    """The address's query; everything is optional, and an empty field of the form is as good as none."""

    def __init__(
        self,
        lang: str = "",
        office: str = "",
        first: Annotated[str, Query(alias="from")] = "",
        last: Annotated[str, Query(alias="to")] = "",
        currency: str = "",
    ) -> None:
        self._values = {"lang": lang, "office": office, "first": first, "last": last, "currency": currency}

    def of(self, city: City, history: History) -> Asked:
        return asked(city, history, **self._values)


@router.get("/")
async def page(request: Request, reads: Reads, wish: Annotated[Wish, Depends()]) -> Response:
    from services.reporting.page.view import render  # templates and charts: only whoever looks pays for them

    found, history = await _board(request, reads, wish)
    body = render(_city(request), history, found, style=f"/page.css?v={_style()[1]}")
    return _answer(request, body, "text/html; charset=utf-8", _PAGE, status=found.asked.status)


@router.get("/figures.csv")
async def figures(request: Request, reads: Reads, wish: Annotated[Wish, Depends()]) -> Response:
    """What the page shows of the same query (RFC 4180; columns: docs/page/README.md)."""
    found, _ = await _board(request, reads, wish)
    answer = _answer(request, sheet(found), "text/csv; charset=utf-8; header=present", _PAGE, found.asked.status)
    answer.headers["Content-Disposition"] = 'attachment; filename="figures.csv"'
    return answer


@router.get("/page.css")
async def style(request: Request) -> Response:
    return _answer(request, _style()[0], "text/css; charset=utf-8", _STYLE)


@router.get("/icon.svg")
async def icon(request: Request) -> Response:
    return _answer(request, _ICON, "image/svg+xml", _STYLE)


async def _board(request: Request, reads: Reads, wish: Wish) -> tuple[Board, History]:
    state = request.app.state
    if not hasattr(state, "kept_history"):
        state.kept_history = Kept()
    city = _city(request)
    history = await state.kept_history.history(await reads.connection(), provisional=city.provisional_months)
    return board(city, history, seen(history), wish.of(city, history)), history


def _city(request: Request) -> City:
    city: City = request.app.state.runtime.city
    return city


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and the beginning of its digest, by which its address changes with it."""
    text = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return text, hashlib.sha256(text.encode()).hexdigest()[:12]


def _answer(request: Request, body: str, media_type: str, caching: str, status: int = 200) -> Response:
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
    headers = _SECURITY | {"ETag": tag, "Cache-Control": caching if status == 200 else "no-store"}
    if status == 200 and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers=headers, media_type=media_type)
