"""HTTP: a client's file to be printed, in German or English, or as JSON. Nothing keeps it but whoever asked."""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.city import City
from contracts.words import Uuid
from services.casework.file.content import ClientFile
from services.casework.file.texts import Tongue
from services.casework.reading import TheCity, person_with_case
from services.runtime.web import Caller, Reads

router = APIRouter()
_NOWHERE_ELSE: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@router.get("/cases/{case_id}/file", response_model=ClientFile)
async def print_file(
    case_id: Annotated[Uuid, InPath()],
    reads: Reads,
    caller: Caller,
    city: TheCity,
    *,
    lang: Literal["de", "en"] = "de",
    format: Literal["html", "json"] = "html",  # noqa: A002 - the query's name
) -> Response:
    """Everything kept on the client of a case, for the client: person, cases, plans, referrals, placements, story."""
    person = await person_with_case(reads, case_id, caller.department)
    found = await ClientFile.of(reads, person, caller.department, city)
    if format == "json":
        return Response(found.model_dump_json(), headers=_NOWHERE_ELSE, media_type="application/json")
    policy = f"default-src 'none'; style-src 'sha256-{_style()[1]}'; base-uri 'none'; form-action 'none'"
    headers = _NOWHERE_ELSE | {"Content-Security-Policy": policy, "Content-Language": lang}
    return Response(render(found, city, lang), headers=headers, media_type="text/html; charset=utf-8")


def render(found: ClientFile, city: City, language: str) -> str:
    template = _environment().get_template("file.html.j2")
    return template.render(file=found, city=city, t=Tongue(language, city), style=_style()[0])


@cache
def _style() -> tuple[str, str]:
    """The style sheet and its digest, by which the page's policy allows it."""
    text = Path(__file__).with_name("file.css").read_text(encoding="utf-8")
    return text, b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.casework.file"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
